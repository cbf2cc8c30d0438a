"""Ends the parts when the supervisor itself is killed with -9.

A process of its own holds the read end of a pipe whose only writer is the supervisor. The supervisor tells it the
process groups that live; when the pipe closes without a farewell, it ends them. A pipe and not PR_SET_PDEATHSIG: that
one is Linux only, follows the thread that started the child rather than the process (a test that starts the system in
a worker thread would lose it), and reaches no grandchild.
"""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterable

from bot.cli.supervisor.groups import end_groups

GRACE = 5.0


class Guardian:
    """The supervisor's side of the pipe."""

    def __init__(self) -> None:
        # Its own session: a Ctrl-C, or a kill of the supervisor's whole group, does not reach it.
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-c", f"from {__name__} import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd=_package_root(),
        )

    def watch(self, group: int) -> None:
        """From now on the group dies with the supervisor."""
        self._tell(f"+{group}\n")

    def forget(self, group: int) -> None:
        """The group has ended: its number may come to mean somebody else."""
        self._tell(f"-{group}\n")

    def close(self) -> None:
        """Let the guardian go; it ends what is still watched."""
        pipe = self._process.stdin
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
        self._process.wait()

    def _tell(self, line: str) -> None:
        pipe = self._process.stdin
        if pipe is None or pipe.closed:
            return
        with contextlib.suppress(BrokenPipeError):  # the guardian was killed: the supervisor still ends its own
            pipe.write(line.encode())
            pipe.flush()


def _package_root() -> str:
    return os.path.abspath(os.path.join(os.path.dirname(__file__), *[os.pardir] * 3))


def living_groups(lines: Iterable[bytes]) -> set[int]:
    """The groups that were watched and not forgotten, once the lines end."""
    groups: set[int] = set()
    for line in lines:
        number = int(line[1:])
        if line.startswith(b"+"):
            groups.add(number)
        else:
            groups.discard(number)
    return groups


def main() -> None:
    """Wait for the pipe to close, then end what is left."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    end_groups(living_groups(sys.stdin.buffer), GRACE)
