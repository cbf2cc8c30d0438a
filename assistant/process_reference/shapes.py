"""Digits whose very shape says that they are no process: CPF, CNPJ, CEP, court numbers, phones, dates, amounts...

Every quantifier is bounded, or is followed by nothing that could make it give back, so the cost is linear.
The text is already folded (lower case, ASCII digits, "-" for every dash).
"""

import re
from collections.abc import Iterator

_DAY, _MONTH = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])"
_LINKED = r" ?[/.-] ?"
# A hyphenated pair of fours with a year in it may be a reference ("2023-5001"); words around it decide.
_YEAR = r"(?:19[5-9]\d|20[0-4]\d)"
_PATTERNS = {
    "court": (
        r"\d{1,7}-?\d{2}\.\d{4}\.\d\.\d{2}\.\d{4}|\d{7}-\d{2}\.\d{4}|\d{7} \d{2} \d{4} \d \d{2} \d{4}"
        r"|\d{3}\.\d{2}\.\d{4}\.\d{6}-\d"
    ),
    "boleto": r"\d{5}\.\d{5}(?: \d{5}\.\d{6}){0,2}(?: \d(?: \d{14})?)?|\d{11,12}[ -]\d?(?: ?\d{11,12}[ -]\d){1,3}",
    "cnpj": (
        r"[\da-z]{2}\.[\da-z]{3}\.[\da-z]{3}/[\da-z]{4}[- ]?\d{2}|[\da-z]{8}/[\da-z]{4}-\d{2}"
        r"|\d{2}\.\d{3}\.\d{3}[ -]?\d{4}-\d{2}|\d{2} \d{3} \d{3}[ /]\d{4}[ -]\d{2}"
    ),
    "cpf": r"(?:\d{3}|\*{3})\.\d{3}\.\d{3}[-./ ]?(?:\d{2}|\*{2}|xx)|\d{3} \d{3} \d{3}[ -]\d{2}|\d{9}-\d{2}",
    "card": r"\d{4}(?P<gap>[ -])\d{4}(?P=gap)\d{4}(?P=gap)\d{4}",
    "phone": (
        r"(?:\+?55[ .-]?)?\( ?0?\d{2} ?\) ?(?:9[ .-]?)?\d{4,5}[ .-]?\d{4}"
        r"|\+55[ .-]?\d{2}[ .-]?9?[ .-]?\d{4}[ .-]?\d{4}"
        r"|(?:0?[1-9]\d[ .-])9[ .-]?\d{4}[ .-]?\d{4}"
        rf"|(?:0?[1-9]\d[ .-])(?!{_YEAR})[2-5]\d{{3}}[ .-]?(?!{_YEAR})\d{{4}}"
        rf"|9[ .-]?[1-9]\d{{3}}[ .-](?!{_YEAR})\d{{4}}"
        rf"|(?!{_YEAR})[2-5]\d{{3}}[ -](?!{_YEAR})\d{{4}}"
        r"|0[3589]00[ .-]?\d{3}[ .-]?\d{3,4}"
    ),
    "cep": r"\d{5}[- ]\d{3}|\d{2}\.\d{3}[- ]\d{3}",
    "date": (
        rf"\d{{4}}(?:-\d{{1,2}}-\d{{1,2}}|/{_MONTH}/{_DAY}|\.\d{{2}}\.\d{{2}})(?:t\d\d:\d\d)?"
        rf"|{_DAY}{_LINKED}{_MONTH}{_LINKED}(?:(?:19|20)\d{{2}}|\d{{2}})"
        rf"|{_DAY} {_MONTH} (?:19|20)\d{{2}}"
        rf"|{_DAY}/{_MONTH}(?![/.-]\d)|{_DAY}-{_MONTH}(?![/.-]\d)"
    ),
    "time": r"\d{1,2}:\d{2}(?::\d{2})?h?|\d{1,2}h(?:s|rs|oras?)?(?:\d{2}(?:min|m)?)?",
    "decimal": r"\d{1,9}(?:\.\d{3}){0,4},\d{1,2}",
    "version": r"\d{1,2}\.\d{1,2}(?:\.\d{1,4}){0,2}(?![/.]\d)|\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![/.]\d)",
    # Ten digits and more, unless they are zeros before a number or a year and a number run together.
    "digits": r"(?!0+[1-9]\d{0,8}(?!\d))(?!(?:19|20)\d{8,9}(?!\d))\d{10,}",
}
_LETTERED = {
    # "solarbpm/1990-01" is no CNPJ: eight letters without a digit are a word.
    "company": (r"[\da-z]{2}\.[\da-z]{3}\.[\da-z]{3}/[\da-z]{4}[- ]?\d{2}|(?=[a-z]{1,7}\d)[\da-z]{8}/[\da-z]{4}-\d{2}"),
    "person": r"xxx\.\d{3}\.\d{3}-xx",
}


def _any_of(patterns: dict[str, str]) -> str:
    return "|".join(f"(?P<{name}>{pattern})" for name, pattern in patterns.items())


_SHAPES = re.compile(
    rf"(?<![\w,])(?<!\d[./-])(?:(?=[\d(+*])(?:{_any_of(_PATTERNS)})|(?=[a-z])(?:{_any_of(_LETTERED)}))(?!\w)"
    r"|\$ ?\d[\d.]*(?:,\d{1,2})?(?!\w)"
)
_DIGIT = re.compile(r"\d")
_LINK = re.compile(r"(?:https?://|www\.)\S+")
_MAIL_PART = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._+-%")


def foreign_spans(text: str) -> list[tuple[int, int, str]]:
    """(start, end, name of the shape), in order and without overlaps."""
    if _DIGIT.search(text) is None:
        return []
    if "@" not in text and "://" not in text and "www." not in text:
        return list(_shapes(text, 0, len(text)))
    spans: list[tuple[int, int, str]] = []
    position = 0
    for start, end, name in _addresses(text):
        if start < position:
            continue
        spans.extend(_shapes(text, position, start))
        spans.append((start, end, name))
        position = end
    spans.extend(_shapes(text, position, len(text)))
    return spans


def _shapes(text: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    for match in _SHAPES.finditer(text, start, end):
        yield match.start(), match.end(), match.lastgroup or "money"


def _addresses(text: str) -> list[tuple[int, int, str]]:
    spans = [(match.start(), match.end(), "link") for match in _LINK.finditer(text)]
    at = text.find("@")
    done = 0
    while at != -1:
        start, end = at, at + 1
        while start > done and text[start - 1] in _MAIL_PART:
            start -= 1
        while end < len(text) and text[end] in _MAIL_PART:
            end += 1
        spans.append((start, end, "email"))
        done = end
        at = text.find("@", end)
    return sorted(spans)
