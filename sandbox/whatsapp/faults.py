"""Faults on demand at the messages endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from starlette.requests import Request

Kind = Literal[
    "error",  # Meta's error `code`, with `status` where it should be another
    "status",  # `status` with a page in HTML and `retry_after`, as gateways answer
    "reset",  # the connection is aborted, the message is not accepted
    "accept_then_reset",  # accepted, then the connection is aborted
    "hang",  # never answers, not accepted
    "accept_then_hang",  # accepted, and never answers
    "accept_then_nonsense",  # accepted, and 200 without a message id
    "slow",  # answers after `seconds`
    "fail_later",  # accepted; the status webhook says failed, with `code`
]


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong, how many times (None: until it is cleared), and for whom (None: everybody)."""

    kind: Kind
    code: int = 131000
    details: str = "scripted"
    """Of Meta's error, in its ``error_data``."""
    status: int | None = None
    times: int | None = 1
    to: str | None = None
    seconds: float = 1.0
    retry_after: int | None = None
    reads: bool = False
    """Whether marking as read goes wrong as well."""


class Faults:
    """Those that are set, each used as often as it says, in order."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._used: dict[int, int] = {}

    def add(self, fault: Fault) -> None:
        self._waiting.append(fault)

    def clear(self) -> None:
        self._waiting.clear()
        self._used.clear()

    def take(self, to: str | None, *, read: bool) -> Fault | None:
        """The fault of this request."""
        for fault in self._waiting:
            if (fault.to is not None and fault.to != to) or (read and not fault.reads):
                continue
            used = self._used.get(id(fault), 0) + 1
            self._used[id(fault)] = used
            if fault.times is not None and used >= fault.times:
                self._waiting.remove(fault)
                del self._used[id(fault)]
            return fault
        return None


def abort(request: Request) -> None:
    """Needs the server of sandbox/portal/serving.py, which hands the transport over."""
    request.scope["state"]["transport"].abort()


async def hang(request: Request) -> None:
    """Until the client goes away."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
