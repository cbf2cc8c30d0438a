"""Values of the backend made fit to stand in a sentence: one line, no markup, no link, no document number."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from portal import BRASILIA

if TYPE_CHECKING:
    import datetime as dt

    from portal import Movement

# What the citizens' channels, or Rasa's own templates, would take for markup. A subject is written by strangers.
_MARKUP = str.maketrans({"[": "(", "]": ")", "{": "(", "}": ")"} | dict.fromkeys("*_`~\\<>#|", " "))
_LINK = re.compile(r"\b(?:[a-z][a-z0-9+.-]*://|www\.)\S+|://\S*", re.IGNORECASE)
_DOCUMENT = re.compile(
    r"(?<!\w)(?:\d{3}\.?\d{3}\.?\d{3}-?\d{2}|[0-9A-Z]{2}\.?[0-9A-Z]{3}\.?[0-9A-Z]{3}/?[0-9A-Z]{4}-?\d{2})(?!\w)"
)
_MASK = "•••"
MAX_LENGTH = 200


def plain(text: str, most: int = MAX_LENGTH) -> str:
    """`text` as one line of at most `most` characters that can be put into any response."""
    text = _LINK.sub(_MASK, " ".join(text.split()))
    text = _DOCUMENT.sub(_MASK, text).translate(_MARKUP)
    text = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def day(date: dt.date) -> str:
    """dd/mm/aaaa."""
    return date.strftime("%d/%m/%Y")


def local_day(moment: dt.datetime) -> str:
    """dd/mm/aaaa in the city; a moment without a zone is taken as the city's."""
    return day((moment.astimezone(BRASILIA) if moment.tzinfo else moment).date())


def local_day_iso(moment: dt.datetime) -> str:
    """YYYY-MM-DD in the city."""
    return (moment.astimezone(BRASILIA) if moment.tzinfo else moment).date().isoformat()


def movement(item: Movement) -> str:
    """`dd/mm/aaaa: title (place)`."""
    place = f" ({plain(item.place)})" if item.place else ""
    return f"{local_day(item.at)}: {plain(item.title)}{place}"


def bullets(lines: list[str]) -> str:
    """A list in Markdown."""
    return "\n".join(f"- {line}" for line in lines)
