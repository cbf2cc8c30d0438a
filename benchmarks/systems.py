"""The two systems that are compared, each as its own commands start it, in a folder that is thrown away."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, Self

import psutil

from benchmarks.people import GuicheCitizen, Person, RasaUser, Unanswered
from bot.cli.paths import PYTHON, RASA, ROOT, child_environment, rasa_environment
from bot.cli.ports import free_ports
from bot.cli.system import IDENTITY, PORTAL
from bot.wire import WireError

START_SECONDS = 180.0
POLL = 0.05
FIRST = "esqueci minha senha"
UNLIMITED = "100000/second"
_OURS = ("GUICHE_", "PORTAL_", "SANDBOX_")

type Processes = dict[str, list[psutil.Process]]
"""By part; `sandbox` is not of the system."""


class NotStarted(Exception):
    """A system did not come up; the text is the end of its log."""


class System(Protocol):
    """Something that citizens can write to."""

    name: str

    def start(self) -> float:
        """Seconds from starting it to the first answer."""

    def stop(self) -> None: ...

    def person(self) -> Person: ...

    def processes(self) -> Processes: ...


class Guiche:
    """`guiche serve`: supervisor, front desk, Rasa server, action server; and the sandbox in the portal's place."""

    name = "guiche"
    SANDBOX = "sandbox"

    def __init__(self, **settings: str) -> None:
        """`settings`: beside those that every benchmark has."""
        self._settings = settings
        self._folder = Path(tempfile.mkdtemp(prefix="guiche-bench-"))
        self._port = free_ports(1)[0]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def database_file(self) -> Path:
        """Where everything is kept unless GUICHE_DATABASE_URL says otherwise."""
        return self._folder / "guiche.db"

    def start(self) -> float:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
        limits = {"GUICHE_SESSION_RATE": UNLIMITED, "GUICHE_GLOBAL_RATE": UNLIMITED}
        settings = {"GUICHE_PORT": str(self._port), "GUICHE_STATE_DIR": str(self._folder), **limits, **self._settings}
        command = [str(PYTHON.with_name("guiche")), "serve"]
        started = time.perf_counter()
        self._process = _spawn(command, {**environment, **settings}, self._folder / "serve.log")
        return _until_answered(self, self._process, self._folder / "serve.log", started)

    def stop(self) -> None:
        _end(self._process)
        shutil.rmtree(self._folder, ignore_errors=True)

    def person(self) -> Person:
        return GuicheCitizen(f"http://127.0.0.1:{self._port}")

    def processes(self) -> Processes:
        assert self._process is not None
        parts = json.loads((self._folder / "run.json").read_text(encoding="utf-8"))["parts"]
        found = {name: list(_family(part["pid"])) for name, part in parts.items()}
        of_parts = {process.pid for family in found.values() for process in family}
        found["supervisor"] = [one for one in _family(self._process.pid) if one.pid not in of_parts]
        found[self.SANDBOX] = [process for part in (PORTAL, IDENTITY) for process in found.pop(part, [])]
        return found


class RasaDefault:
    """`rasa run` with Rasa's default configuration, its REST channel and its in-memory tracker store."""

    name = "rasa_default"

    def __init__(self, model: Path) -> None:
        self._model = model
        self._folder = Path(tempfile.mkdtemp(prefix="rasa-bench-"))
        self._port = free_ports(1)[0]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        files = ROOT / "benchmarks" / "rasa_default"
        command = [str(RASA), "run", "--model", str(self._model), "--interface", "127.0.0.1", "--port", str(self._port)]
        command += ["--credentials", str(files / "credentials.yml"), "--endpoints", str(files / "endpoints.yml")]
        started = time.perf_counter()
        self._process = _spawn(command, rasa_environment(os.environ), self._folder / "rasa.log")
        return _until_answered(self, self._process, self._folder / "rasa.log", started)

    def stop(self) -> None:
        _end(self._process)
        shutil.rmtree(self._folder, ignore_errors=True)

    def person(self) -> Person:
        return RasaUser(f"http://127.0.0.1:{self._port}")

    def processes(self) -> Processes:
        assert self._process is not None
        return {"rasa": list(_family(self._process.pid))}


class Running:
    """A system that is up, for a `with`; `seconds` is what its start took."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.seconds = 0.0

    def __enter__(self) -> Self:
        try:
            self.seconds = self.system.start()
        except BaseException:
            self.system.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.system.stop()


def _spawn(command: list[str], environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=child_environment(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def _until_answered(system: System, process: subprocess.Popen[bytes], log: Path, started: float) -> float:
    async def ask() -> None:
        person = system.person()
        try:
            await person.open()
            await person.say(FIRST)
        finally:
            await person.close()

    while time.perf_counter() - started < START_SECONDS and process.poll() is None:
        try:
            asyncio.run(ask())
        except (OSError, Unanswered, WireError, TimeoutError):
            time.sleep(POLL)
        else:
            return time.perf_counter() - started
    raise NotStarted(log.read_text(encoding="utf-8", errors="replace")[-2000:])


def _end(process: subprocess.Popen[bytes] | None) -> None:
    if process is None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _family(pid: int) -> Iterator[psutil.Process]:
    process = psutil.Process(pid)
    yield process
    yield from process.children(recursive=True)
