"""Órgão, year and number while a form asks for one of them: the table parts.txt."""

import pytest

from assistant.content.city import Agency
from assistant.process_reference import AgencyIndex, Asked, Parts, find_parts

from .tables import expected_rows

ASKED: dict[str, Asked | None] = {"agency": "agency", "year": "year", "number": "number", "none": None}


@pytest.mark.parametrize(("expected", "text"), expected_rows("parts.txt"))
def test_the_parts_of_an_answer(expected: str, text: str, index: AgencyIndex) -> None:
    asked, _, wanted = expected.partition(": ")
    agency, year, number, rest = wanted.split()
    parts = find_parts(text, index, ASKED[asked])
    assert (parts.agency or "-", str(parts.year or "-"), parts.number or "-") == (agency, year, number)
    if rest != "*":
        assert parts.rest > 0 if rest == "+" else parts.rest == int(rest)


def test_the_year_said_as_last_year(index: AgencyIndex) -> None:
    last, this = find_parts("foi no ano passado", index, "year").year, find_parts("deste ano", index, "year").year
    assert last is not None
    assert this == last + 1


def test_nothing_found_is_empty(index: AgencyIndex) -> None:
    assert find_parts("não sei", index, "number").empty
    assert not Parts(number="1").empty


def test_the_list_of_agencies_does_as_well(agencies: list[Agency]) -> None:
    assert find_parts("é do semae", agencies, "agency").agency == "SEMAE"
