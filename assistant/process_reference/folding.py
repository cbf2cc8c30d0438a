"""Text as the finder reads it: lower case, no accents, plain digits and spaces, and where each character came from.

One pass, one character at a time, so the cost is linear. Full-width and other compatibility digits become ASCII,
invisible characters vanish, every kind of space is a space, every kind of dash is "-", and the marks of an ordinal
(º, ª, °) are "º", which keeps "1º" apart from "10".
"""

import re
import unicodedata
from dataclasses import dataclass

_SPECIAL = {
    **dict.fromkeys("\n\r\x0b\x0c\x85\u2028\u2029", "\n"),
    **dict.fromkeys("ºª°˚", "º"),
    **dict.fromkeys("\u2044\u2215\u2571\u29f8\u338d", "/"),
    **dict.fromkeys("\u2216\u29f5\u29f9\u2572", "\\"),
    **dict.fromkeys("¦│ǀ∣┃", "|"),
    **dict.fromkeys("·•‧∙⋅。", "."),
    **dict.fromkeys("\u2212\u30fc\u2500\u2501\u02d7\u2043", "-"),
    **dict.fromkeys("‘’‚`´ʼ′", "'"),
    **dict.fromkeys("“”„«»″", '"'),
    **dict.fromkeys("\u2800\u3164\u115f\u1160\uffa0", " "),  # blank, yet not a space to Unicode
    "№": "nº",
    "…": ".",
    "ı": "i",
    "、": ",",
    "∶": ":",
    "ß": "ss",
}
_LETTER_ZERO = re.compile(r"(?<=\d)o(?=\d\d)")
_FIGURES = re.compile(r"[\dol]+")
_FIGURE_LETTERS = str.maketrans("ol", "01")
_SHORTEST_FIGURES = 4
_SPACES = {"Zs", "Zl", "Zp", "Cc"}
_INVISIBLE = {"Cf", "Mn", "Me", "Cs", "Cn"}


@dataclass(frozen=True)
class Folded:
    """`text` folded; `origin(i)` is the index in the original text that its i-th character came from."""

    text: str
    _origins: list[int] | None
    _length: int

    def origin(self, position: int) -> int:
        """Index in the original text; for the end of the folded text, the end of the original."""
        if position >= len(self.text):
            return self._length
        return position if self._origins is None else self._origins[position]


def fold(text: str) -> Folded:
    """Fold `text`. Never raises, whatever the characters (lone surrogates included)."""
    simple = text.translate(_SIMPLE)
    if simple.isascii() or simple.replace("º", "").isascii():
        return Folded(_zeros(simple), None, len(text))
    pieces = [_fold_char(char) for char in text]
    folded = _zeros("".join(pieces))
    if all(len(piece) == 1 for piece in pieces):
        return Folded(folded, None, len(text))
    origins = [index for index, piece in enumerate(pieces) for _ in piece]
    return Folded(folded, origins, len(text))


def fold_words(text: str) -> list[str]:
    """The words of a short text (a name, a nickname), folded."""
    folded = fold(text).text
    return "".join(char if char.isalnum() else " " for char in folded).split()


def _zeros(folded: str) -> str:
    """ "2o23", "5oo1oo", "500l00": the letter in the place of the digit."""
    return _FIGURES.sub(_figures, _LETTER_ZERO.sub("0", folded))


def _figures(match: "re.Match[str]") -> str:
    """Letters are digits only with digits on either side, and with no other letter beside them ("10o", "1000l")."""
    found, text = match.group(), match.string
    inner = found.rstrip("ol")
    beside = text[match.start() - 1 : match.start()].isalpha() or text[match.end() : match.end() + 1].isalpha()
    if beside or not found[0].isdigit() or len(found) < _SHORTEST_FIGURES or inner.isdigit():
        return found
    return found.translate(_FIGURE_LETTERS)


def _fold_char(char: str) -> str:
    if " " < char < "\x7f":
        return char.lower()
    special = _SPECIAL.get(char)
    return special if special is not None else _by_category(char, unicodedata.category(char))


def _by_category(char: str, category: str) -> str:
    if category in _SPACES:
        return " "
    if category in _INVISIBLE:
        return ""
    if category == "Pd":
        return "-"
    if category == "Nd":
        return str(unicodedata.digit(char))
    if category == "No":
        return _other_number(char)
    decomposed = unicodedata.normalize("NFKD", char).lower()
    return "".join(part for part in decomposed if unicodedata.category(part) not in _INVISIBLE)


def _other_number(char: str) -> str:
    """Circled digits are digits; exponents, fractions and the like are no part of a number."""
    kind = unicodedata.decomposition(char).partition(" ")[0]
    if kind == "<circle>":
        return unicodedata.normalize("NFKC", char)
    return "" if kind == "<super>" else " "


# What most messages are made of, one character for one, in a single C call.
_SIMPLE = {
    code: folded
    for code in (*range(0x180), 0x2013, 0x2014, 0x2018, 0x2019, 0x201C, 0x201D, 0x2026)
    if len(folded := _fold_char(chr(code))) == 1
}
