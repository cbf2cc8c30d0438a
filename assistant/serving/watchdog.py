"""A server that answers nobody any more ends itself, so that whoever watches over it starts it anew.

What keeps it from answering is code that never comes to an end: no time-out of the event loop can stop that.
"""

import asyncio
import faulthandler
from typing import Any

LONGEST_SILENCE = 30.0  # seconds; a turn is given up after 7


def watch(app: Any, _: Any) -> None:
    """A listener of Sanic's: from now on the event loop has to come round."""
    app.add_task(keep_awake(LONGEST_SILENCE))


async def keep_awake(seconds: float) -> None:
    """Ends the process with exit code 1 when this task was not continued for so long; says where it was, in stderr.

    The trace names files and lines and no value: nothing of a citizen is in it.
    """
    while True:
        faulthandler.dump_traceback_later(seconds, exit=True)
        await asyncio.sleep(seconds / 6)
