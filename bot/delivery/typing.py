"""Shows on channels that push that somebody is at it, from when a message came until its answer is written."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from bot.delivery.sender import Sender
from bot.store import OutboxRow
from bot.store.outbox import CITIZEN

_log = structlog.get_logger(__name__)
LONGEST = 60.0
"""Seconds after which it ends in any case: another node may have answered, or nobody can now."""


class Typing:
    """One task for each message that is being answered."""

    def __init__(self) -> None:
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}

    def begin(self, sender: Sender, conversation: str, external_key: str, reference: str, kind: str | None) -> None:
        key = (conversation, reference)
        if key not in self._tasks:
            task = asyncio.get_running_loop().create_task(self._show(sender, external_key, reference, kind))
            self._tasks[key] = task
            task.add_done_callback(lambda _: self._tasks.pop(key, None))

    def written(self, conversation: str, rows: Sequence[OutboxRow]) -> None:
        """Ends what is shown for a message that has its answer."""
        for row in rows:
            if row.final and row.author != CITIZEN and row.in_reply_to is not None:
                task = self._tasks.pop((conversation, row.in_reply_to), None)
                if task is not None:
                    task.cancel()

    async def stop(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _show(self, sender: Sender, external_key: str, reference: str, kind: str | None) -> None:
        try:
            async with asyncio.timeout(LONGEST):
                await asyncio.sleep(sender.typing_after)
                while True:
                    await sender.typing(external_key, reference, kind)
                    if sender.typing_every is None:
                        return
                    await asyncio.sleep(sender.typing_every)
        except TimeoutError:
            return
        except Exception as error:  # it is a courtesy: the answer comes all the same
            _log.info("typing_not_shown", channel=sender.channel, error=type(error).__name__)
