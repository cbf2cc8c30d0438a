"""What a person takes back: "não é 2021, é 2022", "2021 não, 2022", "em vez da prefeitura é o semae"."""

from assistant.process_reference.reading import Reading
from assistant.process_reference.tokens import Kind
from assistant.process_reference.vocabulary import word_set

_PASSED = word_set("e eh era foi o a do da de no na ano numero nº processo mais")
_SWAPPED = frozenset({"vez", "inves", "troca", "trocar", "troque"})


def negated(reading: Reading, first: int, last: int) -> bool:
    """Whether what stands at tokens[first:last + 1] is denied by the words beside it."""
    before = first - 1
    while reading.word(before) in _PASSED or reading.mark(before) == "º":
        before -= 1
    if reading.word(before) in _SWAPPED:
        return True
    if reading.word(before) == "nao":
        return True
    after = last + 1
    if reading.word(after) != "nao":
        return False
    following = after + 1
    return reading.mark(following) in {",", ";", "."} or reading.kind(following) is Kind.NUMBER
