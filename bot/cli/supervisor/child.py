"""One running process with its log."""

import os
import subprocess
import time
from pathlib import Path

from bot.cli.supervisor.part import Part


class Child:
    """A part that was started: leader of its own process group, its output in a log file."""

    def __init__(self, part: Part, log: Path) -> None:
        self.part = part
        self.log = log
        self.started = time.monotonic()
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603
                part.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(part.environment),
                cwd=part.folder,
                # Out of the terminal's foreground group: Ctrl-C reaches the supervisor alone, which ends them in order.
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Process id, which is also the id of its group."""
        return self._process.pid

    def code(self) -> int | None:
        """The exit code, or None while it runs. Reaps it."""
        return self._process.poll()


def fresh_log(folder: Path, name: str) -> Path:
    """The log file of a part for this run; the one of the run before is kept beside it, older ones are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{name}.log"
    if log.exists():
        os.replace(log, folder / f"{name}.log.1")
    log.touch(mode=0o600)
    return log
