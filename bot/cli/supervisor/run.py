"""Running one command to its end, its output in a log, with the same care as for a part that stays."""

import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.cli.supervisor.errors import StopRequested
from bot.cli.supervisor.groups import end_groups
from bot.cli.supervisor.guardian import Guardian

_GRACE = 3.0


def run_logged(
    command: Sequence[str], log: Path, environment: Mapping[str, str], folder: Path, stop: threading.Event
) -> int:
    """The command's exit code. Raises StopRequested, with the command and its children ended, when `stop` is set."""
    guardian = Guardian()
    try:
        with log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                cwd=folder,
                start_new_session=True,
            )
        guardian.watch(process.pid)
        while process.poll() is None:
            if stop.wait(0.1):
                end_groups([process.pid], _GRACE, process.poll)
                process.wait()
                raise StopRequested
        guardian.forget(process.pid)
        return process.returncode
    finally:
        guardian.close()
