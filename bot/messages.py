"""The shapes that travel through the front desk: what a channel receives and what it shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import msgspec


@dataclass(frozen=True, slots=True)
class Inbound:
    """One message of a citizen, as a channel hands it to the front desk: text, a button, or something of a ``kind``
    (which may have a text beside it)."""

    channel: str
    external_key: str
    """The channel's name of the conversation."""
    citizen: str
    """The channel's name of who writes; may own several conversations (the website's "new conversation")."""
    external_id: str
    """The channel's name of the message; a second delivery has the same."""
    reference: str
    """What replies to this message carry as ``in_reply_to``."""
    text: str | None = None
    button: str | None = None
    kind: str | None = None
    """What is not text: a field of ``media`` in data/front_desk.yml (voice, image, ...)."""
    topic: str | None = None
    """A topic that is asked for by its name (a deep link, a command), with its title as ``text``."""
    sent_at: float | None = None
    """When it was written, where the channel says so; seconds of the epoch."""
    conversation: str | None = None
    """The conversation's own id where the channel chose it (website); otherwise one is made."""
    seen_as: str | None = None
    """How who writes knows this chat, for the page that signs in: a site, a covered name. No more than is shown."""
    serves: Callable[[Any], bool] | None = None
    """Of the store's Access, while somebody is signed in: whether who writes may. None: whoever writes may."""


class Payload(msgspec.Struct, frozen=True):
    """What a button means to the assistant."""

    intent: str
    entities: dict[str, Any] = {}


class Button(msgspec.Struct, frozen=True):
    """A button as it was shown: the id is opaque, the payload never leaves the front desk."""

    id: str
    title: str
    payload: Payload


class Choices(msgspec.Struct, frozen=True):
    """What typed text can choose now."""

    buttons: list[Button]
    expects_number: bool = False
    """A form, or a numbered list, awaits a number: a typed digit is meant for it, not a choice."""
    sealed: str | None = None
    """The buttons of a personal answer, sealed (JSON of them); `buttons` is then empty. Gone with the session."""


class SealedButton(msgspec.Struct, frozen=True):
    """A button of a personal answer as it is kept: even its title may say something about somebody."""

    id: str
    sealed: str
    """JSON of the Button, sealed."""


class Understood(msgspec.Struct, frozen=True):
    """How the assistant understood a message that it was not sure of. No word of the message is in it."""

    kind: Literal["answer", "offer", "reject"]
    topic: Annotated[str, msgspec.Meta(max_length=64)]
    probability: float


class ShownButton(msgspec.Struct, frozen=True, omit_defaults=True):
    id: str
    title: str
    url: str | None = None
    """Opens this address instead of saying something. Channels render it as a link; typed text never chooses it."""


class Body(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an outbox row shows: the text is the neutral CommonMark subset, each channel renders it."""

    text: str
    buttons: list[ShownButton] = []
    personal: bool = False
    """Stands for something of a signed-in citizen, which is sealed beside it and goes with the session."""


@dataclass(frozen=True, slots=True)
class Bubble:
    """One outgoing message that a turn makes."""

    body: Body
    secret: str | None = None
    """A personal answer with its buttons (JSON of a Body), sealed; ``body`` is then what is shown when it is gone."""
    kept_with: str | None = None
    """Digest of what ``secret`` goes with where that is not the citizen's session: the link, with its attempt."""


@dataclass(frozen=True, slots=True)
class LoginOffer:
    """A link for signing in that a turn offers."""

    digest: str
    """Of the token in the link."""
    purpose: str
    question: str
    """What to answer afterwards, sealed."""
    seconds: float
    seen_as: str | None = None
    """How who asked knows the chat, sealed."""


@dataclass(slots=True)
class Outcome:
    """What a turn leaves behind: committed as one, or not at all."""

    bubbles: list[Bubble]
    state: str | None
    """The assistant's new state (opaque JSON); the old one where the assistant was not asked."""
    choices: Choices | None = None
    """None: what could be chosen before can be chosen still."""
    buttons: list[Button] = field(default_factory=list)
    sealed_buttons: list[SealedButton] = field(default_factory=list)
    """Those of the personal answers."""
    greeted: bool = False
    session_digest: str | None = None
    """Whose personal data is in the bubbles."""
    end_session: bool = False
    end_login: str | None = None
    """Why the chat's attempt to sign in is over."""
    told_of_end: bool = False
    """That the access ran out was said."""
    login: LoginOffer | None = None
    dead: str | None = None
    """The error's name when the message is given up."""
    understood: str | None = None
    """JSON of how it was understood, when a person should look (`guiche review`)."""
