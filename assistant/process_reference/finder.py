"""The reference to a process in a message: the first of the numbers that nothing says is something else."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.process_reference.agencies import AgencyIndex, AgencyLike, Mention
from assistant.process_reference.attachment import agency_of
from assistant.process_reference.candidate import Candidate, span
from assistant.process_reference.candidates import candidates
from assistant.process_reference.judgement import Judge
from assistant.process_reference.negation import negated
from assistant.process_reference.reading import Reading, read
from assistant.process_reference.rest import rest_of
from assistant.process_reference.tokens import Kind
from assistant.process_reference.vocabulary import CUES, TIGHT_CUES, word_set

_OTHER_NUMBERS = frozenset({"cep", "phone", "court", "boleto", "money"})
_LOOKING_UP = word_set("andamento andamentos acompanhar consultar consulta tramitacao situacao status posicao")


@dataclass(frozen=True, slots=True)
class Reference:
    """`agency`: unaccented acronym. `number`: digits without dots or leading zeros. What was not said is None.

    text[start:end] is the part that holds number and year (and the órgão, where it stands beside them).
    `rest`: how many words say something beyond the reference ("oi, queria ver o processo 500100" has none).
    """

    agency: str | None
    year: int | None
    number: str
    start: int
    end: int
    rest: int


def find_reference(text: str, agencies: AgencyIndex | Sequence[AgencyLike]) -> Reference | None:
    """The first reference to a process in `text`. Pass an AgencyIndex where it is called often."""
    reading = read(text, index_of(agencies), only_with_numbers=True)
    for found, end in accepted(reading):
        return _reference(reading, found, agency_of(reading, found, end))
    return None


def names_another(text: str, agencies: AgencyIndex | Sequence[AgencyLike]) -> bool:
    """Whether the numbers in `text` are a law's, a nota fiscal's, a phone's, and it speaks of no process."""
    reading = read(text, index_of(agencies))
    if any(token.kind is Kind.WORD and token.text in CUES - TIGHT_CUES for token in reading.tokens):
        return False
    judge = Judge(reading)
    if any(judge.accepts(found) for found in candidates(reading)):
        return False
    if judge.of_others:
        return True
    # Whoever gives a phone number may still want to look a process up.
    looks_up = any(token.kind is Kind.WORD and token.text in _LOOKING_UP for token in reading.tokens)
    foreign = any(token.kind is Kind.FOREIGN and token.text in _OTHER_NUMBERS for token in reading.tokens)
    return foreign and not looks_up


def index_of(agencies: AgencyIndex | Sequence[AgencyLike]) -> AgencyIndex:
    """The index itself, or one made from the órgãos."""
    return agencies if isinstance(agencies, AgencyIndex) else AgencyIndex(agencies)


def accepted(reading: Reading) -> Iterator[tuple[Candidate, int]]:
    """The candidates that are references, in order, each with the token before which its órgão must start.

    One that the person takes back ("não é o 500100, é o 500101") comes last.
    """
    if not reading.has_numbers:
        return
    judge = Judge(reading)
    waiting: Candidate | None = None
    withdrawn: Candidate | None = None
    last: Candidate | None = None  # of the list that `waiting` begins
    for found in candidates(reading):
        good = judge.accepts(found)
        if good and waiting is not None and last is not None and waiting.year is None and _lists(reading, last, found):
            waiting.year, waiting.year_at = found.year, span(found)[1] if found.year else -1
            last = found
            continue
        if waiting is not None and (good or found.pair):
            yield waiting, span(found)[0]
            waiting = None
        if good and withdrawn is None and negated(reading, *span(found)):
            withdrawn = found
        elif good:
            waiting = last = found
    for left in (waiting, withdrawn):
        if left is not None:
            yield left, len(reading.tokens)


def _lists(reading: Reading, found: Candidate, following: Candidate) -> bool:
    """ "500100 e 500101 de 2023 da prefeitura": year and órgão are said once for all."""
    start, end = span(found)[1] + 1, span(following)[0]
    if (following.pair and not following.reversed) or found.pair or end - start not in range(1, 4):
        return False
    return all(reading.mark(at) in {",", "&"} or reading.word(at) in {"e", "ou", "o"} for at in range(start, end))


def _reference(reading: Reading, found: Candidate, mention: Mention | None) -> Reference:
    first, last = span(found)
    used = set(range(first, last + 1))
    if mention is not None:
        used.update(range(mention.start, mention.end))
        if mention.end >= first - 1 and mention.start <= last + 2:
            first, last = min(first, mention.start), max(last, mention.end - 1)
    start = reading.folded.origin(reading.tokens[first].start)
    end = reading.folded.origin(reading.tokens[last].end)
    agency = mention.agency if mention is not None else None
    return Reference(agency, found.year, found.number, start, end, rest_of(reading, used))
