"""How much a message says beyond a reference."""

from collections.abc import Collection

from assistant.process_reference.negation import negated
from assistant.process_reference.reading import Reading
from assistant.process_reference.tokens import Kind
from assistant.process_reference.vocabulary import ABOUT_PROCESSES, CORRECTIONS, LINKS, ROLES, Role, word_set

_WHERE = frozenset({"onde", "aonde", "kd", "cade"})
_IS_NOW = word_set("ta esta anda foi parou se e o a meu esse")  # "onde está?", not "onde acho o número?"
_SILENT = frozenset({Role.FILLER, Role.COPULA, Role.CUE, Role.LABEL, Role.YEAR, Role.STOP})


def rest_of(reading: Reading, used: Collection[int]) -> int:
    """Words and numbers, outside the tokens `used`, that say something of their own."""
    count = 0
    for position, token in enumerate(reading.tokens):
        if position in used or token.kind is Kind.MARK:
            continue
        if token.kind is Kind.WORD and silent(reading, position):
            continue
        if token.kind is Kind.NUMBER and used and negated(reading, position, position):
            continue
        count += 1
    return count


def silent(reading: Reading, position: int) -> bool:
    """Whether the word adds nothing: an article, "por favor", "como está", "processo", a part of an órgão's name."""
    word = reading.tokens[position].text
    if reading.mention(position) is not None or reading.index.knows(word):
        return True
    if word in _WHERE:
        return reading.word(position + 1) in _IS_NOW
    if ROLES.get(word) in _SILENT or word in LINKS or word in CORRECTIONS or word in ABOUT_PROCESSES:
        return True
    return word == "dia" and reading.word(position - 1) == "bom"
