"""What stands right beside a number: "número", "ano", "processo", or what it counts."""

from assistant.process_reference.reading import Reading
from assistant.process_reference.tokens import Token
from assistant.process_reference.vocabulary import CUES, LABELS, LINKS, MONTHS, ROLES, UNITS, YEARS
from assistant.process_reference.years import bare_year

LONGEST = 12  # digits of a number, its leading zeros included
MOST_DIGITS = 9  # digits of a number without its leading zeros
_BESIDE = frozenset("º.:-,/|_")  # may stand between a name and its number
_DAY_TIMES = frozenset({"tarde", "manha", "noite", "madrugada"})


def fits(token: Token) -> bool:
    """Whether it has as many digits as the number of a process can have."""
    return 0 < len(token.significant) <= MOST_DIGITS and len(token.text) <= LONGEST


def labelled(reading: Reading, position: int) -> bool:
    """Whether "número", "nº" or "#" stands right before the token."""
    before = position - 1
    while reading.mark(before) in {"º", ".", ":"}:
        before -= 1
    return reading.word(before) in LABELS or reading.mark(before) == "#"


def year_labelled(reading: Reading, position: int) -> bool:
    """Whether "ano", "ano de", "ano:" stands right before the token."""
    before = position - 1
    while reading.mark(before) in {":", "-", "="} or reading.word(before) in {"de", "e", "eh", "do", "era", "foi"}:
        before -= 1
    return reading.word(before) in YEARS


def after_agency(reading: Reading, position: int) -> bool:
    """Whether an órgão stands right before the token, at most with "nº" or a mark between."""
    before = position - 1
    while reading.mark(before) in _BESIDE or reading.word(before) in LABELS:
        before -= 1
    return reading.mention(before) is not None


def introduced(reading: Reading, position: int) -> bool:
    """Whether an órgão, "processo" or "número" stands right before the token."""
    before = position - 1
    while reading.mark(before) in _BESIDE:
        before -= 1
    return reading.mention(before) is not None or reading.word(before) in CUES or reading.word(before) in LABELS


def counted(reading: Reading, position: int) -> bool:
    """Whether what follows says that the number counts or measures something: "3 dias", "10%"."""
    after = position + 1
    if reading.mark(after) in {"%", "+"} or (reading.word(after) == "por" and reading.word(after + 1) == "cento"):
        return True
    word = reading.word(after)
    if word in {"da", "pra", "pras", "para"} and reading.word(after + 1) in _DAY_TIMES:
        return True
    mention = reading.mention(after)
    if mention is not None:
        return not mention.sure and word.endswith("s") and bare_year(reading.tokens[position].text) is None
    if word in CUES and len(reading.tokens[position].text) > 3:
        return False
    return word in UNITS or word in MONTHS


def noun_follows(reading: Reading, position: int) -> bool:
    """ "2 de 11 peças"."""
    word = reading.word(position + 1)
    return bool(word) and word not in ROLES and word not in LINKS and reading.mention(position + 1) is None
