"""Órgão, year and number one by one, while a form asks for them: any of them, in any order, and corrections."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.process_reference.agencies import AgencyIndex, AgencyLike, Mention
from assistant.process_reference.attachment import agency_of, in_place, plausible
from assistant.process_reference.candidate import Candidate, span
from assistant.process_reference.candidates import candidates
from assistant.process_reference.context import ruler
from assistant.process_reference.finder import accepted, index_of
from assistant.process_reference.judgement import Judge
from assistant.process_reference.labels import MOST_DIGITS, counted, labelled, year_labelled
from assistant.process_reference.negation import negated
from assistant.process_reference.reading import Reading, read
from assistant.process_reference.rest import rest_of, silent
from assistant.process_reference.tokens import Kind
from assistant.process_reference.vocabulary import CORRECTIONS, LABELS, YEARS, Role
from assistant.process_reference.years import bare_year, four_digit_year, relative_year, two_digit_year

Asked = Literal["agency", "year", "number"]
_OF = frozenset({"de", "em", "do"})
_YEAR_OF_DATE = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True, slots=True)
class Parts:
    """What a message says of a process; None for what it does not say. `rest`: words that say something else.

    With a high `rest` the message is probably a question of its own, and its digits are no answer to the form.
    """

    agency: str | None = None
    year: int | None = None
    number: str | None = None
    rest: int = 0

    @property
    def empty(self) -> bool:
        """Whether nothing was found."""
        return self.agency is None and self.year is None and self.number is None


@dataclass(slots=True)
class _Found:
    year: int | None
    number: str | None
    used: set[int]
    candidate: Candidate | None = None
    end: int = 0


def find_parts(text: str, agencies: AgencyIndex | Sequence[AgencyLike], asked: Asked | None) -> Parts:
    """The parts of a reference in the answer to the question for `asked` (None: nothing in particular was asked).

    A part that is named ("o ano é 2022", "é do SEMAE") or corrected ("não, é 2022") is found whatever was asked.
    """
    reading = read(text, index_of(agencies), forgiving=True)
    found = _reference(reading, asked) or _single(reading, asked) or _Found(None, None, set())
    mention = None
    if found.candidate is not None:
        mention = agency_of(reading, found.candidate, found.end)
    mention = mention or _agency(reading, asked)
    used = set(found.used)
    if mention is not None:
        used.update(range(mention.start, mention.end))
    agency = mention.agency if mention is not None else None
    return Parts(agency, found.year, found.number, rest_of(reading, used))


def _reference(reading: Reading, asked: Asked | None) -> _Found | None:
    for candidate, end in accepted(reading):
        first, last = span(candidate)
        used = set(range(first, last + 1))
        if candidate.year is None:
            position = candidate.first
            year = _year_at(reading, position, asked)
            if year is not None and not labelled(reading, position):
                return _Found(year, None, used)
        return _Found(candidate.year, candidate.number, used, candidate, end)
    return None


def _single(reading: Reading, asked: Asked | None) -> _Found | None:
    """A year or a number that would be no reference in a message out of the blue."""
    dropped: _Found | None = None
    for position, found in _singles(reading, asked):
        if not negated(reading, position, position):
            return found
        dropped = found
    return dropped or _date_or_word(reading, asked)


def _singles(reading: Reading, asked: Asked | None) -> Iterator[tuple[int, _Found]]:
    others, months = _other_numbers(reading)
    if asked == "year":
        yield from ((found.last, _Found(found.year, None, set(range(found.first, found.last + 1)))) for found in months)
    for position, token in enumerate(reading.tokens):
        if token.kind is not Kind.NUMBER or counted(reading, position) or position in others:
            continue
        rules = ruler(reading, position, pair=False)
        if rules.role in {Role.DOCUMENT, Role.ADDRESS} and not _corrects(reading, position):
            continue
        year = _year_at(reading, position, asked)
        if year is not None:
            yield position, _Found(year, None, {position})
        elif (asked == "number" or labelled(reading, position)) and 0 < len(token.significant) <= MOST_DIGITS:
            follower = reading.word(position + 1)
            if not follower or silent(reading, position + 1) or len(token.significant) > 3:
                yield position, _Found(None, token.significant, {position})


def _other_numbers(reading: Reading) -> tuple[set[int], list[Candidate]]:
    """The tokens that are a law's number and year, or a month and its year ("03/2023"); and those months."""
    judge = Judge(reading)
    months = [found for found in candidates(reading) if not judge.accepts(found) and found in judge.months]
    others = [found for found in judge.of_others if found.year is not None]
    return {at for found in (*others, *months) for at in range(span(found)[0], span(found)[1] + 1)}, months


def _year_at(reading: Reading, position: int, asked: Asked | None) -> int | None:
    """The number at `position` as a year, if it was given as one."""
    token = reading.tokens[position]
    year = four_digit_year(token.text)
    short = None if token.dotted else two_digit_year(token.text)
    named = _named(reading, position)
    if named == "year":
        return year or short
    if named == "number":
        return None
    if asked == "year":
        return year or short
    if bare_year(token.text) is None:
        return None
    if asked == "number":
        return year if reading.word(position - 1) in _OF or _corrects(reading, position) else None
    return year if asked == "agency" or _corrects(reading, position) else None


def _named(reading: Reading, position: int) -> Asked | None:
    """Which part the last "ano" or "número" before `position` announces ("o ano tá errado, é 2021")."""
    if labelled(reading, position):
        return "number"
    if year_labelled(reading, position):
        return "year"
    for before in range(position - 1, max(position - 12, -1), -1):
        kind, word = reading.kind(before), reading.word(before)
        if kind is Kind.NUMBER or reading.mark(before) in {"?", "!"}:
            return None
        if word in YEARS:
            return "year"
        if word in LABELS and len(word) > 2:
            return "number"
    return None


def _corrects(reading: Reading, position: int) -> bool:
    """Whether the words before say that something was wrong: "não, é", "errei, é de"."""
    return any(reading.word(before) in CORRECTIONS for before in range(max(position - 8, 0), position))


def _date_or_word(reading: Reading, asked: Asked | None) -> _Found | None:
    """ "em 12/03/2022", "foi no ano passado", when the year was asked."""
    if asked != "year":
        return None
    for position, token in enumerate(reading.tokens):
        if token.kind is Kind.FOREIGN and token.text == "date":
            years = _YEAR_OF_DATE.findall(reading.folded.text[token.start : token.end])
            if years:
                return _Found(int(years[0]), None, {position})
        year = relative_year(reading.word(position - 1), token.text, reading.word(position + 1))
        if year is not None:
            return _Found(year, None, {position, position + 1})
    return None


def _agency(reading: Reading, asked: Asked | None) -> Mention | None:
    """The órgão that is named, the last one when another was taken back; any nickname when the órgão was asked."""
    dropped: Mention | None = None
    short = rest_of(reading, ()) <= 1
    for mention in reading.mentions:
        if not plausible(reading, mention):
            continue
        if asked != "agency" and not mention.sure and not (short and in_place(reading, mention)):
            continue  # "é da água" answers in a message that says little else; "falta água na rua" does not
        if not negated(reading, mention.start, mention.end - 1):
            return mention
        dropped = mention
    return dropped
