"""The trained model: whether it is older than what it was made from, and making it anew."""

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.cli.paths import RASA, RASA_PYTHON, ROOT, rasa_environment, require_rasa
from bot.cli.seal import is_ours, seal
from bot.cli.supervisor import StopRequested
from bot.cli.supervisor.child import fresh_log
from bot.cli.supervisor.run import run_logged

MODEL = ROOT / "models" / "guiche.tar.gz"

# data/ files that only the front desk and this command read: a change of theirs needs no training.
_NOT_LEARNED = {"data/front_desk.yml", "data/terminal.yml"}
_LAST_LINES = 6


class ContentRefused(Exception):
    """The content check found faults; `report` is what it printed, with files and lines."""

    def __init__(self, report: str) -> None:
        super().__init__("the content check refused the content")
        self.report = report


class TrainingFailed(Exception):
    """`rasa train` made no usable model; the one from before stays in place."""

    def __init__(self, log: Path, lines: list[str]) -> None:
        super().__init__(f"training failed; see {log}")
        self.log, self.lines = log, lines


def sources(root: Path = ROOT) -> dict[str, str]:
    """SHA-256 of every file that the model is made from, by path relative to the project."""
    files = [root / "config.yml", root / "domain.yml", root / "requirements" / "rasa.txt"]
    files += [*(root / "data").rglob("*.yml"), *(root / "assistant").rglob("*.py")]
    named = {file.relative_to(root).as_posix(): file for file in files if file.is_file()}
    return {name: _sha256(file) for name, file in sorted(named.items()) if name not in _NOT_LEARNED}


def changed(root: Path = ROOT) -> list[str]:
    """What changed since training: nothing when the model is current, its own name when it is missing, altered, or was
    not trained by this installation."""
    model = root / MODEL.relative_to(ROOT)
    try:
        note = json.loads(_note(model).read_text())
        before, noted = dict(note["sources"]), str(note["seal"])
    except (OSError, ValueError, TypeError, KeyError):
        return [model.name]
    if not is_ours(model, noted, root):
        return [model.name]
    now = sources(root)
    return sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))


class Trainer:
    """Makes the model when it is needed. One at a time on a machine: a second one waits, and finds it done."""

    def __init__(self, logs: Path, stop: threading.Event | None = None, root: Path = ROOT) -> None:
        self._logs = logs
        self._stop = stop or threading.Event()
        self._root = root
        self._model = root / MODEL.relative_to(ROOT)

    def train(self, starting: Callable[[list[str]], object] = lambda _: None, force: bool = False) -> bool:
        """Train if anything changed, or if forced; True when a new model is in place.

        `starting` hears what changed. Raises EnvironmentMissing, ContentRefused, TrainingFailed, or StopRequested.
        """
        require_rasa(self._root)
        self._model.parent.mkdir(parents=True, exist_ok=True)
        with self._alone():
            what = changed(self._root)
            if not what and not force:
                return False
            starting(what)
            self._check_content()
            self._replace_model()
        return True

    def _program(self, program: Path) -> str:
        return str(self._root / program.relative_to(ROOT))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self._model.parent / ".lock").open("wb") as lock:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if self._stop.wait(0.2):
                        raise StopRequested from None
            yield

    def _check_content(self) -> None:
        log = fresh_log(self._logs, "check")
        command = (self._program(RASA_PYTHON), "-m", "assistant.check")
        if run_logged(command, log, rasa_environment(os.environ), self._root, self._stop) != 0:
            raise ContentRefused(log.read_text(errors="replace").strip())

    def _replace_model(self) -> None:
        log = fresh_log(self._logs, "train")
        before = sources(self._root)
        with tempfile.TemporaryDirectory(dir=self._model.parent, prefix=".training-") as folder:
            command = (self._program(RASA), "train", "--fixed-model-name", "guiche", "--out", folder)
            environment = rasa_environment(os.environ) | {"RASA_CACHE_DIRECTORY": str(_cache(self._root, before))}
            code = run_logged(command, log, environment, self._root, self._stop)
            made = Path(folder, "guiche.tar.gz")
            text = log.read_text(errors="replace")
            # An importer that cannot be imported is only a warning to Rasa: it trains without the help center.
            if code != 0 or not made.is_file() or "Importer '" in text:
                raise TrainingFailed(log, _last_lines(text))
            note = {"seal": seal(made, self._root), "sources": before}
            # Model first: were we killed in between, the old note would not fit it, and it would be made again.
            made.replace(self._model)
        draft = _note(self._model).with_suffix(".tmp")
        draft.write_text(json.dumps(note, indent=2) + "\n")
        draft.replace(_note(self._model))


def _cache(root: Path, files: dict[str, str]) -> Path:
    """Rasa's cache, one for each state of the code: its keys see a component's class but not the helpers it calls."""
    code = json.dumps({name: value for name, value in files.items() if name.endswith((".py", ".txt"))})
    cache = root / ".rasa" / f"cache-{hashlib.sha256(code.encode()).hexdigest()[:16]}"
    for old in cache.parent.glob("cache-*"):
        if old != cache:
            shutil.rmtree(old, ignore_errors=True)
    return cache


def _note(model: Path) -> Path:
    return model.with_name(model.name.removesuffix(".tar.gz") + ".json")


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _last_lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines() if line.strip()][-_LAST_LINES:]
