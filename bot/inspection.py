"""What can be said of a text without understanding it: empty, only signs, too long, code."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Literal

MAX_CHARACTERS = 1_000
"""Longer texts are answered by the front desk; Rasa never sees them."""

type Fault = Literal["empty", "only_symbols", "too_long", "code"]

# Letters by their category that show nothing (fillers), and a blank braille pattern.
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
_UNSEEN_CATEGORIES = frozenset(("Cc", "Cf", "Cn", "Co", "Cs", "Mn", "Me"))
# The colour of a hand, and how a sign is to be drawn.
_DRAWN = re.compile("[\\s\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")
# print("hello"), console.log('oi');, main(): the classifier would take the words in it for what a citizen says.
_CALL = re.compile(r"[A-Za-z_$][\w$.]*\((?:\s*|[^()]*[\"'`][^()]*)\)\s*;?")
_UNSTORABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def inspect(text: str) -> Fault | None:
    """Why the assistant cannot be asked about ``text``, or None."""
    if len(text) > MAX_CHARACTERS:
        return "too_long"
    if any(char.isalnum() and char not in _FILLERS for char in text):
        return "code" if all(_CALL.fullmatch(line.strip()) for line in text.splitlines() if line.strip()) else None
    return "only_symbols" if any(_seen(char) for char in text) else "empty"


def word_of_sign(text: str, signs: Mapping[str, str]) -> str | None:
    """The word that ``signs`` give for a text of one sign only, once or several times, in any colour."""
    drawn = _DRAWN.sub("", text)
    return signs.get(drawn[0]) if drawn and len(set(drawn)) == 1 else None


def clean(text: str) -> str:
    """``text`` without what a database or a terminal cannot take: control characters, lone surrogates."""
    return _UNSTORABLE.sub("", text.replace("\r\n", "\n"))


def _seen(char: str) -> bool:
    return not char.isspace() and char not in _FILLERS and unicodedata.category(char) not in _UNSEEN_CATEGORIES
