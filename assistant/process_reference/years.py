"""Which numbers can be the year of a process."""

from datetime import datetime, timezone

EARLIEST, LATEST = 1900, 2099  # four digits in the place of a year: what else could they be
EARLIEST_SHORT = 60  # "85" is 1985; no process that is looked up today is older than 1960
EARLIEST_BARE, MARGIN = 1950, 5


def four_digit_year(digits: str) -> int | None:
    """2023 for "2023", None for what is no year of four digits."""
    return int(digits) if len(digits) == 4 and EARLIEST <= int(digits) <= LATEST else None


def two_digit_year(digits: str) -> int | None:
    """2023 for "23", 1998 for "98". None in the gap between next year and 1960: nobody means those."""
    if len(digits) != 2:
        return None
    short = int(digits)
    if short <= (_this_year() + 1) % 100:
        return 2000 + short
    return 1900 + short if short >= EARLIEST_SHORT else None


def bare_year(digits: str) -> int | None:
    """2023 for "2023" where nothing says that it is a year: not before 1950, not long after today."""
    year = four_digit_year(digits)
    return year if year is not None and EARLIEST_BARE <= year <= _this_year() + MARGIN else None


def _this_year() -> int:
    return datetime.now(tz=timezone.utc).year


_RELATIVE = {"passado": -1, "retrasado": -2, "atual": 0, "corrente": 0}
_THIS = frozenset({"este", "esse", "neste", "nesse", "deste", "desse"})


def relative_year(before: str, word: str, after: str) -> int | None:
    """ "ano passado", "este ano", from the words around "ano"."""
    if word != "ano":
        return None
    if after in _RELATIVE:
        return _this_year() + _RELATIVE[after]
    return _this_year() if before in _THIS else None
