"""The made-up city: enough of everything, valid numbers, and the same every time."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from validate_docbr import CNPJ, CPF

from sandbox.portal import catalog
from sandbox.portal.build import BUSY, EXAMPLE, IDLE, KNOWN_PEOPLE, NEWCOMER, SECRET, SEVERAL, VISITOR, build_world
from sandbox.portal.documents import complete_cnpj, complete_cpf, formatted, masked
from sandbox.portal.world import World, is_party


def test_the_same_day_gives_the_same_city(world: World) -> None:
    assert build_world(world.today) == world


def test_another_seed_gives_another_city_with_the_same_fixed_records(world: World) -> None:
    other = build_world(world.today, seed=1)

    assert other != world
    assert other.find(*EXAMPLE) == world.find(*EXAMPLE)


def test_there_are_processes_of_every_agency_and_situation(world: World) -> None:
    assert len(world.processes) >= 300
    assert {item.agency for item in world.processes} == {"PMP", "SEMAE", "IPASP", "FUMEP", "CAMARA", "SOLARBPM"}
    assert {item.situation for item in world.processes} == set(catalog.SITUATIONS)
    assert sum(item.secret for item in world.processes) > 5


def test_only_one_number_exists_in_several_classifications(world: World) -> None:
    counted = Counter((item.agency, item.year, item.number) for item in world.processes)

    assert [reference for reference, times in counted.items() if times > 1] == [SEVERAL]
    assert len({item.classification for item in world.find(*SEVERAL)}) == 3


def test_the_help_centers_own_example_exists(world: World) -> None:
    (example,) = world.find(*EXAMPLE)

    assert example.reference == "PMP 2023/500100"
    assert BUSY in example.parties
    assert not example.secret
    assert world.find(*SECRET)[0].secret


def test_people_have_valid_documents_of_every_kind(world: World) -> None:
    assert len(world.people) == len({person.document for person in world.people}) == 60
    for person in world.people:
        assert (CNPJ() if person.is_company else CPF()).validate(person.document)
    assert sum(not person.document.isdigit() for person in world.people) == 8
    assert set(KNOWN_PEOPLE) <= set(world.people)


def test_there_are_pendencies_of_every_type_and_age(world: World) -> None:
    left = {(item.deadline - world.today).days if item.deadline else None for item in world.pendencies}

    assert len(world.pendencies) >= 120
    assert {item.type for item in world.pendencies} == set(catalog.INSTRUCTIONS)
    assert left >= {None, -400, -1, 0, 1, 3, 90}
    assert {item.open for item in world.pendencies} == {True, False}
    for item in world.pendencies:
        assert item.created <= world.today
        assert item.deadline is None or item.created < item.deadline


def test_a_pendency_belongs_to_a_party_of_its_process(world: World) -> None:
    assert all(is_party(item.process, item.person.document) for item in world.pendencies)


def test_a_view_belongs_to_somebody_who_is_no_party(world: World) -> None:
    assert not any(is_party(item.process, item.person.document) for item in world.views)
    assert {item.expires >= world.today for item in world.views} == {True, False}


def test_the_known_people_are_what_their_comments_say(world: World) -> None:
    open_pendencies = [item for item in world.pendencies_of(BUSY.document) if item.open]
    assert len(open_pendencies) == len(catalog.DEADLINES)
    assert not any(item.open for item in world.pendencies_of(IDLE.document))
    assert len(world.processes_of(IDLE.document)) == 1
    assert not world.processes_of(NEWCOMER.document)
    assert [item.expires >= world.today for item in world.views_of(VISITOR.document)] == [True, False]


@settings(max_examples=15, deadline=None)
@given(st.dates(dt.date(2024, 6, 1), dt.date(2060, 12, 31)))
def test_any_day_makes_a_consistent_city(today: dt.date) -> None:
    city = build_world(today)

    assert city.find(*EXAMPLE)
    assert all(step.at.date() <= today for item in city.processes[7:] for step in item.movements)
    assert all(item.opened <= today for item in city.processes[7:])


def test_the_official_alphanumeric_example_has_its_check_digits() -> None:
    assert complete_cnpj("12ABC3450" + "1DE") == "12ABC34501DE35"
    assert complete_cnpj("112223330001") == "11222333000181"
    assert complete_cpf("111444777") == "11144477735"


@given(
    st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=12, max_size=12).filter(lambda text: len(set(text)) > 1)
)
def test_any_alphanumeric_root_becomes_a_valid_cnpj(root: str) -> None:
    assert CNPJ().validate(complete_cnpj(root))


@pytest.mark.parametrize("person", KNOWN_PEOPLE)
def test_a_masked_document_hides_its_beginning_and_end(person: object) -> None:
    document = person.document  # type: ignore[attr-defined]

    assert document[:2] not in masked(document)
    assert document[-2:] not in masked(document)
    assert formatted(document).replace(".", "").replace("/", "").replace("-", "") == document
