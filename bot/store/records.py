"""What the store hands out."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from bot.messages import Choices, Payload
from bot.store.sessions import Access


class StoredPayload(msgspec.Struct, frozen=True, omit_defaults=True):
    """The column `buttons.payload`: a Payload, or a sealed Button and the citizen session that it goes with."""

    intent: str = ""
    entities: dict[str, Any] = {}
    sealed: str | None = None
    session: str | None = None


@dataclass(frozen=True, slots=True)
class StoredInbound:
    """An inbound message after redaction: what is written to the inbox."""

    channel: str
    external_key: str
    citizen: str
    external_id: str
    reference: str
    text: str | None
    button: str | None
    conversation: str
    """The id a new conversation gets."""
    masked: frozenset[str]
    fallback_echo: str
    """What the transcript shows for a pressed button that nobody issued, and for what is no text."""
    kind: str | None = None
    sent_at: float | None = None
    """When it was written, where the channel says so."""
    seen_as: str | None = None
    """How its sender knows the chat, sealed."""
    serves: Callable[[Access], bool] | None = None
    """Asked while somebody is signed in to the conversation: whether the sender may write. None: whoever writes may."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """The button a citizen pressed, found in this conversation; one of a personal answer is sealed."""

    title: str
    payload: Payload | None
    created_at: float
    sealed: str | None = None
    """JSON of the Button, sealed; `title` is then empty and `payload` None."""
    session: str | None = None
    """Digest of the citizen session that a sealed button goes with."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A message that one worker holds, with what it needs of the conversation."""

    inbox_id: int
    token: str
    conversation: str
    channel: str
    owner: str
    state: str | None
    greeted: bool
    choices: Choices | None
    session: str | None
    reference: str
    text: str | None
    button: str | None
    pressed: Pressed | None
    masked: frozenset[str]
    tries: int
    waits: int
    received_at: float
    """By the database's clock."""
    more: bool
    """Whether other messages of the conversation waited behind it when it was claimed."""
    kind: str | None = None
    seen_as: str | None = None
    """How its sender knows the chat, sealed."""
    access_ended: bool = False
    """The citizen's access ran out, and nobody was told yet."""
    waited: float = 0.0
    """Seconds from its arrival to this claim."""
    claimed: float = field(default_factory=time.monotonic)

    @property
    def age(self) -> float:
        """Seconds since it arrived, whatever this node's clock says."""
        return self.waited + time.monotonic() - self.claimed


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One line of the transcript."""

    id: int
    author: str
    in_reply_to: str | None
    final: bool
    body: str
    secret: str | None
    at: float
    channel: str
    session: str | None = None
    """Digest of what `secret` goes with: a citizen session, or a link with its attempt."""
    anonymous: bool = False
    """Nobody was signed in to the conversation when it was written; False: that is not known."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a received message."""

    conversation: str
    inbox_id: int | None
    """None: it was here already (a second delivery)."""
    echo: OutboxRow | None
    """The message's line in the transcript."""
    claim: Claim | None
    """The message, already claimed, where a claim was asked for and nothing else of the conversation waits."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The oldest unanswered message of a conversation, as the sweep sees it."""

    conversation: str
    due: bool


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much waits, of all nodes. ``oldest``: seconds that the oldest open message has waited.

    ``outgoing``: lines that wait to be sent, or whose fate the platform has not told yet; ``outgoing_at``: since when.
    """

    open: int
    oldest: float
    dead_letters: int
    outgoing: int
    outgoing_at: float | None


@dataclass(frozen=True, slots=True)
class Unnotified:
    """A message without an answer whose sender has not been told that it takes longer."""

    inbox_id: int
    conversation: str
    channel: str
    waited: float
