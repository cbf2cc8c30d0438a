"""Button titles within WhatsApp's limits. A title is shortened only by words that carry no meaning, or, where the full
title stands beside it (a list row's description), by its end; two titles never become the same."""

from __future__ import annotations

from bot.channels.whatsapp import limits

ELLIPSIS = "…"
_SMALL = frozenset(("a", "o", "as", "os", "um", "uma", "uns", "umas", "de", "do", "da", "dos", "das"))


def length(text: str) -> int:
    """In UTF-16 units (see limits.py)."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def for_reply_buttons(titles: list[str]) -> list[str] | None:
    """The titles of reply buttons, or None where one cannot be short enough without losing meaning."""
    if not 1 <= len(titles) <= limits.REPLY_BUTTONS:
        return None
    short = [_without_small_words(title, limits.REPLY_BUTTON_TITLE) for title in titles]
    fits = all(0 < length(title) <= limits.REPLY_BUTTON_TITLE for title in short)
    return short if fits and _unique(short) else None


def for_list(titles: list[str]) -> list[tuple[str, str]] | None:
    """Title and description of each row (description empty where the title is whole), or None: too many, too long."""
    if not 1 <= len(titles) <= limits.LIST_ROWS:
        return None
    if any(not 0 < length(title) <= limits.LIST_ROW_DESCRIPTION for title in titles):
        return None
    cuts = [_cut(_without_small_words(title, limits.LIST_ROW_TITLE), limits.LIST_ROW_TITLE) for title in titles]
    if not _unique(cuts):  # alike at the beginning: what tells them apart is at the end
        cuts = [_end(title, limits.LIST_ROW_TITLE) for title in titles]
    if not _unique(cuts):
        return None
    return [(cut, "" if cut == title else title) for cut, title in zip(cuts, titles, strict=True)]


def _unique(titles: list[str]) -> bool:
    return len({title.casefold() for title in titles}) == len(titles)


def _without_small_words(title: str, limit: int) -> str:
    """The title, without articles and prepositions when that is what makes it fit."""
    if length(title) <= limit:
        return title
    first, *others = title.split()
    short = " ".join([first, *(word for word in others if word.casefold() not in _SMALL)])
    return short if length(short) <= limit else title


def _cut(title: str, limit: int) -> str:
    """Up to a whole word, then an ellipsis."""
    if length(title) <= limit:
        return title
    kept = ""
    for word in title.split():
        longer = f"{kept} {word}" if kept else word
        if length(longer) + 1 > limit:
            break
        kept = longer
    return (kept.rstrip(" ,;:-(") or _units(title, limit - 1)) + ELLIPSIS


def _end(title: str, limit: int) -> str:
    if length(title) <= limit:
        return title
    kept = ""
    for word in reversed(title.split()):
        longer = f"{word} {kept}" if kept else word
        if length(longer) + 1 > limit:
            break
        kept = longer
    return ELLIPSIS + (kept or _units(title[::-1], limit - 1)[::-1])


def _units(text: str, limit: int) -> str:
    """The longest beginning that fits."""
    while length(text) > limit:
        text = text[:-1]
    return text
