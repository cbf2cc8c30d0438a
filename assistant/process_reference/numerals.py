"""Numbers said in words become number tokens: "quinhentos mil e cem", "cinco zero zero", "500 mil e 100".

People dictate in three ways, and mix them: as one number, digit by digit ("meia" is 6), and in groups ("quarenta e
quatro, setenta e um"). Groups that follow each other without anything between them are one number.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.process_reference.tokens import Kind, Token, glued
from assistant.process_reference.vocabulary import CUES

DIGIT_WORDS = {
    "zero": 0, "um": 1, "dois": 2, "tres": 3, "quatro": 4, "cinco": 5, "seis": 6, "sete": 7, "oito": 8, "nove": 9,
    "uma": 1, "duas": 2, "meia": 6, "treis": 3, "trez": 3, "quatru": 4, "sinco": 5, "oitu": 8, "novi": 9,
}  # fmt: skip
_TEENS = {
    "dez": 10, "deiz": 10, "onze": 11, "doze": 12, "treze": 13, "quatorze": 14, "catorze": 14, "quinze": 15,
    "dezesseis": 16, "dezasseis": 16, "desesseis": 16, "dezeseis": 16, "dezessete": 17, "dezassete": 17,
    "desessete": 17, "dezesete": 17, "dezoito": 18, "desoito": 18, "dezenove": 19, "dezanove": 19, "desenove": 19,
}  # fmt: skip
_TENS = {
    "vinte": 20, "vinti": 20, "trinta": 30, "quarenta": 40, "cinquenta": 50, "cincoenta": 50, "sinquenta": 50,
    "sessenta": 60, "secenta": 60, "sesenta": 60, "setenta": 70, "oitenta": 80, "noventa": 90,
}  # fmt: skip
_HUNDREDS = {
    "cem": 100, "cento": 100, "duzentos": 200, "duzentas": 200, "trezentos": 300, "trezentas": 300,
    "quatrocentos": 400, "quatrocentas": 400, "quatrosentos": 400, "quinhentos": 500, "quinhentas": 500,
    "quinhento": 500, "quinentos": 500, "seiscentos": 600, "seiscentas": 600, "seissentos": 600, "setecentos": 700,
    "setecentas": 700, "setesentos": 700, "oitocentos": 800, "oitocentas": 800, "oitosentos": 800,
    "novecentos": 900, "novecentas": 900, "novesentos": 900,
}  # fmt: skip
_SCALES = frozenset({"mil", "milhao", "milhoes"})
NUMBER_WORDS = frozenset(DIGIT_WORDS | _TEENS | _TENS | _HUNDREDS) | _SCALES
SPOKEN_MARKS = {
    "barra": "/", "barrinha": "/", "traco": "-", "tracinho": "-", "hifen": "-", "travessao": "-", "ponto": ".",
    "underline": "_", "sublinhado": "_", "contrabarra": "\\",
}  # fmt: skip
# Said alone these are articles, a pair of socks, half past: a number only next to other digits.
_AMBIGUOUS_ALONE = frozenset({"um", "uma", "duas", "meia", "mil"})
_LIMIT = 10**9


@dataclass(slots=True)
class _Run:
    """A number read from tokens[start:end]: its digits, and whether it is a whole one (over 999) or a group."""

    digits: str
    end: int
    whole: bool


def merge_numerals(tokens: list[Token]) -> list[Token]:
    """The tokens with spoken numbers turned into NUMBER tokens and "barra" between two numbers into its mark."""
    words = [token.text for token in tokens]
    if NUMBER_WORDS.isdisjoint(words) and not any(token.kind is Kind.NUMBER for token in tokens):
        return tokens
    merged: list[Token] = []
    index = 0
    while index < len(tokens):
        run = _read(tokens, index)
        if run is None:
            merged.append(tokens[index])
            index += 1
            continue
        first, last = tokens[index], tokens[run.end - 1]
        merged.append(Token(Kind.NUMBER, run.digits, first.start, last.end, spoken=True))
        index = run.end
    return _join_figures(_marks(merged))


def _marks(tokens: list[Token]) -> list[Token]:
    for index, token in enumerate(tokens[1:-1], start=1):
        mark = SPOKEN_MARKS.get(token.text)
        if mark is not None and tokens[index - 1].kind is Kind.NUMBER and tokens[index + 1].kind is Kind.NUMBER:
            tokens[index] = Token(Kind.MARK, mark, token.start, token.end, spoken=True)
    return _dotted_groups(tokens)


def _dotted_groups(tokens: list[Token]) -> list[Token]:
    """ "quinhentos ponto cem": the spoken dot of thousands."""
    merged: list[Token] = []
    for token in tokens:
        merged.append(token)
        if len(merged) < 3 or token.kind is not Kind.NUMBER:
            continue
        left, mark = merged[-3], merged[-2]
        is_dot = mark.kind is Kind.MARK and mark.spoken and mark.text == "."
        if is_dot and left.kind is Kind.NUMBER and len(left.text) <= 3 and len(token.text) == 3:
            merged[-3:] = [Token(Kind.NUMBER, left.text + token.text, left.start, token.end, spoken=True, dotted=True)]
    return merged


def _join_figures(tokens: list[Token]) -> list[Token]:
    """ "500 100" and "50 01 00": figures in groups of three, or in three pairs or more; "15 000/2022"."""
    joined: list[Token] = []
    index = 0
    while index < len(tokens):
        if tokens[index].kind is not Kind.NUMBER:
            joined.append(tokens[index])
            index += 1
            continue
        end = index
        while end < len(tokens) and _same_group(tokens, index, end):
            end += 1
        size, count = len(tokens[index].text), end - index
        if count == 1 and _spaced_thousands(tokens, index):
            end, count, size = index + 2, 2, 3
        if (size == 3 and count == 2) or (size == 2 and 3 <= count <= 4):
            text = "".join(token.text for token in tokens[index:end])
            joined.append(Token(Kind.NUMBER, text, tokens[index].start, tokens[end - 1].end))
        else:
            end = max(end, index + 1)
            joined.extend(tokens[index:end])
        index = end
    return joined


def _spaced_thousands(tokens: Sequence[Token], index: int) -> bool:
    """ "15 000/2022": a space instead of the dot of thousands, where a year follows."""
    if index + 3 >= len(tokens):
        return False
    head, tail, mark, year = tokens[index : index + 4]
    figures = all(token.kind is Kind.NUMBER and not token.spoken and not token.dotted for token in (head, tail, year))
    groups = len(head.text) < 3 and len(tail.text) == 3 and tail.start == head.end + 1
    return figures and groups and mark.text in {"/", "-"} and len(year.text) == 4 and glued(tail, mark)


def _same_group(tokens: Sequence[Token], first: int, index: int) -> bool:
    token = tokens[index]
    if token.kind is not Kind.NUMBER or token.spoken or token.dotted or len(token.text) != len(tokens[first].text):
        return False
    return len(token.text) in {2, 3} and (index == first or token.start == tokens[index - 1].end + 1)


def _read(tokens: Sequence[Token], start: int) -> _Run | None:
    """The spoken number that starts here: groups in a row count as one."""
    run = _group(tokens, start) if _may_start(tokens, start) else None
    if run is None:
        return None
    digits, end = run.digits, run.end
    while not run.whole and end < len(tokens) and len(digits) < 12:
        following = _group(tokens, end)
        if following is None or following.whole or tokens[end].kind is not Kind.WORD:
            break
        digits, end = digits + following.digits, following.end
    if end - start == 1 and tokens[start].text in _AMBIGUOUS_ALONE and not _asked_for(tokens, start):
        return None
    return _Run(digits, end, run.whole)


def _may_start(tokens: Sequence[Token], start: int) -> bool:
    """A cheap look before the grammar: a number word, a lonely digit, or a figure before "mil"."""
    token = tokens[start]
    if token.kind is Kind.WORD:
        percent = token.text == "cento" and start > 0 and tokens[start - 1].text == "por"
        return token.text in NUMBER_WORDS and not percent and not _december(tokens, start)
    if token.kind is not Kind.NUMBER or len(token.text) > 3 or start + 1 == len(tokens):
        return False
    return len(token.text) == 1 or tokens[start + 1].text in _SCALES


def _december(tokens: Sequence[Token], index: int) -> bool:
    """ "dez/2023", "12 dez 2023"."""
    if tokens[index].text != "dez" or index + 1 == len(tokens):
        return False
    after = tokens[index + 1]
    return (after.kind is Kind.MARK and after.text in "/-") or (after.kind is Kind.NUMBER and len(after.text) == 4)


def _asked_for(tokens: Sequence[Token], index: int) -> bool:
    """ "número um", "barra um", "um barra": an article in the place of a number."""
    before = tokens[index - 1].text if index else ""
    after = tokens[index + 1].text if index + 1 < len(tokens) else ""
    if before in CUES and after in {"de", "do"}:
        return True
    return before in {"numero", "num", "nº", "barra", "/"} or after in {"barra", "/"}


def _group(tokens: Sequence[Token], start: int) -> _Run | None:
    return _digit_by_digit(tokens, start) or _one_number(tokens, start)


def _digit_by_digit(tokens: Sequence[Token], start: int) -> _Run | None:
    """ "cinco zero zero", "5 0 0 1 0 0", "um, zero, um": two or more digits, each a word or a figure of its own."""
    digits, end, words = "", start, 0
    while end < len(tokens) and len(digits) < 24:
        # "cinco, zero, zero" is dictated; "1, 2, 3" is a list
        position = end + 1 if words and tokens[end].kind is Kind.MARK and tokens[end].text == "," else end
        digit = _digit(tokens, position)
        if digit is None or (position > end and tokens[position].kind is not Kind.WORD):
            break
        words += tokens[position].kind is Kind.WORD
        digits, end = digits + digit, position + 1
    if len(digits) < (2 if words else 3) or (words and set(_texts(tokens, start, end)) <= _AMBIGUOUS_ALONE):
        return None
    return _Run(digits, end, whole=False)


def _texts(tokens: Sequence[Token], start: int, end: int) -> list[str]:
    return [token.text for token in tokens[start:end] if token.kind is not Kind.MARK]


def _digit(tokens: Sequence[Token], index: int) -> str | None:
    """The digit at `index`; not one that starts a larger number ("dois mil") nor one glued to something."""
    if index >= len(tokens):
        return None
    token = tokens[index]
    after = tokens[index + 1] if index + 1 < len(tokens) else None
    if after is not None and after.text in _SCALES:
        return None
    if token.kind is Kind.NUMBER:
        lonely = (index == 0 or not glued(tokens[index - 1], token)) and (after is None or not _tied(token, after))
        return token.text if len(token.text) == 1 and lonely else None
    if token.kind is Kind.WORD and token.text in DIGIT_WORDS:
        return str(DIGIT_WORDS[token.text])
    return None


def _tied(token: Token, after: Token) -> bool:
    return glued(token, after) and (after.kind is not Kind.MARK or after.text not in ",.?!/")


def _one_number(tokens: Sequence[Token], start: int) -> _Run | None:
    """ "quinhentos mil cento e um", "mil e um", "500 mil e 100", "um milhão e duzentos"."""
    value, end = 0, start
    reach = _LIMIT  # the next part must be smaller than this
    while end < len(tokens):
        position = end
        if end > start and tokens[end].text == "e" and tokens[end].kind is Kind.WORD:
            position += 1
        part = _part(tokens, position)
        if part is None or part[0] >= reach:
            break
        value, end, reach = value + part[0], part[1], part[2]
        if reach <= 1:
            break
    if end == start or (end - start == 1 and tokens[start].kind is Kind.NUMBER):
        return None
    return _Run(str(value), end, whole=value >= 1000)


def _part(tokens: Sequence[Token], start: int) -> tuple[int, int, int] | None:
    """(value, end, what the next part must stay below): one power of a thousand, or what stands below a thousand."""
    below = _below_thousand(tokens, start)
    if below is None:
        if start < len(tokens) and tokens[start].text == "mil":
            return 1000, start + 1, 1000
        return None
    value, end = below
    scale = tokens[end].text if end < len(tokens) else ""
    if scale == "mil" and value:
        return value * 1000, end + 1, 1000
    if scale in {"milhao", "milhoes"} and value:
        return value * 1_000_000, end + 1, 1_000_000
    return value, end, 1


def _below_thousand(tokens: Sequence[Token], start: int) -> tuple[int, int] | None:
    """(value, end) of hundreds, tens and units in this order, each optional; or of a figure up to 999."""
    if start >= len(tokens):
        return None
    first = tokens[start]
    if first.kind is Kind.NUMBER:
        figure = len(first.text) <= 3 and not first.spoken and not first.dotted
        return (int(first.text), start + 1) if figure else None
    value, end = 0, start
    for magnitude in (_HUNDREDS, _TEENS | _TENS, DIGIT_WORDS):
        position = end
        if end > start and position < len(tokens) and tokens[position].text == "e":
            position += 1
        word = tokens[position].text if position < len(tokens) and tokens[position].kind is Kind.WORD else ""
        if word not in magnitude or (word == "zero" and end > start) or word == "meia":
            continue
        if magnitude is DIGIT_WORDS and value % 100 in range(10, 20):
            continue
        if value == 100 and tokens[start].text == "cem":
            break
        following = tokens[position + 1].text if position + 1 < len(tokens) else ""
        if start < end == position and following == "mil" and magnitude is DIGIT_WORDS:
            break  # "quinhentos dois mil e vinte": without "e" the thousands start a number of their own
        value, end = value + magnitude[word], position + 1
    return (value, end) if end > start else None
