"""Which órgão, mentioned near a number or elsewhere in the message, is the one of the reference."""

from collections.abc import Sequence

from assistant.process_reference.agencies import Mention
from assistant.process_reference.agency_words import OFFICES
from assistant.process_reference.candidate import Candidate, span
from assistant.process_reference.reading import Reading
from assistant.process_reference.tokens import Kind
from assistant.process_reference.vocabulary import CUES, LABELS, LINKS, NEAR_PLACES, ROLES, YEARS, Role, word_set

_REACH = 12  # tokens between a number and an órgão that belongs to it
_ARTICLES = word_set("da do na no a ao pela pelo dos das aos nos nas d o as com")
_OF_A_SUBJECT = word_set("de sem com sobre c s d por para pra")
_CITIES = word_set("prefeitura camara municipal vereadores municipio")
_OF_CITY = frozenset({"de", "do", "da"})
# Cities around whose names begin with a word that says nothing by itself, or is too short to be told from another.
_TWO_WORDS = frozenset({
    ("sao", "paulo"), ("sao", "pedro"), ("sao", "carlos"), ("sao", "jose"), ("rio", "claro"), ("rio", "das"),
    ("santa", "barbara"), ("santa", "maria"), ("nova", "odessa"), ("aguas", "de"), ("santo", "andre"),
    ("mogi", "mirim"), ("mogi", "guacu"), ("mogi", "das"), ("ribeirao", "preto"), ("laranjal", "paulista"),
    ("artur", "nogueira"),
})  # fmt: skip
_STATE = frozenset({"sp", "s", "paulista"})


def agency_of(reading: Reading, found: Candidate, end: int) -> Mention | None:
    """The mention that belongs to the candidate; what stands at or after token `end` belongs to the next one."""
    mentions = [mention for mention in reading.mentions if mention.start < end]
    return attached(reading, found, end) or _loose(reading, found, mentions)


def attached(reading: Reading, found: Candidate, end: int | None = None) -> Mention | None:
    """The nearest mention that only links ("da", "ano 2023", a comma) part from the number. Looks only around it."""
    end = len(reading.tokens) if end is None else end
    low, high = span(found)
    best: tuple[int, Mention] | None = None
    for mention in reading.mentions_in(low - _REACH, min(high + _REACH, end)):
        if low <= mention.start <= high:
            return mention
        distance = _distance(reading, found, mention, end)
        if distance is None or not (mention.sure or in_place(reading, mention)) or not plausible(reading, mention):
            continue
        if best is None or distance < best[0]:
            best = distance, mention
    return best[1] if best is not None else None


def _distance(reading: Reading, found: Candidate, mention: Mention, end: int) -> int | None:
    """Words between the two, or None when something other than a link stands there."""
    low, high = span(found)
    if mention.end <= low:
        start, stop = mention.end, low
    else:
        start, stop = high + 1, mention.start
        if _next_is_number(reading, mention.end, end):
            return None  # "2023/500100 e SEMAE 2021/455": it is the second one's
    if stop - start > _REACH:
        return None
    words = 0
    for position in range(start, stop):
        if reading.mention(position) is not None:
            continue
        kind = reading.kind(position)
        word = reading.word(position)
        if kind is Kind.WORD:
            if not (word in LINKS or word in LABELS or word in CUES or word in YEARS):
                return None
            words += 1
        elif kind is not Kind.MARK or reading.mark(position) in "!?;":
            return None
    return words


def _next_is_number(reading: Reading, position: int, end: int) -> bool:
    while reading.kind(position) is Kind.MARK or reading.word(position) in LABELS:
        position += 1
    return reading.kind(position) is Kind.NUMBER and position >= end


def in_place(reading: Reading, mention: Mention) -> bool:
    """Whether "água" stands where an órgão would ("processo da água"), not where a subject would ("falta de água")."""
    before = mention.start - 1
    word, single = reading.word(before), mention.end - mention.start == 1
    if not word:
        return True
    if word in _ARTICLES:
        earlier = reading.word(before - 1)
        role = ROLES.get(earlier)
        return not earlier or role in {Role.CUE, Role.COPULA, Role.FILLER, Role.YEAR, Role.STOP} or earlier in LINKS
    if word == "de":
        if reading.word(before - 1) in OFFICES:
            return True  # "serviço de esgoto"
        return not single and (reading.word(before - 1) in CUES or reading.kind(before - 1) is Kind.NUMBER)
    return ROLES.get(word) in {Role.CUE, Role.COPULA, Role.FILLER} and word not in _OF_A_SUBJECT


def _loose(reading: Reading, found: Candidate, mentions: Sequence[Mention]) -> Mention | None:
    """The nearest sure mention anywhere, unless it is only a place or somebody's employer."""
    sure = [mention for mention in mentions if mention.sure and plausible(reading, mention)]
    return min(sure, key=lambda mention: _gap(found, mention), default=None)


def _gap(found: Candidate, mention: Mention) -> int:
    return min(abs(mention.start - found.last), abs(found.first - mention.end))


def plausible(reading: Reading, mention: Mention) -> bool:
    """Whether the mention can be the órgão of a process: not a place, nor somebody's employer, nor another city's."""
    return not _only_a_place(reading, mention) and not _elsewhere(reading, mention)


def _only_a_place(reading: Reading, mention: Mention) -> bool:
    for position in range(mention.start - 1, mention.start - 4, -1):
        if reading.word(position) in NEAR_PLACES:
            return True
        if reading.kind(position) is not Kind.WORD:
            return False
    return False


def _elsewhere(reading: Reading, mention: Mention) -> bool:
    """ "prefeitura de Limeira": another city's. A capital letter, or that nothing follows, tells it from a subject."""
    tokens = reading.tokens
    if reading.word(mention.end - 1) not in _CITIES or reading.word(mention.end) not in _OF_CITY:
        return False
    city, more = reading.word(mention.end + 1), reading.word(mention.end + 2)
    if (city, more) in _TWO_WORDS:
        return True
    if len(city) < 4 or city in ROLES or reading.index.knows(city) or reading.index.resembles(city):
        return False
    if reading.word(mention.end) == "de" and (not more or more in _STATE or more in CUES or more in LABELS):
        return True
    token = tokens[mention.end + 1]
    written = reading.original[reading.folded.origin(token.start) : reading.folded.origin(token.end)]
    around = reading.original[reading.folded.origin(tokens[mention.start].start) : reading.folded.origin(token.start)]
    return written[:1].isupper() and not around.isupper()
