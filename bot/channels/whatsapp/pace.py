"""How fast messages may leave: all together, and to one person. Kept in memory: each node counts for itself."""

from __future__ import annotations

import time
from collections.abc import Callable

from bot.channels.whatsapp import limits

MAX_PEOPLE = 10_000


class Pace:
    """Says when the next message may leave. Counts in the theoretical arrival time of each queue (GCRA)."""

    def __init__(
        self,
        per_second: float = limits.MESSAGES_PER_SECOND,
        pair_seconds: float = limits.PAIR_SECONDS,
        pair_burst: int = limits.PAIR_BURST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._gap = 1.0 / per_second
        self._pair_seconds = pair_seconds
        self._borrowed = pair_seconds * (pair_burst - 1)
        self._clock = clock
        self._all_until = 0.0
        self._people: dict[str, float] = {}

    def wait(self, person: str) -> float:
        """Seconds until a message to ``person`` may leave. 0: now, and it is counted."""
        now = self._clock()
        until = max(self._people.get(person, 0.0), now)
        delay = max(until - self._borrowed - now, self._all_until - now)
        if delay > 0:
            return delay
        self._all_until = max(self._all_until, now) + self._gap
        self._people[person] = until + self._pair_seconds
        if len(self._people) > MAX_PEOPLE:
            self._people = {who: later for who, later in self._people.items() if later > now}
        return 0.0

    def borrowed_all(self, person: str) -> None:
        """Meta says that this person got too much: our count was too low (another node, a restart)."""
        now = self._clock()
        self._people[person] = max(self._people.get(person, 0.0), now + self._borrowed + self._pair_seconds)
