"""What can be said of a text without understanding it: empty, only signs, too long."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

MAX_CHARACTERS = 1_000
"""Longer texts are answered by the front desk; Rasa never sees them."""

type Fault = Literal["empty", "only_symbols", "too_long"]

# Letters by their category that show nothing (fillers), and a blank braille pattern.
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
_UNSEEN_CATEGORIES = frozenset(("Cc", "Cf", "Cn", "Co", "Cs", "Mn", "Me"))
_UNSTORABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def inspect(text: str) -> Fault | None:
    """Why the assistant cannot be asked about ``text``, or None."""
    if len(text) > MAX_CHARACTERS:
        return "too_long"
    if any(char.isalnum() and char not in _FILLERS for char in text):
        return None
    return "only_symbols" if any(_seen(char) for char in text) else "empty"


def clean(text: str) -> str:
    """``text`` without what a database or a terminal cannot take: control characters, lone surrogates."""
    return _UNSTORABLE.sub("", text.replace("\r\n", "\n"))


def _seen(char: str) -> bool:
    return not char.isspace() and char not in _FILLERS and unicodedata.category(char) not in _UNSEEN_CATEGORIES
