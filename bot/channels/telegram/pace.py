"""How fast messages may leave: all together, and to one chat. Kept in memory: each node counts for itself."""

from __future__ import annotations

import asyncio
import time
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
        self._gap = 1.0 / per_second
        self._chat_seconds = chat_seconds
        self._clock = clock
        self._free = 0.0
        self._chats: dict[str, float] = {}

    def until_chat(self, chat: str) -> float:
        """Seconds until the chat has had its second of rest."""
        return max(0.0, self._chats.get(chat, 0.0) - self._clock())

    def take(self, chat: str) -> float:
        """Seconds until the next free place among all; it is taken, and the chat's second begins there."""
        now = self._clock()
        at = max(now, self._free)
        self._free = at + self._gap
        self._chats[chat] = at + self._chat_seconds
        if len(self._chats) > MAX_CHATS:
            self._chats = {name: free for name, free in self._chats.items() if free > now}
        return at - now

    async def wait(self, chat: str) -> None:
        """Returns when a message to ``chat`` may leave. One at a time for each chat, as the deliverer does."""
        while (seconds := self.until_chat(chat)) > 0:  # noqa: ASYNC110  # a time, no event
            await asyncio.sleep(seconds)
        await asyncio.sleep(self.take(chat))
