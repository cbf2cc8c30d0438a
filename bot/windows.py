"""Where the limits keep their counts: in memory, by a clock that does not jump, and without threads.

limits' own storage in memory looks through every sender of the last minute after each message, and changes threads
for each of them: 0.5 ms of CPU a message with eight senders, more with every other one. It also goes by the time of
day: set back an hour, it refuses everybody for an hour.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from limits.aio.storage import MovingWindowSupport, Storage

TIDY_SECONDS = 10.0


class Windows(Storage, MovingWindowSupport):
    """Fixed and moving windows, for limits' strategies."""

    STORAGE_SCHEME = None

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._counts: dict[str, tuple[int, float]] = {}
        """How many, and when they no longer count."""
        self._entries: dict[str, tuple[deque[float], float]] = {}
        """When the last ones were, oldest first, and for how long they count."""
        self._tidied_at = clock()

    @property
    def base_exceptions(self) -> type[Exception]:
        return ValueError

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        now = self._now()
        count, until = self._counts.get(key, (0, 0.0))
        if until <= now:
            count, until = 0, now + expiry
        self._counts[key] = count + amount, until
        return count + amount

    async def get(self, key: str) -> int:
        count, until = self._counts.get(key, (0, 0.0))
        return count if until > self._clock() else 0

    async def get_expiry(self, key: str) -> float:
        """As limits wants it: a time of day."""
        return time.time() + max(0.0, self._counts.get(key, (0, 0.0))[1] - self._clock())

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        now = self._now()
        entries, _ = self._entries.setdefault(key, (deque(maxlen=limit), expiry))
        if amount > limit or (len(entries) + amount > limit and entries[amount - 1 - limit] > now - expiry):
            return False
        entries.extend([now] * amount)
        return True

    async def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """As limits wants it: a time of day, and how many since."""
        now = self._clock()
        entries, _ = self._entries.get(key, (deque[float](), expiry))
        counted = [at for at in entries if at > now - expiry]
        return time.time() - (now - counted[0] if counted else 0.0), len(counted)

    async def check(self) -> bool:
        return True

    async def reset(self) -> int:
        number = len(self._counts) + len(self._entries)
        self._counts.clear()
        self._entries.clear()
        return number

    async def clear(self, key: str) -> None:
        self._counts.pop(key, None)
        self._entries.pop(key, None)

    @property
    def kept(self) -> int:
        """For how many keys something is remembered."""
        return len(self._counts) + len(self._entries)

    def _now(self) -> float:
        """The time; now and then what no longer counts is forgotten."""
        now = self._clock()
        if now - self._tidied_at > TIDY_SECONDS:
            self._tidied_at = now
            self._counts = {key: (count, until) for key, (count, until) in self._counts.items() if until > now}
            self._entries = {
                key: (entries, expiry) for key, (entries, expiry) in self._entries.items() if entries[-1] > now - expiry
            }
        return now
