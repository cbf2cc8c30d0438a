"""The seal of a model that this installation trained: an HMAC of its file under a key that only this installation has.

assistant/seal.py, in Rasa's environment, refuses what does not carry it; the two share no code, only what is written
here. The key lies with the checkout, as the model does, not in GUICHE_STATE_DIR: several systems may serve one model.
"""

import contextlib
import hmac
import os
import secrets
from pathlib import Path

from bot.cli.paths import ROOT

KEY_FILE = Path(".guiche/model.key")
KEY_VARIABLE = "GUICHE_MODEL_KEY"
"""Given in its place where one installation is many machines, or its files belong to another user."""


def seal(model: Path, root: Path = ROOT) -> str:
    """The seal of the model's file; makes the key when there is none."""
    key = _key(root)
    if key is None:
        _make_key(root / KEY_FILE)
        key = (root / KEY_FILE).read_bytes()
    return _seal(model, key)


def is_ours(model: Path, noted: str, root: Path = ROOT) -> bool:
    """Whether `noted` is the seal that this installation gave this very file."""
    key = _key(root)
    return key is not None and model.is_file() and hmac.compare_digest(noted.encode(), _seal(model, key).encode())


def _key(root: Path) -> bytes | None:
    if given := os.environ.get(KEY_VARIABLE):
        return given.encode()
    try:
        return (root / KEY_FILE).read_bytes()
    except FileNotFoundError:
        return None


def _make_key(file: Path) -> None:
    """For its owner alone; whole or not at all, and never another one in its place."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as content:
        content.write(secrets.token_hex(32))
    with contextlib.suppress(FileExistsError):
        os.link(draft, file)
    draft.unlink()


def _seal(model: Path, key: bytes) -> str:
    return hmac.new(key, model.read_bytes(), "sha256").hexdigest()
