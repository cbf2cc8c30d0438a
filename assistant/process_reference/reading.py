"""A message read once: its tokens, which of them name an órgão, and which digits are surely no process."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from assistant.process_reference.agencies import AgencyIndex, Mention
from assistant.process_reference.folding import Folded, fold
from assistant.process_reference.numerals import merge_numerals
from assistant.process_reference.tokens import Kind, Token, glued, tokenise
from assistant.process_reference.vocabulary import LABELS, MONTHS, ROLES, Role

# What may be written without a space beside a number ("processo500100", "500100de2023").
_GLUE = frozenset({"n", "no", "e", "de", "da", "do", "ano", "barra", "mil"})
_NEAR = 14  # tokens around a number in which a mistyped órgão is looked for
_DAY_AND_MONTH = re.compile(r"(\d{1,2})([/-])(\d{1,2})")
_BESIDE = frozenset("º.:-#/|_")
_QUIET = frozenset({Role.CUE, Role.LABEL, Role.FILLER, Role.COPULA})
_CNPJ = 14  # letters and digits of a CNPJ; it ends in digits
_SHORTEST_GLUED = 3  # "semai2021": letters and digits from here on may be a mistyped órgão and a number; "mp3" not


@dataclass(slots=True)
class Reading:
    """`owner[i]` is the mention that token i belongs to. Indices everywhere are indices of tokens."""

    original: str
    folded: Folded
    tokens: list[Token]
    index: AgencyIndex
    mentions: list[Mention] = field(default_factory=list)
    owner: list[Mention | None] = field(default_factory=list)

    @property
    def has_numbers(self) -> bool:
        """Whether any digits or number words are left that could be a process."""
        return any(token.kind is Kind.NUMBER for token in self.tokens)

    def word(self, position: int) -> str:
        """The word at `position`, empty when there is none or it is something else."""
        if 0 <= position < len(self.tokens) and self.tokens[position].kind is Kind.WORD:
            return self.tokens[position].text
        return ""

    def kind(self, position: int) -> Kind | None:
        """The kind of the token at `position`, None outside the text."""
        return self.tokens[position].kind if 0 <= position < len(self.tokens) else None

    def mark(self, position: int) -> str:
        """The mark at `position`, empty when there is none or it is something else."""
        if 0 <= position < len(self.tokens) and self.tokens[position].kind is Kind.MARK:
            return self.tokens[position].text
        return ""

    def mention(self, position: int) -> Mention | None:
        """The mention of an órgão that the token at `position` belongs to."""
        return self.owner[position] if 0 <= position < len(self.owner) else None

    def mentions_in(self, start: int, end: int) -> list[Mention]:
        """The mentions that have a token in [start, end), in order."""
        found: list[Mention] = []
        for position in range(max(start, 0), min(end, len(self.tokens))):
            mention = self.owner[position]
            if mention is not None and (not found or found[-1] is not mention):
                found.append(mention)
        return found

    def adopt(self, mentions: Sequence[Mention]) -> None:
        """Use these mentions from now on."""
        self.mentions = list(mentions)
        self.owner = [None] * len(self.tokens)
        for mention in mentions:
            for position in range(mention.start, mention.end):
                self.owner[position] = mention


def read(text: str, index: AgencyIndex, *, forgiving: bool = False, only_with_numbers: bool = False) -> Reading:
    """Read `text`. Mistyped órgãos are recognised near numbers; `forgiving`: anywhere.

    `only_with_numbers`: órgãos are not looked for in a text without a number. Linear in the text's length.
    """
    folded = fold(text)
    tokens = merge_numerals(tokenise(folded.text))
    tokens = _no_date(tokens, folded.text, index)
    if any(token.kind is Kind.NUMBER for token in tokens):
        tokens = _ordinals(_codes(_dates(tokens), index))
    reading = Reading(text, folded, tokens, index)
    if only_with_numbers and not reading.has_numbers:
        return reading
    reading.adopt(index.mentions(tokens, range(len(tokens)) if forgiving else _near_numbers(tokens)))
    return reading


def _no_date(tokens: list[Token], text: str, index: AgencyIndex) -> list[Token]:
    """ "PMP 23/12", and nothing else is said: not the twenty-third of December."""
    dates = [at for at, token in enumerate(tokens) if token.kind is Kind.FOREIGN]
    pair = _DAY_AND_MONTH.fullmatch(text, tokens[dates[0]].start, tokens[dates[0]].end) if len(dates) == 1 else None
    words = [token.text for token in tokens if token.kind is Kind.WORD]
    if pair is None or not all(ROLES.get(word) in _QUIET or word.upper() in index.acronyms for word in words):
        return tokens
    at, before = dates[0], dates[0] - 1
    while before >= 0 and (tokens[before].text in _BESIDE or tokens[before].text in LABELS):
        before -= 1
    if before < 0 or tokens[before].text.upper() not in index.acronyms:
        return tokens
    kinds = (Kind.NUMBER, Kind.MARK, Kind.NUMBER)
    parts = [Token(kind, pair[group], *pair.span(group)) for group, kind in enumerate(kinds, start=1)]
    return [*tokens[:at], *parts, *tokens[at + 1 :]]


def _near_numbers(tokens: Sequence[Token]) -> list[int]:
    near: list[int] = []
    for position, token in enumerate(tokens):
        if token.kind is Kind.NUMBER:
            start = max(position - _NEAR, near[-1] + 1 if near else 0)
            near.extend(range(start, min(position + _NEAR + 1, len(tokens))))
    return near


def _dates(tokens: list[Token]) -> list[Token]:
    """ "12 de março de 2023", "doze de março", "1º de abril" become one foreign token."""
    merged: list[Token] = []
    position = 0
    while position < len(tokens):
        end = _date_end(tokens, position)
        if end is None:
            merged.append(tokens[position])
            position += 1
        else:
            merged.append(Token(Kind.FOREIGN, "date", tokens[position].start, tokens[end - 1].end))
            position = end
    return merged


def _date_end(tokens: Sequence[Token], start: int) -> int | None:
    day = tokens[start]
    if day.kind is not Kind.NUMBER or len(day.text) > 2 or not 1 <= int(day.text) <= 31:
        return None
    position = start + 1
    while position < len(tokens) and tokens[position].text in {"º", "o", "de", "do", "/", "-"} and position < start + 4:
        position += 1
    if position >= len(tokens) or not (tokens[position].text in MONTHS or _month_number(tokens, start, position)):
        return None
    position += 1
    year = position
    while year < len(tokens) and tokens[year].text in {"de", "do", "/", "-"} and year < position + 2:
        year += 1
    if year < len(tokens) and tokens[year].kind is Kind.NUMBER and len(tokens[year].text) in {2, 4}:
        return year + 1
    return position


def _month_number(tokens: Sequence[Token], start: int, position: int) -> bool:
    """ "12 do 3", "doze do três de 2023"."""
    token = tokens[position]
    if token.kind is not Kind.NUMBER or position != start + 2 or tokens[start + 1].text != "do":
        return False
    return len(token.text) <= 2 and 1 <= int(token.text) <= 12


def _codes(tokens: list[Token], index: AgencyIndex) -> list[Token]:
    """Letters and digits run together ("a1", "abc1d23", "25mb") are one foreign token, unless the letters are ours."""
    merged: list[Token] = []
    position = 0
    while position < len(tokens):
        end = position + 1
        while end < len(tokens) and _runs_on(tokens[end - 1], tokens[end]):
            end += 1
        if end - position > 1 and not _ours(tokens[position:end], index):
            merged.append(Token(Kind.FOREIGN, "code", tokens[position].start, tokens[end - 1].end))
        else:
            merged.extend(tokens[position:end])
        position = end
    return merged


def _runs_on(left: Token, right: Token) -> bool:
    if left.end != right.start:
        return False
    if left.kind is Kind.WORD:
        return right.kind is Kind.NUMBER
    return left.kind is Kind.NUMBER and right.kind is Kind.WORD


def _ours(chain: Sequence[Token], index: AgencyIndex) -> bool:
    first, last = chain[0], chain[-1]
    for token in chain:
        if token.kind is Kind.NUMBER or index.knows(token.text) or index.runs_on(token.text) or token.text in _GLUE:
            continue
        role = ROLES.get(token.text)
        if role in {Role.CUE, Role.LABEL, Role.YEAR} or (role is Role.FILLER and len(token.text) > 1):
            continue
        if token is not first or len(chain) > 2 or min(len(first.text), len(last.text)) < _SHORTEST_GLUED:
            return False
        if len(first.text) + len(last.text) == _CNPJ and not index.resembles(first.text):
            return False
    return True


def _ordinals(tokens: list[Token]) -> list[Token]:
    """ "1º" is no number to look up; "nº 1" is."""
    for position in range(len(tokens) - 1):
        token, mark = tokens[position], tokens[position + 1]
        if token.kind is Kind.NUMBER and mark.text == "º" and glued(token, mark):
            tokens[position] = Token(Kind.FOREIGN, "ordinal", token.start, token.end)
    return tokens
