"""Ending whole process groups: a part may have children of its own (a web server's workers)."""

import os
import signal
import time
from collections.abc import Callable, Iterable

_EXISTS = 0  # signal 0 is not sent: it only asks whether there is anyone to send it to


def signal_group(group: int, number: int = _EXISTS) -> bool:
    """Send a signal to a group; False when nothing of it is left (an ended child that was not reaped still counts)."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # macOS says the latter of a group of nothing but zombies
        return False
    return True


def end_groups(
    groups: Iterable[int],
    grace: float,
    reap: Callable[[], object] = lambda: None,
    hurry: Callable[[], bool] = lambda: False,
) -> None:
    """Ask every group to end (SIGTERM), and after `grace` seconds, or when `hurry` says so, make it end (SIGKILL).

    `reap` collects the exit codes of the caller's own children, which would otherwise stay as zombies.
    """
    left = [group for group in groups if signal_group(group, signal.SIGTERM)]
    deadline = time.monotonic() + grace
    while left and time.monotonic() < deadline and not hurry():
        time.sleep(0.02)
        reap()
        left = [group for group in left if signal_group(group)]
    for group in left:
        signal_group(group, signal.SIGKILL)
    reap()
