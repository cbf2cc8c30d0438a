"""One thing of one's own: by a button's sealed reference, or by its number in the list. Documents, views, companies."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.agencies import load_agencies
from actions.own_items import OwnItem, seal, seal_list, unseal, unseal_list
from actions.process_parts import as_data
from portal import Process
from sandbox.portal import views
from sandbox.portal.build import ANCIENT, BUSY, COMPANY, EXAMPLE, SECRET, VISITOR, build_world

CITY = Path(__file__).parents[2] / "data" / "city.yml"

LISTS = ("action_list_pendencies", "action_list_processes", "action_list_views")


def written(reference: tuple[str, int, int]) -> dict[str, str]:
    agency, year, number = reference
    return {"agency": agency, "year": str(year), "number": str(number)}


@given(st.text(max_size=40), st.integers(0, 10**12), st.text(min_size=1, max_size=30))
def test_a_reference_opens_with_its_session_only(session: str, number: int, other: str) -> None:
    item = OwnItem("pendency", number)
    assert unseal(seal(item, session), session) == item
    assert unseal_list(seal_list([item], session), session) == [item]
    assert unseal(seal(item, session), session + other) is None


@given(st.text(max_size=200))
def test_what_is_no_reference_opens_nothing(text: str) -> None:
    assert unseal(text, "s") is None
    assert unseal_list(text, "s") is None


def test_a_sealed_list_does_not_tell_how_long_it_is() -> None:
    lengths = {len(seal_list([OwnItem("pendency", 7000 + n) for n in range(count)], "s")) for count in (0, 1, 10)}
    assert len(lengths) == 1


@pytest.mark.parametrize("action", LISTS)
async def test_what_rasa_keeps_of_a_list_says_nothing(assistant: Any, action: str) -> None:
    answer = await assistant.run(action, session="s-busy" if "views" not in action else "s-visitor")

    kept = json.dumps(answer.slots) + "".join(answer.references)
    items = answer.private["items"]
    assert items
    assert set(answer.slots["own_list"]) == {"kind", "intent", "items"}
    for item in items:
        assert item["process"] not in kept
        assert item["process"].split("/")[1] not in kept


async def test_a_button_shows_its_pendency_with_deadline_and_what_to_do(assistant: Any) -> None:
    shown = await assistant.run("action_list_pendencies", session="s-busy")
    answer = await assistant.run("action_show_own_item", session="s-busy", ref=shown.references[1])

    listed = shown.private["items"][1]
    private = answer.private
    assert private["kind"] == "pendency"
    assert {name: private[name] for name in listed} == listed
    assert private["instructions"]
    assert private["open"] is True
    assert answer.names == ["utter_next_of_signature" if private["next"] == "sign" else "utter_next_of_pendency"]


@pytest.mark.parametrize(("number", "place"), [("1", 0), ("7", 6), ("10", 9), ("last", 9)])
async def test_a_number_chooses_of_the_list_shown_last(assistant: Any, number: str, place: int) -> None:
    shown = await assistant.run("action_list_pendencies", session="s-busy")
    for action in ("action_show_own_item", "action_pendency_detail"):
        answer = await assistant.run(action, shown.slots, session="s-busy", item=number)
        assert answer.private["deadline"] == shown.private["items"][place]["deadline"]


@pytest.mark.parametrize("number", ["0", "11", "50", "-1", "x"])
async def test_a_number_that_the_list_does_not_have_is_said_so(assistant: Any, number: str) -> None:
    shown = await assistant.run("action_list_pendencies", session="s-busy")
    answer = await assistant.run("action_show_own_item", shown.slots, session="s-busy", item=number)

    assert (answer.names, answer.custom) == (["utter_own_item_unknown"], [])


async def test_without_a_list_in_sight_the_number_counts_all_the_same(assistant: Any) -> None:
    shown = await assistant.run("action_list_pendencies", session="s-busy")
    answer = await assistant.run("action_pendency_detail", session="s-busy", item="2")

    assert answer.private["deadline"] == shown.private["items"][1]["deadline"]


async def test_asked_for_a_pendency_without_saying_which_the_list_is_shown(assistant: Any) -> None:
    assert (await assistant.run("action_pendency_detail", session="s-busy")).private["kind"] == "pendencies"
    assert (await assistant.run("action_pendency_detail", session="s-new", item="1")).private["total"] == 0


@pytest.mark.parametrize("session", ["s-idle", "s-visitor", "s-company"])
async def test_a_reference_of_somebody_else_s_list_shows_nothing(assistant: Any, session: str) -> None:
    shown = await assistant.run("action_list_pendencies", session="s-busy")
    for action in ("action_show_own_item", "action_list_documents", "action_pendency_detail"):
        answer = await assistant.run(action, session=session, ref=shown.references[0])
        assert (answer.names, answer.custom) == (["utter_own_item_gone"], [])
    by_number = await assistant.run("action_show_own_item", shown.slots, session=session, item="1")
    assert (by_number.names, by_number.custom) == (["utter_own_item_gone"], [])


async def test_a_process_of_the_list_is_shown_whole(assistant: Any) -> None:
    shown = await assistant.run("action_list_processes", session="s-busy")
    answer = await assistant.run("action_show_own_item", session="s-busy", ref=shown.references[0])

    private = answer.private
    assert (private["kind"], private["process"]) == ("process", shown.private["items"][0]["process"])
    assert private["whole"] is True
    assert BUSY.name in private["parties"]
    assert BUSY.document not in answer.body
    assert answer.names == ["utter_next_of_process"]


async def test_granted_views_say_until_when_and_those_in_force_come_first(assistant: Any) -> None:
    answer = await assistant.run("action_list_views", session="s-visitor")

    assert [(item["process"], item["active"], item["expires"]) for item in answer.private["items"]] == [
        ("PMP 2023/500100", True, "2026-12-12"),
        ("IPASP 1998/312", False, "2026-10-08"),
    ]
    assert answer.private["active"] == 1


async def test_a_view_in_force_shows_all_and_one_that_ended_the_basic_data(assistant: Any) -> None:
    shown = await assistant.run("action_list_views", session="s-visitor")
    in_force, ended = [
        await assistant.run("action_show_own_item", session="s-visitor", ref=reference)
        for reference in shown.references
    ]

    assert (in_force.private["whole"], in_force.private["until"]) == (True, "2026-12-12")
    assert in_force.names == ["utter_next_of_view"]
    assert (ended.private["whole"], ended.private["until"], ended.private["parties"]) == (False, "2026-10-08", [])
    assert VISITOR.document not in in_force.body


async def test_nobody_has_views_is_an_empty_list(assistant: Any) -> None:
    assert (await assistant.run("action_list_views", session="s-new")).private["items"] == []


@pytest.mark.parametrize(
    ("session", "reference"), [("s-busy", EXAMPLE), ("s-busy", SECRET), ("s-visitor", EXAMPLE)], ids=str
)
async def test_documents_are_listed_by_name_for_whoever_may_see_them(
    assistant: Any, session: str, reference: tuple[str, int, int]
) -> None:
    answer = await assistant.run("action_list_documents", session=session, **written(reference))

    private = answer.private
    assert private["kind"] == "documents"
    assert private["total"] == len(private["items"]) > 3
    assert all(item["name"].endswith(".pdf") for item in private["items"])
    assert "http" not in json.dumps(private)


@pytest.mark.parametrize(
    ("session", "reference"),
    [("s-idle", EXAMPLE), ("s-visitor", ANCIENT), ("s-idle", SECRET), ("s-idle", ("PMP", 2023, 999_999))],
    ids=str,
)
async def test_who_may_not_see_documents_learns_nothing(
    assistant: Any, session: str, reference: tuple[str, int, int]
) -> None:
    answer = await assistant.run("action_list_documents", session=session, **written(reference))

    assert (answer.names, answer.custom) == (["utter_documents_not_yours"], [])


async def test_asked_for_documents_without_a_process_the_own_ones_are_offered(assistant: Any) -> None:
    offered = await assistant.run("action_list_documents", session="s-busy")
    assert offered.private["choose"] == "documents"
    assert offered.slots["own_list"]["intent"] == "list_documents"

    by_button = await assistant.run("action_list_documents", session="s-busy", ref=offered.references[0])
    by_number = await assistant.run("action_list_documents", offered.slots, session="s-busy", item="1")
    assert by_button.private == by_number.private
    assert by_button.private["process"] == offered.private["items"][0]["process"]


async def test_the_documents_of_the_only_process_need_no_choice(assistant: Any) -> None:
    assert (await assistant.run("action_list_documents", session="s-idle")).private["kind"] == "documents"


@pytest.mark.parametrize("session", ["s-busy", None])
async def test_what_is_somebody_else_s_is_refused_before_anything_is_asked(
    assistant: Any, front_desk: Any, session: str | None
) -> None:
    for action, response in (
        ("action_list_pendencies", "utter_others_pendencies"),
        ("action_pendency_detail", "utter_others_pendencies"),
        ("action_list_processes", "utter_others_processes"),
        ("action_list_documents", "utter_others_processes"),
    ):
        answer = await assistant.run(action, session=session, whose="other")
        assert (answer.names, answer.custom) == ([response], [])
    assert front_desk.asked == []


@pytest.mark.parametrize("session", ["s-company", "s-partner"])
async def test_a_company_s_data_for_whoever_signed_in_as_it_or_represents_it(assistant: Any, session: str) -> None:
    answer = await assistant.run("action_show_company", session=session)
    assert answer.private["kind"] == "company"
    assert answer.private["processes"] > 0

    (reference,) = set(answer.responses[-1]["references"].values())
    listed = await assistant.run("action_list_processes", session=session, ref=reference)
    assert listed.private["total"] == answer.private["processes"]


async def test_the_things_of_a_represented_company_carry_its_name_and_open_as_its_own(assistant: Any) -> None:
    shown = await assistant.run("action_list_pendencies", session="s-partner", whose="company")
    assert shown.private["owner"] == COMPANY.name
    assert shown.private["total"] > 0

    one = await assistant.run("action_show_own_item", session="s-partner", ref=shown.references[0])
    assert (one.private["kind"], one.private["owner"]) == ("pendency", COMPANY.name)
    own = await assistant.run("action_list_pendencies", session="s-partner")
    assert (own.private["owner"], own.private["total"]) == ("", 0)


async def test_of_several_companies_one_is_chosen_first(assistant: Any) -> None:
    which = await assistant.run("action_show_company", session="s-partner-of-two")
    assert which.private["items"][0] == {"name": COMPANY.name}
    one = await assistant.run("action_show_own_item", session="s-partner-of-two", ref=which.references[0])
    assert one.private["name"] == COMPANY.name
    first = await assistant.run("action_list_pendencies", session="s-partner-of-two", whose="company")
    assert first.names == ["utter_company_which"]


async def test_who_represents_no_company_is_told_the_way(assistant: Any) -> None:
    for action in ("action_show_company", "action_list_processes"):
        answer = await assistant.run(action, session="s-idle", whose="company")
        assert (answer.names, answer.custom) == (["utter_company_none"], [])


async def test_a_company_that_is_represented_no_more_shows_nothing(assistant: Any, front_desk: Any) -> None:
    shown = await assistant.run("action_list_pendencies", session="s-partner", whose="company")
    before, front_desk.companies = front_desk.companies, {}
    try:
        answer = await assistant.run("action_show_own_item", session="s-partner", ref=shown.references[0])
    finally:
        front_desk.companies = before
    assert (answer.names, answer.custom) == (["utter_own_item_gone"], [])


def test_whoever_sees_not_all_of_a_process_gets_no_party_and_no_text_whatever_the_portal_sends() -> None:
    (example,) = build_world(dt.date(2026, 11, 22)).find(*EXAMPLE)
    careless = views.process(example, everything=True)
    careless["interessados"][0]["nuCpfCnpj"] = "***.444.777-**"

    data = as_data(msgspec.convert(careless, Process), load_agencies(CITY))

    assert (data["whole"], data["parties"]) == (False, [])
    assert {step["text"] for step in data["movements"]} == {None}
    careless["interessados"][0]["nuCpfCnpj"] = "111.444.777-35"
    whole = as_data(msgspec.convert(careless, Process), load_agencies(CITY))
    assert (whole["whole"], whole["parties"]) == (True, [BUSY.name, COMPANY.name])
    assert all(step["text"] for step in whole["movements"])
