"""One business number: who wrote to it and when, what it sent, and how fast it may send."""

from __future__ import annotations

import base64
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from sandbox.whatsapp.errors import GraphError

WINDOW = 24 * 3600.0
PAIR_SECONDS = 6.0
PAIR_BURST = 45
PER_SECOND = 80
TYPING_SECONDS = 25.0


@dataclass
class Person:
    """A WhatsApp account. ``wa_id`` None: it has a username and hides its phone."""

    user_id: str
    wa_id: str | None
    name: str
    last_inbound: float | None = None
    pair_until: float = 0.0


@dataclass
class Said:
    """A citizen's message."""

    wamid: str
    person: Person
    message: dict[str, Any]
    at: float


@dataclass
class Sent:
    """A message of the business that was accepted."""

    wamid: str
    person: Person
    message: dict[str, Any]
    at: float
    statuses: list[str] = field(default_factory=list)


class Number:
    """The state. Rates are kept as Meta keeps them unless ``rates`` is off."""

    def __init__(self) -> None:
        self.people: list[Person] = []
        self.sent: list[Sent] = []
        self.read: list[str] = []
        """Ids of citizens' messages that were marked as read, in order; the same may come again."""
        self.typing: dict[str, float] = {}
        """When the business showed, after one of those messages, that it writes."""
        self.said: list[Said] = []
        self.rates = True
        self._recent: list[float] = []

    def person(self, wa_id: str | None, user_id: str | None, name: str = "Cidadã") -> Person:
        """Finds or makes the account; a phone gets a BSUID of its own."""
        for known in self.people:
            if (user_id and known.user_id == user_id) or (wa_id and known.wa_id == wa_id and not user_id):
                return known
        person = Person(user_id or f"BR.{secrets.randbelow(10**16):016d}", wa_id, name)
        self.people.append(person)
        return person

    def recipient(self, message: dict[str, Any]) -> Person:
        """Whom a message is for; raises GraphError 131026."""
        to, user_id = message.get("to"), message.get("recipient")
        for known in self.people:
            if (to and known.wa_id == to) or (user_id and known.user_id == user_id):
                return known
        raise GraphError(131026, "Message undeliverable")

    def accept(self, message: dict[str, Any]) -> Sent:
        """Takes a message or raises GraphError."""
        person, now = self.recipient(message), time.time()
        if person.last_inbound is None or now - person.last_inbound > WINDOW:
            raise GraphError(131047, "More than 24 hours have passed since the customer last replied to this number")
        if self.rates:
            self._count(person, now)
        sent = Sent(wamid(), person, message, now)
        self.sent.append(sent)
        return sent

    def find(self, identifier: str) -> Sent | None:
        return next((sent for sent in self.sent if sent.wamid == identifier), None)

    def _count(self, person: Person, now: float) -> None:
        self._recent = [at for at in self._recent if now - at < 1.0]
        if len(self._recent) >= PER_SECOND:
            raise GraphError(130429, "Cloud API message throughput has been reached")
        until = max(person.pair_until, now)
        if until - PAIR_SECONDS * (PAIR_BURST - 1) > now:
            raise GraphError(131056, "Too many messages sent from this number to the same recipient in a short time")
        person.pair_until = until + PAIR_SECONDS
        self._recent.append(now)


def wamid() -> str:
    return "wamid." + base64.b64encode(b"HBgN" + secrets.token_bytes(30)).decode()
