"""The folded text cut into words, numbers and marks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from assistant.process_reference.shapes import foreign_spans


class Kind(Enum):
    WORD = "word"
    NUMBER = "number"
    MARK = "mark"  # one character: punctuation, a line break, anything else
    FOREIGN = "foreign"  # a CPF, a date, an e-mail address...: digits that are no process


@dataclass(slots=True)
class Token:
    """`text`: the folded characters, or the digits of a number. `start`, `end`: its place in the folded text.

    `spoken`: a number that was written in words. `dotted`: one written with dots of thousands.
    """

    kind: Kind
    text: str
    start: int
    end: int
    spoken: bool = False
    dotted: bool = False

    @property
    def significant(self) -> str:
        """The digits of a number without leading zeros."""
        return self.text.lstrip("0")


_TOKEN = re.compile(
    # Dots of thousands; not inside a longer dotted chain, but after a year and a dot ("2023.500.100").
    r"(?P<thousands>(?<!\d)(?:(?<!\d\.)|(?<=\d{4}\.))0{0,8}\d{1,3}(?:\.\d{3}){1,4}(?!\d))"
    r"|(?P<digits>\d+)|(?P<word>[^\W\d_]+)|(?P<mark>\n|\S)"
)


def tokenise(text: str) -> list[Token]:
    """The tokens of a folded text, in order."""
    tokens: list[Token] = []
    position = 0
    for start, end, name in foreign_spans(text):
        _cut(text, position, start, tokens)
        tokens.append(Token(Kind.FOREIGN, name, start, end))
        position = end
    _cut(text, position, len(text), tokens)
    return tokens


def glued(left: Token, right: Token) -> bool:
    """Whether nothing stands between two neighbours."""
    return left.end == right.start


def neighbours(tokens: Sequence[Token], index: int) -> tuple[Token | None, Token | None]:
    """The token before and the one after."""
    before = tokens[index - 1] if index > 0 else None
    after = tokens[index + 1] if index + 1 < len(tokens) else None
    return before, after


def _cut(text: str, start: int, end: int, tokens: list[Token]) -> None:
    for match in _TOKEN.finditer(text, start, end):
        name, found = match.lastgroup, match.group()
        if name == "word":
            tokens.append(Token(Kind.WORD, found, match.start(), match.end()))
        elif name == "mark":
            tokens.append(Token(Kind.MARK, found, match.start(), match.end()))
        else:
            dotted = name == "thousands"
            digits = found.replace(".", "")
            tokens.append(Token(Kind.NUMBER, digits, match.start(), match.end(), dotted=dotted))
