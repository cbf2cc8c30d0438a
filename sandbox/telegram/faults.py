"""Faults on demand: what goes wrong with the next calls of a method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "error",  # Telegram's own refusal: `code`, `description`, its parameters; not accepted
    "status",  # `code` with a page in HTML, as gateways answer; not accepted
    "reset",  # the connection is aborted, not accepted
    "accept_then_reset",  # done, then the connection is aborted
    "hang",  # never answers, not accepted
    "accept_then_hang",  # done, and never answers
    "accept_then_nonsense",  # done, and a 200 that is no JSON
    "slow",  # waits `seconds`, then as usual
]


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong, how many times (None: until it is cleared), where, and for which chat (None: any)."""

    kind: Kind
    method: str = "sendMessage"
    code: int = 500
    description: str = "Internal Server Error"
    retry_after: int | None = None
    migrate_to_chat_id: int | None = None
    times: int | None = 1
    chat: int | None = None
    seconds: float = 1.0


class Faults:
    """Those that are set, each used as often as it says, in order."""

    def __init__(self) -> None:
        self._set: list[tuple[Fault, list[int]]] = []

    def add(self, fault: Fault) -> None:
        self._set.append((fault, [0]))

    def clear(self) -> None:
        self._set.clear()

    def take(self, method: str, chat: int | None) -> Fault | None:
        for fault, used in self._set:
            if fault.method != method or (fault.chat is not None and fault.chat != chat):
                continue
            if fault.times is not None and used[0] >= fault.times:
                continue
            used[0] += 1
            return fault
        return None
