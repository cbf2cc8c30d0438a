"""A server whose event loop does not come round any more ends itself."""

import subprocess
import sys
import time

from assistant.serving.watchdog import LONGEST_SILENCE

PROGRAM = """
import asyncio, time
from assistant.serving.watchdog import keep_awake

async def main():
    task = asyncio.create_task(keep_awake(1.0))
    for _ in range({turns}):
        await asyncio.sleep(0.05)
    time.sleep({stuck})

asyncio.run(main())
"""


def run(turns: int, stuck: float) -> "subprocess.CompletedProcess[str]":
    program = PROGRAM.format(turns=turns, stuck=stuck)
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False, cwd="."
    )


def test_one_that_is_stuck_ends_and_says_where() -> None:
    started = time.monotonic()
    ended = run(turns=3, stuck=50)
    assert ended.returncode == 1
    assert time.monotonic() - started < 45
    assert 'File "<string>"' in ended.stderr


def test_one_that_comes_round_goes_on() -> None:
    """For longer than it may be silent."""
    assert run(turns=40, stuck=0).returncode == 0


def test_a_slow_turn_is_no_reason() -> None:
    assert LONGEST_SILENCE > 4 * 7
