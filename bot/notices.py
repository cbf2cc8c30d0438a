"""Tells a citizen, once for each wait, that the answer takes longer.

The timer is only the alarm: whether something is said is decided by the inbox row, in the transaction that says it.
So a front desk that was restarted neither repeats nor forgets.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import structlog

from bot.sentences import Sentences
from bot.store import Store, StoreUnavailable, Unnotified
from bot.wakeups import Wakeups

_log = structlog.get_logger(__name__)
RETRY_SECONDS = 0.5


class Notices:
    """One timer for each unanswered message of this process."""

    def __init__(self, store: Store, sentences: Sentences, wakeups: Wakeups, after: Callable[[str], float]) -> None:
        """``after``: channel -> seconds without an answer."""
        self._store = store
        self._sentences = sentences
        self._wakeups = wakeups
        self._after = after
        self._timers: dict[int, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def watch(self, inbox_id: int, conversation: str, channel: str, waited: float = 0.0) -> None:
        """Starts the clock of a message that has waited ``waited`` seconds already; a second call changes nothing."""
        if inbox_id not in self._timers:
            after = self._after(channel)
            delay = min(max(0.0, after - waited), after)
            self._set(inbox_id, conversation, delay)

    def watch_stored(self, waiting: list[Unnotified]) -> None:
        """Starts the clocks of messages found in the database: of a process that died, or of another node."""
        now = time.time()
        for item in waiting:
            self.watch(item.inbox_id, item.conversation, item.channel, now - item.received_at)

    def answered(self, inbox_id: int) -> None:
        timer = self._timers.pop(inbox_id, None)
        if timer is not None:
            timer.cancel()

    async def stop(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _set(self, inbox_id: int, conversation: str, delay: float) -> None:
        loop = asyncio.get_running_loop()
        self._timers[inbox_id] = loop.call_later(delay, self._due, inbox_id, conversation)

    def _due(self, inbox_id: int, conversation: str) -> None:
        task = asyncio.get_running_loop().create_task(self._say(inbox_id, conversation))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _say(self, inbox_id: int, conversation: str) -> None:
        try:
            said = await self._store.notice(
                conversation, inbox_id, self._sentences.delayed, self._sentences.delayed_again
            )
        except StoreUnavailable as error:
            _log.warning("notice_put_off", error=str(error))
            if inbox_id in self._timers:
                self._set(inbox_id, conversation, RETRY_SECONDS)
            return
        self._timers.pop(inbox_id, None)
        if said is not None:
            _log.info("notice_said", conversation=conversation)
            self._wakeups.written(conversation, [said])
