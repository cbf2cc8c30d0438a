"""From a webhook post to what the front desk works with: messages, changes of identity, statuses.

Facts 2.3 lists the types. Silence is the answer to what nobody wrote as a message: reactions, system notices, an edited
or deleted message, whatever happens in a group. Every other type, also one that does not exist yet, gets an answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.channels.whatsapp import limits
from bot.channels.whatsapp.errors import harmless
from bot.channels.whatsapp.payloads import Change, Json, code, identifier, inner, number, objects, text

SILENT = frozenset(("reaction", "system", "edit", "revoke"))
OTHER = "other"
_MEDIA = {
    "image": "image",
    "audio": "voice",
    "video": "video",
    "document": "document",
    "sticker": "sticker",
    "location": "location",
    "contacts": "contact",
}


@dataclass(frozen=True, slots=True)
class Person:
    """Who writes: Meta's id for this person at this business (BSUID), the phone's id, or both. Never neither."""

    bsuid: str | None
    wa_id: str | None


@dataclass(frozen=True, slots=True)
class Message:
    """A message that gets an answer. One of ``text``, ``button`` and ``kind`` at least; a caption comes with a kind."""

    id: str
    person: Person
    at: float | None
    text: str | None = None
    button: str | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class IdentityChanged:
    """The person has another phone (``phone``) or another user id now; ``person`` is as it was before."""

    person: Person
    at: float | None
    phone: bool


@dataclass(frozen=True, slots=True)
class Status:
    """What became of a message of ours: sent, delivered, read, played or failed."""

    id: str
    status: str
    callback_data: str | None
    code: int | None
    details: str = ""
    """Of the failure, in Meta's words (errors.harmless)."""


type Event = Message | IdentityChanged | Status


def events(change: Change) -> Iterator[Event]:
    """What of a change concerns us, in order."""
    for item in change.messages:
        if event := _message(item, change.contacts):
            yield event
    for item in change.statuses:
        wamid, status = identifier(item.get("id")), text(item.get("status"))
        if wamid and status:
            data = text(item.get("biz_opaque_callback_data"))
            errors = objects(item.get("errors"))
            details = harmless(inner(errors[0], "error_data").get("details")) if errors else ""
            yield Status(wamid, status, data, code(errors), details)


def _message(item: Json, contacts: list[Json]) -> Message | IdentityChanged | None:
    person = _person(item, contacts)
    wamid, kind, at = identifier(item.get("id")), text(item.get("type")), number(item.get("timestamp"))
    if person is None or wamid is None or item.get("group_id"):
        return None
    if kind == "system":
        changed = text(inner(item, "system").get("type")) or ""
        return IdentityChanged(person, at, phone="number" in changed) if "changed" in changed else None
    if kind in SILENT:
        return None
    said, button, nature = _content(item, kind)
    return Message(
        id=wamid,
        person=person,
        at=at,
        text=said if said is None else said[: limits.INBOUND_TEXT],
        button=button,
        kind=nature,
    )


def _content(item: Json, kind: str | None) -> tuple[str | None, str | None, str | None]:
    """Text, button and kind of a message."""
    match kind:
        case "text":
            body = inner(item, "text").get("body")
            return (body, None, None) if isinstance(body, str) else (None, None, OTHER)
        case "interactive":
            interactive = inner(item, "interactive")
            reply = inner(interactive, "button_reply") or inner(interactive, "list_reply")
            pressed = identifier(reply.get("id"))
            return (None, pressed, None) if pressed and len(pressed) <= limits.MAX_BUTTON_ID else (None, None, OTHER)
        case "button":  # of a template: its payload is not one of our buttons, its words are the citizen's answer
            words = text(inner(item, "button").get("text"))
            return (words, None, None) if words else (None, None, OTHER)
        case str() if kind in _MEDIA:
            return text(inner(item, kind).get("caption")), None, _MEDIA[kind]
        case _:  # order, unsupported, and whatever Meta invents
            return None, None, OTHER


def _person(item: Json, contacts: list[Json]) -> Person | None:
    """Who sent it. The message itself says it; an older shape says it only in the one contact beside it."""
    wa_id, bsuid = identifier(item.get("from")), identifier(item.get("from_user_id"))
    contact = _contact(wa_id, bsuid, contacts)
    bsuid = bsuid or identifier(contact.get("user_id"))
    wa_id = wa_id or identifier(contact.get("wa_id"))
    return Person(bsuid, wa_id) if bsuid or wa_id else None


def _contact(wa_id: str | None, bsuid: str | None, contacts: list[Json]) -> Json:
    for contact in contacts:
        if (bsuid and contact.get("user_id") == bsuid) or (wa_id and contact.get("wa_id") == wa_id):
            return contact
    return contacts[0] if len(contacts) == 1 and not (wa_id and contacts[0].get("wa_id")) else {}
