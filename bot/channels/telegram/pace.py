"""How fast messages may leave: all together, and to one chat. Kept in memory: each node counts for itself."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable

from bot.channels.telegram import limits

MAX_CHATS = 10_000


class Pace:
    """Gives each message its moment."""

    def __init__(
        self,
        per_second: int = limits.MESSAGES_PER_SECOND,
        chat_seconds: float = limits.SECONDS_PER_CHAT_MESSAGE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._chat_seconds = chat_seconds
        self._clock = clock
        self._last: deque[float] = deque(maxlen=per_second)
        self._chats: dict[str, float] = {}

    def moment(self, chat: str) -> float:
        """Seconds until a message to ``chat`` may leave; it is counted as leaving then."""
        now = self._clock()
        at = max(now, self._chats.get(chat, 0.0))
        if len(self._last) == self._last.maxlen:
            at = max(at, self._last[0] + 1.0)
        if self._last:
            at = max(at, self._last[-1])
        self._last.append(at)
        self._chats[chat] = at + self._chat_seconds
        if len(self._chats) > MAX_CHATS:
            self._chats = {name: free for name, free in self._chats.items() if free > now}
        return at - now

    async def wait(self, chat: str) -> None:
        await asyncio.sleep(self.moment(chat))
