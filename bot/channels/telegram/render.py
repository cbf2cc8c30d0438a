"""Neutral text (bot/markdown.py) as Telegram messages: HTML with bold, cut where the limit asks for it, and plain text.

Telegram makes links of addresses by itself, and its HTML knows neither paragraphs nor lists; these are lines.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.channels.telegram import limits
from bot.markdown import to_plain
from bot.messages import ShownButton

_OPEN, _CLOSE = "\ue000", "\ue001"  # private characters, which mark bold between parsing and writing
_MARK = re.compile(f"[{_OPEN}{_CLOSE}]")


@dataclass(frozen=True, slots=True)
class Part:
    """One message: as HTML, and the same without marks, for where Telegram cannot parse it."""

    html: str
    plain: str


def render(text: str) -> list[Part]:
    """The messages that ``text`` is, each within Telegram's limit; nothing for an empty text."""
    plain, bold = _parsed(text)
    return [Part(_html(plain, bold, start, end), plain[start:end]) for start, end in pieces(plain)]


def pieces(plain: str) -> Iterator[tuple[int, int]]:
    """Where the messages begin and end that a text without marks is, blanks around them left out."""
    start = 0
    while start < len(plain):
        end = _cut(plain, start)
        part = plain[start:end]
        begin = start + len(part) - len(part.lstrip())
        if stripped := part.strip():
            yield begin, begin + len(stripped)
        start = end


def keyboard(buttons: list[ShownButton]) -> InlineKeyboardMarkup | None:
    """One button a row; two where the titles of both are short. Buttons with an address open it."""
    rows: list[list[InlineKeyboardButton]] = []
    half: InlineKeyboardButton | None = None
    for shown in buttons[: limits.BUTTONS]:
        data = None if shown.url else shown.id
        button = InlineKeyboardButton(shown.title, url=shown.url, callback_data=data)
        if limits.length(shown.title) > limits.PHONE_TITLE:
            half = None
            rows.append([button])
        elif half is None:
            half = button
            rows.append([button])
        else:
            rows[-1].append(button)
            half = None
    return InlineKeyboardMarkup(rows) if rows else None


def without_links(buttons: list[ShownButton]) -> tuple[list[ShownButton], str]:
    """The buttons that open nothing, and the others as lines of text: for where Telegram refuses an address."""
    links = [f"{shown.title}: {shown.url}" for shown in buttons if shown.url]
    return [shown for shown in buttons if not shown.url], "\n".join(links)


def _parsed(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text without marks, and where it is bold."""
    pieces: list[str] = []
    bold: list[tuple[int, int]] = []
    length, opened = 0, 0
    marked = to_plain(_MARK.sub("", text), (_OPEN, _CLOSE))
    for piece in re.split(f"({_OPEN}|{_CLOSE})", marked):
        if piece == _OPEN:
            opened = length
        elif piece == _CLOSE:
            bold.append((opened, length))
        else:
            pieces.append(piece)
            length += len(piece)
    return "".join(pieces), bold


def _cut(plain: str, start: int) -> int:
    """Where the message that begins at ``start`` ends: before a paragraph, else a line, else a word, else anywhere."""
    end = min(len(plain), start + limits.MESSAGE_TEXT)
    while (over := limits.length(plain[start:end]) - limits.MESSAGE_TEXT) > 0:
        end -= (over + 1) // 2
    if end == len(plain):
        return end
    for mark in ("\n\n", "\n", " "):
        found = plain.rfind(mark, start, end)
        if found > start + (end - start) // 4:
            return found + len(mark)
    return end


def _html(plain: str, bold: list[tuple[int, int]], start: int, end: int) -> str:
    """What stands between the two places. A span that the cut divides is closed here and opened again in the next."""
    written: list[str] = []
    place = start
    spans = [(max(a, start), min(b, end)) for a, b in bold if a < end and b > start]
    for begin, stop in [span for span in spans if span[0] < span[1]][: limits.MESSAGE_ENTITIES]:
        written += [_escaped(plain[place:begin]), "<b>", _escaped(plain[begin:stop]), "</b>"]
        place = stop
    written.append(_escaped(plain[place:end]))
    return "".join(written)


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)
