"""A number and a year with words between them: "500100 de 2023", "ano 2021, número 455"; and numbers without a year."""

from assistant.process_reference.candidate import Candidate
from assistant.process_reference.labels import counted, fits, introduced, labelled, noun_follows, year_labelled
from assistant.process_reference.reading import Reading
from assistant.process_reference.together import tied_end, together
from assistant.process_reference.tokens import Kind
from assistant.process_reference.vocabulary import CUES, LABELS, LINKS, MONTHS, YEARS
from assistant.process_reference.years import bare_year, four_digit_year, two_digit_year

_PASSED = frozenset(",()[]-:;/\n\"'|")  # marks that may stand between a number and its year
_REACH = 14  # tokens between a number and the year that belongs to it


def apart(reading: Reading, position: int) -> Candidate | None:
    """A number whose year, if any, stands elsewhere; or a year whose number follows."""
    token = reading.tokens[position]
    if not fits(token):
        return None
    named = labelled(reading, position)
    year = None if named else _year_here(reading, position)
    if year is None:
        found = _year_after(reading, position)
        at, year = found if found is not None else (-1, None)
        fraction = tied_end(reading, position) > position + 1
        short = at >= 0 and len(reading.tokens[at].text) == 2
        return Candidate(
            token.significant, year, position, position, token.text, short=short, fraction=fraction, year_at=at
        )
    number_at = _number_after(reading, position)
    if number_at is None:
        other = _year_after(reading, position)  # "processo 2021 de 2023"
        if other is None or reading.word(position + 1) not in {"de", "do"}:
            return None
        if not (introduced(reading, position) or year_labelled(reading, other[0])):
            return None
        return Candidate(token.significant, other[1], position, position, token.text, year_at=other[0])
    number = reading.tokens[number_at]
    return Candidate(number.significant, year, number_at, number_at, number.text, year_at=position)


def _year_here(reading: Reading, position: int) -> int | None:
    text = reading.tokens[position].text
    if year_labelled(reading, position):
        return four_digit_year(text) or two_digit_year(text)
    of_an_agency = reading.word(position - 1) == "de" and reading.mention(position - 2) is not None  # "pmp de 22"
    return bare_year(text) or (two_digit_year(text) if of_an_agency else None)


def _year_after(reading: Reading, start: int) -> tuple[int, int] | None:
    """(index, year) of the year that belongs to the number at `start` and comes after it."""
    said_year = of = linked = stopped = False
    position = start + 1
    while position < len(reading.tokens) and position - start <= _REACH:
        token, mention = reading.tokens[position], reading.mention(position)
        if mention is not None:
            linked, position = True, mention.end
            continue
        if token.kind is Kind.NUMBER:
            return _as_year(reading, position, said_year=said_year, of=of, linked=linked, stopped=stopped)
        if token.kind is Kind.MARK and (token.text in _PASSED or token.text == "."):
            stopped |= token.text == "."
            linked |= token.text not in "."
        elif token.kind is Kind.WORD and token.text in YEARS:
            said_year = True
        elif token.kind is Kind.WORD and (token.text in LINKS or token.text in MONTHS):
            linked |= token.text not in {"e", "a", "o"}
        else:
            return None
        of = token.text in {"de", "do"}
        position += 1
    return None


def _as_year(
    reading: Reading, position: int, *, said_year: bool, of: bool, linked: bool, stopped: bool
) -> tuple[int, int] | None:
    text = reading.tokens[position].text
    if labelled(reading, position) or together(reading, position) is not None or (stopped and not said_year):
        return None
    if said_year:
        year = four_digit_year(text) or two_digit_year(text)
    elif not linked or counted(reading, position):
        year = None
    else:
        year = bare_year(text) or (two_digit_year(text) if of and not noun_follows(reading, position) else None)
    return (position, year) if year is not None else None


def _number_after(reading: Reading, start: int) -> int | None:
    """The number that belongs to the year at `start` and comes after it."""
    stopped = False
    position = start + 1
    while position < len(reading.tokens) and position - start <= _REACH:
        token, mention = reading.tokens[position], reading.mention(position)
        if mention is not None:
            position = mention.end
            continue
        if token.kind is Kind.NUMBER:
            named = labelled(reading, position)
            is_year = bare_year(token.text) is not None or year_labelled(reading, position)
            if (is_year and not named) or not fits(token) or counted(reading, position):
                return None
            if (stopped and not named) or together(reading, position) is not None:
                return None
            return position
        if token.kind is Kind.MARK and (token.text in _PASSED or token.text in ".º"):
            stopped |= token.text == "." and reading.word(position - 1) not in LABELS
        elif not (token.kind is Kind.WORD and (token.text in LINKS or token.text in LABELS or token.text in CUES)):
            return None
        position += 1
    return None
