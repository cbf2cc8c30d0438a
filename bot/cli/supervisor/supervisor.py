"""The supervisor: parts in, a running system out, and nothing left when it ends."""

import fcntl
import json
import os
import signal
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol, Self

from bot.cli.supervisor.child import Child, fresh_log
from bot.cli.supervisor.errors import NotReady, PartDied, StateInUse, StopRequested
from bot.cli.supervisor.groups import end_groups, signal_group
from bot.cli.supervisor.guardian import Guardian
from bot.cli.supervisor.part import Part

POLL = 0.1  # seconds between two looks at the children and their probes


class Progress(Protocol):
    """Hears what happens while the parts start."""

    def starting(self, name: str) -> None:
        """The part was started."""

    def ready(self, name: str, seconds: float) -> None:
        """The part answers as it should, so many seconds after it was started."""


class Silent:
    """Progress that nobody reads."""

    def starting(self, name: str) -> None: ...

    def ready(self, name: str, seconds: float) -> None: ...


class Supervisor:
    """Runs parts that live and die together, and single ones on request.

    `state_dir` gets `logs/<part>.log` and, while it runs, `run.json` with the pids and ports. `stop`, an event that a
    signal handler may set, ends a wait early. Used as a context manager, everything is stopped at the end.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        state_dir: Path,
        progress: Progress | None = None,
        stop: threading.Event | None = None,
        grace: float = 8.0,
    ) -> None:
        self.parts = {part.name: part for part in parts}
        self.state_dir = state_dir
        self.stop_requested = stop or threading.Event()
        self.hurry = threading.Event()
        """Set it while stopping to kill at once what has not ended yet (a second Ctrl-C)."""
        self._progress: Progress = progress or Silent()
        self._grace = grace
        self._children: dict[str, Child] = {}
        self._logs: dict[str, Path] = {}
        self._guardian: Guardian | None = None
        self._lock: IO[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # -- the whole ---------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start every part in order and return when all are ready.

        They are started without waiting for each other, for the slowest decides; then each is waited for, in order.
        Raises PartDied, NotReady, StateInUse, or StopRequested; call stop() then.
        """
        for name in self.parts:
            self.spawn(name)
        for name in self.parts:
            self.wait_ready(name)

    def watch(self) -> None:
        """Return when a stop was requested; raise PartDied as soon as a part ends by itself."""
        while not self.stop_requested.wait(POLL):
            self._raise_if_died()

    def stop(self) -> None:
        """End every part, politely first. Safe to call twice, and before start."""
        groups = [child.pid for child in reversed(self._children.values())]
        end_groups(groups, self._grace, self._reap, self.hurry.is_set)
        for child in self._children.values():
            _wait_until_reaped(child)
        self._children.clear()
        if self._guardian is not None:
            for group in groups:
                self._guardian.forget(group)
            self._guardian.close()
            self._guardian = None
        self._release_state_dir()

    # -- one part ----------------------------------------------------------------------------------------------------

    def start_part(self, name: str) -> None:
        """Start one part (again), with the same command, port and secrets, and wait until it is ready."""
        self.spawn(name)
        self.wait_ready(name)

    def spawn(self, name: str) -> int:
        """Start one part and return its pid at once."""
        self._take_state_dir()
        if name in self._children:
            raise ValueError(f"{name} is already running")
        if name not in self._logs:
            self._logs[name] = fresh_log(self.state_dir / "logs", name)
        if self._guardian is None:
            self._guardian = Guardian()
        child = Child(self.parts[name], self._logs[name])
        self._guardian.watch(child.pid)
        self._children[name] = child
        self._write_record()
        self._progress.starting(name)
        return child.pid

    def wait_ready(self, name: str) -> None:
        """Return when the part's probe says so. Meanwhile every running part must stay alive."""
        child = self._children[name]
        limit = child.part.seconds_to_start
        while True:
            self._raise_if_died()
            reason = child.part.ready()
            if reason is None:
                break
            if time.monotonic() - child.started > limit:
                raise NotReady(name, limit, reason, child.log)
            if self.stop_requested.wait(POLL):
                raise StopRequested
        self._progress.ready(name, time.monotonic() - child.started)

    def stop_part(self, name: str) -> None:
        """End one part politely."""
        self._end_part(name, self._grace)

    def kill_part(self, name: str) -> None:
        """kill -9 one part with its whole process group, and return when it is gone."""
        self._end_part(name, None)

    def restart_part(self, name: str) -> None:
        """kill -9 one part, start it again and wait until it is ready."""
        self.kill_part(name)
        self.start_part(name)

    def is_running(self, name: str) -> bool:
        """Whether the part was started and has not ended."""
        child = self._children.get(name)
        return child is not None and child.code() is None

    def pid(self, name: str) -> int:
        """Process id of a running part."""
        return self._children[name].pid

    def log(self, name: str) -> Path:
        """Log file of a part that was started in this run."""
        return self._logs[name]

    # -- inside ------------------------------------------------------------------------------------------------------

    def _end_part(self, name: str, grace: float | None) -> None:
        child = self._children.pop(name)
        if grace is None:
            signal_group(child.pid, signal.SIGKILL)
        else:
            end_groups([child.pid], grace, child.code, self.hurry.is_set)
        _wait_until_reaped(child)
        if self._guardian is not None:
            self._guardian.forget(child.pid)
        self._write_record()

    def _reap(self) -> None:
        for child in self._children.values():
            child.code()

    def _raise_if_died(self) -> None:
        for name, child in self._children.items():
            code = child.code()
            if code is not None:
                raise PartDied(name, code, child.log)

    @property
    def _record(self) -> Path:
        return self.state_dir / "run.json"

    def _write_record(self) -> None:
        parts = {
            name: {"pid": child.pid, "port": child.part.port, "log": str(child.log)}
            for name, child in self._children.items()
        }
        draft = self._record.with_suffix(".tmp")
        draft.write_text(json.dumps({"pid": os.getpid(), "parts": parts}, indent=2) + "\n")
        draft.replace(self._record)

    def _take_state_dir(self) -> None:
        """One supervisor a state folder. The kernel drops the lock with the process, so a crash leaves none."""
        if self._lock is not None:
            return
        self.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (self.state_dir / "run.lock").open("wb")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise StateInUse(self.state_dir) from None
        self._lock = lock

    def _release_state_dir(self) -> None:
        if self._lock is not None:
            self._record.unlink(missing_ok=True)
            self._lock.close()
            self._lock = None


def _wait_until_reaped(child: Child) -> None:
    while child.code() is None:
        time.sleep(POLL / 10)
