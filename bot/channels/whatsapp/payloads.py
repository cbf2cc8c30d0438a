"""The shapes of a webhook post (Meta, "messages webhook reference"). Read leniently: a field that is missing or of
another type than documented is as if it were not there, so that one odd message hides no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from bot.channels.whatsapp import limits

type Json = dict[str, Any]


class Unreadable(Exception):
    """The body is not the JSON of a WhatsApp Business Account's webhook."""


@dataclass(frozen=True, slots=True)
class Change:
    """What happened at one phone number of ours."""

    phone_number_id: str
    contacts: list[Json]
    messages: list[Json]
    statuses: list[Json]
    errors: list[Json]


def changes(body: bytes) -> Iterator[Change]:
    """Every change of ``messages`` in a post, in order; raises Unreadable."""
    try:
        post = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Unreadable from None
    if not isinstance(post, dict) or post.get("object") != "whatsapp_business_account":
        raise Unreadable
    for entry in objects(post.get("entry")):
        for change in objects(entry.get("changes")):
            value = change.get("value")
            if change.get("field") == "messages" and isinstance(value, dict):
                yield Change(
                    phone_number_id=text(inner(value, "metadata").get("phone_number_id")) or "",
                    contacts=objects(value.get("contacts")),
                    messages=objects(value.get("messages")),
                    statuses=objects(value.get("statuses")),
                    errors=objects(value.get("errors")),
                )


def objects(value: object) -> list[Json]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def inner(value: Json, name: str) -> Json:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def text(value: object) -> str | None:
    """A string that is not empty, or None."""
    return value if isinstance(value, str) and value else None


def identifier(value: object) -> str | None:
    """An id of Meta's, or None: printable ASCII that fits where we keep it."""
    name = text(value)
    fits = name is not None and len(name) <= limits.MAX_ID and name.isascii() and name.isprintable()
    return name if fits else None


def number(value: object) -> float | None:
    """Seconds of the epoch, which Meta sends as a string of digits."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 12:
        return float(value)
    return float(value) if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**12 else None


def code(errors: list[Json]) -> int | None:
    """The number of the first error, e.g. 131047."""
    found = errors[0].get("code") if errors else None
    return found if isinstance(found, int) and not isinstance(found, bool) else None
