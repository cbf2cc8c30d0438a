"""Tells a citizen, once for each wait, that the answer takes longer.

The timer is only the alarm: whether something is said is decided by the inbox row, in the transaction that says it.
So a front desk that was restarted neither repeats nor forgets.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from bot.sentences import Sentences
from bot.store import OutboxRow, Store, StoreUnavailable, Unnotified
from bot.wakeups import Wakeups

_log = structlog.get_logger(__name__)
FIRST_RETRY, LAST_RETRY = 0.5, 4.0
"""Seconds between two tries while the store is away: one message tries for all that are due, less and less often."""


class Notices:
    """One timer for each unanswered message of this process, and one for all that the store was away for."""

    def __init__(self, store: Store, sentences: Sentences, wakeups: Wakeups, after: Callable[[str], float]) -> None:
        """``after``: channel -> seconds without an answer."""
        self._store = store
        self._sentences = sentences
        self._wakeups = wakeups
        self._after = after
        self._watched: dict[int, asyncio.TimerHandle | None] = {}
        """By inbox id; None: its time is over, and it is being said or put off."""
        self._put_off: dict[int, str] = {}
        self._retry: asyncio.TimerHandle | None = None
        self._pause = FIRST_RETRY
        self._tasks: set[asyncio.Task[None]] = set()

    def watch(self, inbox_id: int, conversation: str, channel: str, waited: float = 0.0) -> None:
        """Starts the clock of a message that has waited ``waited`` seconds already; a second call changes nothing."""
        if inbox_id not in self._watched:
            after = self._after(channel)
            delay = min(max(0.0, after - waited), after)
            loop = asyncio.get_running_loop()
            self._watched[inbox_id] = loop.call_later(delay, self._due, inbox_id, conversation)

    def watch_stored(self, waiting: list[Unnotified]) -> None:
        """Starts the clocks of messages found in the database: of a process that died, or of another node."""
        for item in waiting:
            self.watch(item.inbox_id, item.conversation, item.channel, item.waited)

    def answered(self, inbox_id: int) -> None:
        self._put_off.pop(inbox_id, None)
        timer = self._watched.pop(inbox_id, None)
        if timer is not None:
            timer.cancel()

    async def stop(self) -> None:
        for timer in (*self._watched.values(), self._retry):
            if timer is not None:
                timer.cancel()
        self._watched.clear()
        self._put_off.clear()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _due(self, inbox_id: int, conversation: str) -> None:
        self._watched[inbox_id] = None
        if self._put_off:  # the store is away, and one of them finds out when it is back
            self._put_off[inbox_id] = conversation
        else:
            self._begin(inbox_id, conversation)

    def _begin(self, inbox_id: int, conversation: str) -> None:
        task = asyncio.get_running_loop().create_task(self._say(inbox_id, conversation))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _say(self, inbox_id: int, conversation: str) -> None:
        said: OutboxRow | None = None
        try:
            said = await self._store.notice(
                conversation, inbox_id, self._sentences.delayed, self._sentences.delayed_again
            )
        except StoreUnavailable as error:
            self._later(inbox_id, conversation, str(error))
            return
        except Exception:  # the sweep finds the message again
            _log.exception("notice_raised", conversation=conversation)
        self._watched.pop(inbox_id, None)
        self._put_off.pop(inbox_id, None)
        self._store_is_back()
        if said is not None:
            _log.info("notice_said", conversation=conversation)
            self._wakeups.written(conversation, [said])

    def _later(self, inbox_id: int, conversation: str, error: str) -> None:
        if inbox_id in self._watched:  # not answered meanwhile
            self._put_off[inbox_id] = conversation
        if self._put_off and self._retry is None:
            _log.warning("notices_put_off", error=error, seconds=self._pause)
            self._retry = asyncio.get_running_loop().call_later(self._pause, self._try_again)
            self._pause = min(2 * self._pause, LAST_RETRY)

    def _try_again(self) -> None:
        self._retry = None
        for inbox_id, conversation in self._put_off.items():
            self._begin(inbox_id, conversation)
            break

    def _store_is_back(self) -> None:
        self._pause = FIRST_RETRY
        put_off, self._put_off = self._put_off, {}
        for inbox_id, conversation in put_off.items():
            self._begin(inbox_id, conversation)
