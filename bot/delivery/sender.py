"""What a channel that pushes must bring: a sender. And what it is handed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from bot.messages import Body


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One outbox row. ``part``: how many parts of it have arrived, so the number of the next one."""

    id: int
    body: Body
    """What is shown; a personal answer is opened here."""
    part: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """What of one turn is still to be sent, in order."""

    id: str
    """Of this try: the claim's token."""
    conversation: str
    channel: str
    external_key: str
    rows: list[DeliveryRow]
    in_reply_to: str | None
    attempt: int
    """Failed tries before this one."""
    repeat: bool
    """The first part to be sent may have arrived already: its outcome was unknown."""
    last_inbound_at: float | None
    """When they last wrote, seconds of the epoch."""


class Progress(Protocol):
    """Where a sender says how far it is. Both are committed when they return; both raise ClaimLost: send no more."""

    async def sending(self, rows: int | Sequence[int], part: int = 0) -> None:
        """Call right before a request leaves. ``rows``: the row, or all rows that it joins."""

    async def sent(
        self, rows: int | Sequence[int], part: int = 0, external_id: str | None = None, *, last: bool = True
    ) -> None:
        """Call right after it was accepted; ``last``: nothing of these rows is left to be sent."""


class Sender(Protocol):
    """One for a channel. It sends, and lets a failure out as a DeliveryError."""

    channel: str
    on_unknown: Literal["repeat_once", "wait"]
    typing_after: float
    """Seconds that an answer may take before ``typing`` is called."""
    typing_every: float | None
    """Seconds after which it is called again while the answer is made; None: once a message."""
    notice_after: float | None
    """Seconds without an answer after which "it takes longer" is worth a message of its own; None: as set for all."""

    async def send(self, delivery: Delivery, progress: Progress) -> None: ...

    async def typing(self, external_key: str, reply_to: str, kind: str | None) -> None:
        """Shows that somebody is at it. ``kind``: of a message that is no text. A failure of it is of no consequence
        and is logged by the caller."""
