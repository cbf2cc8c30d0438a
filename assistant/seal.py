"""Whether this installation trained a model: its file is sealed with a key that only this installation has.

Loading a model runs what its file says, so one from elsewhere is refused before it is opened. The seal is an
HMAC-SHA-256 of the file, in the note beside it (`guiche.json` beside `guiche.tar.gz`) that `guiche train` writes
(bot/cli/seal.py has the other half, for the two environments share no code). The key is GUICHE_MODEL_KEY, or the file
.guiche/model.key.

`python -m assistant.seal ARCHIVE` seals what was trained here without `guiche train` (deploy/Containerfile.rasa).
"""

import contextlib
import hashlib
import hmac
import json
import os
import secrets
import sys
from pathlib import Path
from typing import Any, Dict, List, Mapping

ROOT = Path(__file__).resolve().parents[1]
KEY_FILE = Path(".guiche/model.key")
KEY_VARIABLE = "GUICHE_MODEL_KEY"


class ModelNotOurs(Exception):
    """The archive has no seal, or one of another key or another archive: it was not trained here."""


def check_seal(archive: Path, root: Path = ROOT, environ: Mapping[str, str] = os.environ) -> None:
    """Raises ModelNotOurs, and OSError when there is no archive."""
    content = archive.read_bytes()
    found = _seal(content, _key(root, environ))
    noted = _note(archive).get("seal")
    if not isinstance(noted, str) or not hmac.compare_digest(noted.encode(), found.encode()):
        raise ModelNotOurs(str(archive))


def seal(archive: Path, root: Path = ROOT, environ: Mapping[str, str] = os.environ) -> None:
    """Notes beside the archive that it was trained here, with a key that is made when there is none."""
    if not environ.get(KEY_VARIABLE):
        _make_key(root / KEY_FILE)
    note = {**_note(archive), "seal": _seal(archive.read_bytes(), _key(root, environ))}
    _note_file(archive).write_text(json.dumps(note, indent=2) + "\n", encoding="utf-8")


def outdated(archive: Path, root: Path = ROOT) -> List[str]:
    """The files that changed after the model was trained from them, as far as its note says."""
    sources = _note(archive).get("sources")
    named = sources.items() if isinstance(sources, dict) else ()
    return [name for name, digest in named if _digest(root / name) != digest]


def _key(root: Path, environ: Mapping[str, str]) -> bytes:
    """Raises ModelNotOurs when there is none: then nothing was trained here."""
    given = environ.get(KEY_VARIABLE)
    if given:
        return given.encode()
    try:
        return (root / KEY_FILE).read_bytes()
    except OSError as error:
        raise ModelNotOurs(f"{root / KEY_FILE}: {type(error).__name__}") from error


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


def _seal(content: bytes, key: bytes) -> str:
    return hmac.new(key, content, "sha256").hexdigest()


def _note_file(archive: Path) -> Path:
    return archive.with_name(archive.name.removesuffix(".tar.gz") + ".json")


def _note(archive: Path) -> Dict[str, Any]:
    try:
        note = json.loads(_note_file(archive).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}


def _digest(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return ""


if __name__ == "__main__":
    seal(Path(sys.argv[1]))
