"""Year and number that stand together, in either order: "2023/500100", "500100-23", "PMP2023500100"."""

from assistant.process_reference.candidate import Candidate
from assistant.process_reference.labels import after_agency, counted, fits, introduced, labelled
from assistant.process_reference.numerals import SPOKEN_MARKS
from assistant.process_reference.reading import Reading
from assistant.process_reference.tokens import Kind, Token, glued
from assistant.process_reference.vocabulary import LABELS
from assistant.process_reference.years import bare_year, four_digit_year, two_digit_year

_SEPARATORS = frozenset("/\\|-_.:,;'*~+=>")
_TIGHT = frozenset(".,")  # after a word and before a space these end a sentence or a clause
_SHORT_SEPARATORS = frozenset("/\\|-_")
_REACH = 14  # tokens between the two
_MONTH_DAYS = 31  # "71/23" is no date


def together(reading: Reading, start: int) -> Candidate | None:
    """Year and number with separators between them, in either order; or run together ("PMP2023500100")."""
    tokens = reading.tokens
    second, mark = _next_number(reading, start)
    if second is None:
        return _run_together(reading, start)
    roles = _roles(reading, start, second, mark)
    last, third_mark = second, reading.mark(second + 1)
    if third_mark in _SHORT_SEPARATORS and tied_end(reading, second) > second + 1:
        third = second + 2
        following = _roles(reading, second, third, third_mark)
        if following is not None and not mark.strip():
            return None  # "processo 12 2023/500100": the pair comes later
        if roles is None and following is not None:
            roles, start, second, mark = following, second, third, third_mark  # "455/500100/2023"
        last = third  # "500100/2023-1": a volume or a check digit
    if roles is None:
        return None
    year, number, is_reversed = roles
    of_number, of_year = (start, second) if is_reversed else (second, start)
    short = len(tokens[of_year].text) == 2
    written = tokens[of_number].text
    return Candidate(number, year, start, last, written, pair=True, reversed=is_reversed, short=short, mark=mark)


def _next_number(reading: Reading, start: int) -> tuple[int | None, str]:
    """The number that follows with nothing but separators, a label or an órgão between; and the first separator."""
    tokens, position, mark = reading.tokens, start + 1, ""
    while position < len(tokens) and position - start <= _REACH:
        token = tokens[position]
        mention = reading.mention(position)
        if token.kind is Kind.NUMBER:
            return position, mark
        if mention is not None:
            position = mention.end
            mark = mark or " "
            continue
        if token.kind is Kind.MARK and token.text in _SEPARATORS:
            if token.text in _TIGHT and _ends_a_clause(tokens, position) and not token.spoken:
                return None, ""
            mark = mark if mark.strip() else token.text
        elif token.kind is Kind.WORD and (token.text in SPOKEN_MARKS or token.text == "invertida"):
            mark = mark if mark.strip() else SPOKEN_MARKS.get(token.text, "\\")
        elif token.text == "º" or (token.kind is Kind.WORD and token.text in LABELS):
            mark = mark or " "
        else:
            return None, ""
        position += 1
    return None, ""


def _ends_a_clause(tokens: list[Token], position: int) -> bool:
    """Whether the mark stands as after a clause: right behind the word, and then a space."""
    after = position + 1 < len(tokens) and glued(tokens[position], tokens[position + 1])
    return not after and glued(tokens[position - 1], tokens[position])


def glued_around(tokens: list[Token], position: int) -> bool:
    """Whether nothing stands between the token and its neighbours."""
    after = position + 1 < len(tokens) and glued(tokens[position], tokens[position + 1])
    return after and glued(tokens[position - 1], tokens[position])


def _roles(reading: Reading, first: int, second: int, mark: str) -> tuple[int, str, bool] | None:
    """(year, number, reversed) of two numbers that stand together, or None when neither can be the year."""
    left, right = reading.tokens[first], reading.tokens[second]
    if not mark and counted(reading, second):
        return None
    separated = bool(mark.strip())
    long_year = four_digit_year if separated else bare_year  # with a mark between, nothing else is likely
    year_left, year_right = long_year(left.text), long_year(right.text)
    if year_left and year_right:
        year_left, year_right = _one_of(reading, first, second, year_left, year_right, separated=separated)
    elif _short_years(reading, first, second, mark) and not any(map(bare_year, (left.text, right.text))):
        # A year like 1900 or 2050 is none as long as the other one can be: "1900/90".
        found = _short(reading, first, second, separated=separated)
        year_left, year_right = found if any(found) else (year_left, year_right)
    if year_left and fits(right):
        return year_left, right.significant, False
    return (year_right, left.significant, True) if year_right and fits(left) else None


def _one_of(
    reading: Reading, first: int, second: int, left: int, right: int, *, separated: bool
) -> tuple[int | None, int | None]:
    """Both could be the year: as the portal writes it the year comes first, unless something speaks against it."""
    portal = after_agency(reading, first) and not reading.tokens[first].dotted  # "PMP 1985/2019"
    named = labelled(reading, first) and not portal
    if reading.tokens[second].dotted and not reading.tokens[first].dotted:
        return left, None  # nobody writes a year as "2.009"
    if separated:
        reverse = not bare_year(str(left)) or (not portal and (named or _older(reading, first, left, right)))
        return (None, right) if reverse else (left, None)
    if (introduced(reading, first) or labelled(reading, second)) and not named:
        return left, None
    return (None, right) if introduced(reading, first) else (None, None)


def _short(reading: Reading, first: int, second: int, *, separated: bool) -> tuple[int | None, int | None]:
    """Which of the two is a year of two digits."""
    left, right = reading.tokens[first], reading.tokens[second]
    year_left, year_right = two_digit_year(left.text), two_digit_year(right.text)
    if year_left and after_agency(reading, first):
        # As the portal writes it: "PMP 22/81"; but "IPASP 71/23" is the number 71 of 2023.
        return (None, year_right) if year_right and year_left < 2000 <= year_right else (year_left, None)
    known = introduced(reading, first)
    if year_right and (len(left.text) > 2 or (separated and (int(left.text) > _MONTH_DAYS or known))):
        return None, year_right
    return (year_left if len(right.text) > 2 or (separated and known) else None), None


def _short_years(reading: Reading, first: int, second: int, mark: str) -> bool:
    """Whether a year of two digits would be understood here: "500100/23", "PMP 23 500100"."""
    if mark.strip():
        return mark in _SHORT_SEPARATORS
    return introduced(reading, first) or (reading.tokens[first].spoken and reading.tokens[second].spoken)


def _older(reading: Reading, first: int, left: int, right: int) -> bool:
    """ "1985/2019" is the number 1985 of 2019; so is "1.985/1990" of 1990."""
    return reading.tokens[first].dotted or (left < 2000 <= right and bare_year(str(right)) is not None)


def _run_together(reading: Reading, position: int) -> Candidate | None:
    """ "PMP2023500100": only where an órgão or "processo" introduces it, or when it is too long to be a number."""
    token = reading.tokens[position]
    text = token.text
    year = four_digit_year(text[:4])
    beside = position > 0 and glued(reading.tokens[position - 1], token)
    by_agency = reading.mention(position - 1) is not None and (beside or len(text) > 7)
    if year is None or token.dotted or token.spoken or not bare_year(text[:4]) or not text[4:].strip("0"):
        return None
    cued = len(text) >= 8 and introduced(reading, position)
    if (len(text) == 10 and year >= 2000) or cued or (len(text) > 6 and by_agency):
        return Candidate(text[4:].lstrip("0"), year, position, position, text)
    return None


def tied_end(reading: Reading, start: int) -> int:
    """Where to go on after the number at `start`, past the figures that are tied to it ("1/3", "192.168.0.1")."""
    tokens, position = reading.tokens, start
    while (
        position + 2 < len(tokens)
        and tokens[position + 1].kind is Kind.MARK
        and tokens[position + 1].text in "/.-"
        and tokens[position + 2].kind is Kind.NUMBER
        and glued_around(tokens, position + 1)
    ):
        position += 2
    return position + 1
