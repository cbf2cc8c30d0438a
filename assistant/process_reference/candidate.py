"""A number that may be one of a process, with the year that belongs to it."""

from dataclasses import dataclass


@dataclass(slots=True)
class Candidate:
    """`number` without leading zeros; tokens[first:last + 1] hold it (and the year, when `pair`).

    `pair`: year and number stand together. `reversed`: the number comes first. `short`: the year has two digits.
    `fraction`: followed by "/1" or the like.
    `year_at`: where the year is when it stands apart (-1: nowhere). `written`: digits as written, zeros included.
    `mark`: the first separator of a pair, empty when there is only space.
    """

    number: str
    year: int | None
    first: int
    last: int
    written: str
    pair: bool = False
    reversed: bool = False
    short: bool = False
    fraction: bool = False
    year_at: int = -1
    mark: str = ""


def span(found: Candidate) -> tuple[int, int]:
    """First and last token of the candidate, its year included."""
    if found.year_at < 0:
        return found.first, found.last
    return min(found.first, found.year_at), max(found.last, found.year_at)
