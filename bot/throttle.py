"""How much one citizen, and all together, may send. Kept in memory: each node counts for itself."""

from __future__ import annotations

from typing import Literal

from limits import RateLimitItem, parse, parse_many
from limits.aio.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter, RateLimiter

from bot.settings import SettingsError
from bot.windows import Windows

_TELL = parse("1/minute")

type Refusal = Literal["too_many", "too_busy"]


class Throttle:
    """Asks before a message is taken; messages that were taken are always answered."""

    def __init__(self, session_rate: str, global_rate: str) -> None:
        storage = Windows()
        self._moving = MovingWindowRateLimiter(storage)
        self._fixed = FixedWindowRateLimiter(storage)
        self._session = _parsed("GUICHE_SESSION_RATE", session_rate)
        self._global = _parsed("GUICHE_GLOBAL_RATE", global_rate)

    async def refusal(self, sender: str, written_at: float | None = None) -> Refusal | None:
        """Why ``sender`` may not send now, or None (and then this message counts).

        ``written_at``: the platform's time of the message, seconds of the epoch. Then what counts is how fast the
        messages were written: what waited while we were away comes all at once, and nobody was too fast.
        """
        for item in self._session:
            if not await self._hit(self._moving, item, written_at, "session", sender):
                return "too_many"
        for item in self._global:
            if not await self._hit(self._fixed, item, written_at, "global"):
                return "too_busy"
        return None

    async def _hit(self, now: RateLimiter, item: RateLimitItem, written_at: float | None, *names: str) -> bool:
        if written_at is None:
            return await now.hit(item, *names)
        window = int(written_at // item.get_expiry())
        return await self._fixed.hit(item, *names, "written", str(window))

    async def first_refusal(self, sender: str) -> bool:
        """Whether ``sender`` was not told in the last minute."""
        return await self._moving.hit(_TELL, "told", sender)


def _parsed(name: str, rates: str) -> list[RateLimitItem]:
    try:
        return list(parse_many(rates))
    except ValueError:
        raise SettingsError(f"{name}: not a rate like 10/second;90/minute") from None
