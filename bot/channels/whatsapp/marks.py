"""The neutral text (bot/markdown.py) with WhatsApp's marks: ``*bold*``, "- " and "1. " lists, addresses as they are.

WhatsApp knows no escape. Signs that would become marks by accident (``*``, ``_``, ``~`` or backticks around words,
``>`` at the start of a line) are written with signs that look like them. Inside words and addresses nothing is a mark
and nothing is changed, so that what people copy is right.
"""

from __future__ import annotations

import re

from bot.markdown import to_plain

_OPEN, _CLOSE = "\ue000", "\ue001"
_OURS = re.compile(f"[{_OPEN}{_CLOSE}]")
_LOOKALIKE = str.maketrans({"*": "∗", "_": "＿", "~": "∼", "`": "ˋ"})
_MARKS = "*_~`"
# A mark opens where a word begins and closes where one ends, on one line.
_ACCIDENT = re.compile(rf"(?<![\w{_MARKS}])([{_MARKS}]+)(?=[^\s{_MARKS}])([^\n]*?[^\s{_MARKS}])\1(?![\w{_MARKS}])")
_QUOTE = re.compile(r"^(\s*)>")
_ADDRESS = re.compile(r"(https?://\S+|[\w.+%'-]+@[\w-]+(?:\.[\w-]+)+)")


def to_whatsapp(text: str) -> str:
    """``text`` as one would type it in WhatsApp."""
    plain = to_plain(_OURS.sub("", text), (_OPEN, _CLOSE))
    bold = False
    lines = []
    for line in plain.split("\n"):
        written, bold = _line(line, bold)
        lines.append(written)
    return "\n".join(lines)


def _line(line: str, bold: bool) -> tuple[str, bool]:
    """The line as written, and whether bold goes on behind it: in WhatsApp a mark ends with its line."""
    parts = re.split(f"([{_OPEN}{_CLOSE}])", _QUOTE.sub(r"\1›", line))
    written = ""
    for index, part in enumerate(parts):
        if part in (_OPEN, _CLOSE):
            bold = part == _OPEN
        elif bold:
            before = written[-1:]
            after = next((other[0] for other in parts[index + 1 :] if other not in ("", _OPEN, _CLOSE)), "")
            written += _bold(part, before, after)
        else:
            written += harmless(part)
    return written, bold


def _bold(part: str, before: str, after: str) -> str:
    """With marks where WhatsApp would see them; else without, rather than with stray asterisks."""
    inside = part.strip()
    if not inside:
        return part
    start = part.index(inside)
    before, after = part[:start][-1:] or before, part[start + len(inside) :][:1] or after
    words = harmless(inside).replace("*", "∗")
    if not (before.isalnum() or after.isalnum()):
        words = f"*{words}*"
    return part[:start] + words + part[start + len(inside) :]


def harmless(text: str) -> str:
    """``text`` with nothing in it that WhatsApp would take for a mark."""
    return "".join(
        part if index % 2 else _ACCIDENT.sub(_look_alike, part) for index, part in enumerate(_ADDRESS.split(text))
    )


def _look_alike(found: re.Match[str]) -> str:
    mark = found[1].translate(_LOOKALIKE)
    return mark + found[2].translate(_LOOKALIKE) + mark
