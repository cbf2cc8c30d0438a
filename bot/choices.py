"""Typed text that chooses a button: its number, or words near its title."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from rapidfuzz import fuzz, process

from bot.messages import Button, Choices

NEAR = 84.0
"""rapidfuzz ratio from which a text is a title with a slip of the finger; found on the titles of the help center."""
MARGIN = 8.0
"""How much nearer the best title must be than the second."""
LONGER_BY = 3
"""A text with this many characters more than the title is a sentence of its own, not the title."""

_SMALL_WORDS = frozenset(("a", "o", "as", "os", "um", "uma", "de", "do", "da", "no", "na", "meu", "minha", "quero"))
_ORDINALS = {
    "primeir": 1,
    "segund": 2,
    "terceir": 3,
    "quart": 4,
    "quint": 5,
    "sext": 6,
    "setim": 7,
    "oitav": 8,
    "non": 9,
    "decim": 10,
}
_LEAD = r"(?:(?:quero|escolho|prefiro) )?(?:(?:a|o|na|no) )?(?:(?:opcao|alternativa|item|numero|n|resposta) )?"
_NUMBER = re.compile(rf"{_LEAD}(?:n(?:umero)? )?0?(\d{{1,2}})(?: ?[ao])?(?: opcao)?")
_ORDINAL = re.compile(rf"(?:(?:quero|escolho|prefiro) )?(?:(?:a|o|na|no) )?({'|'.join(_ORDINALS)})[ao](?: opcao)?")


def choose(text: str, choices: Choices | None) -> Button | None:
    """The button that ``text`` chooses, or None when it is free text."""
    if choices is None or not choices.buttons:
        return None
    plain = normalise(text)
    number = _number(plain)
    if number is not None:
        if choices.expects_number or not 1 <= number <= len(choices.buttons):
            return None
        return choices.buttons[number - 1]
    return _nearest(_without_small_words(plain), choices.buttons)


def normalise(text: str) -> str:
    """Lower case, no accents, words apart by one space. "2️⃣" and "2ª" become "2" and "2 a"."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("º", " o").replace("ª", " a"))
    return " ".join("".join(char if char.isalnum() else _gap(char) for char in decomposed).split())


def _gap(char: str) -> str:
    return "" if unicodedata.category(char) in ("Mn", "Me", "Cf") else " "


def _number(plain: str) -> int | None:
    if len(plain) > 40:
        return None
    if match := _NUMBER.fullmatch(plain):
        return int(match[1])
    if match := _ORDINAL.fullmatch(plain):
        return _ORDINALS[match[1]]
    return None


def _nearest(plain: str, buttons: list[Button]) -> Button | None:
    if not plain:
        return None
    titles = [_title(button.title) for button in buttons]
    exact = [button for button, title in zip(buttons, titles, strict=True) if title == plain]
    if exact:
        return exact[0] if len(exact) == 1 else None
    ranked = process.extract(plain, titles, scorer=fuzz.ratio, limit=2, score_cutoff=NEAR - MARGIN)
    if not ranked or ranked[0][1] < NEAR or len(plain) > len(ranked[0][0]) + LONGER_BY:
        return None
    if len(ranked) > 1 and ranked[0][1] - ranked[1][1] < MARGIN:
        return None
    return buttons[ranked[0][2]]


@lru_cache(maxsize=1024)
def _title(title: str) -> str:
    return _without_small_words(normalise(title))


def _without_small_words(plain: str) -> str:
    return " ".join(word for word in plain.split() if word not in _SMALL_WORDS)
