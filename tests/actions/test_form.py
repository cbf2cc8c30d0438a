"""`validate_process_form` and `action_ask_agency`: the parts of a reference, one at a time or all at once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("written", "agency"),
    [
        ("PMP", "PMP"),
        ("pmp", "PMP"),
        (" P.M.P. ", None),
        ("Prefeitura", "PMP"),
        ("água e esgoto", "SEMAE"),
        ("AGUA E ESGOTO", "SEMAE"),
        ("Câmara", "CAMARA"),
        ("cÂmara  municipal!", "CAMARA"),
        ("ＳＥＭＡＥ", "SEMAE"),
        ("Instituto Previdência e Assistência Social dos Funcionários Municipais de Piracicaba", "IPASP"),
        ("SEMAI", None),
        ("xyz", None),
    ],
)
async def test_the_agency_is_known_by_acronym_name_and_nickname(
    assistant: Any, written: str, agency: str | None
) -> None:
    assert (await assistant.fill(agency=written)).slots["agency"] == agency


@pytest.mark.parametrize(
    ("written", "year"),
    [
        ("2023", "2023"),
        ("de 2023", "2023"),
        ("23", "2023"),
        ("98", "1998"),
        ("26", "2026"),
        ("27", None),
        ("2.023", "2023"),
        ("２０２３", "2023"),
        (2023, "2023"),
        ("1950", "1950"),
        ("1949", None),
        ("2026", "2026"),
        ("2027", None),
        ("202", None),
        ("20233", None),
        ("2022 ou 2023", None),
        ("ano passado", None),
        ("-2023", "2023"),
    ],
)
async def test_the_year_is_plausible_or_asked_for_again(assistant: Any, written: object, year: str | None) -> None:
    assert (await assistant.fill(year=written)).slots["year"] == year


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("500100", "500100"),
        ("500.100", "500100"),
        ("nº 500.100", "500100"),
        ("000123", "123"),
        ("5００", "500"),
        ("1", "1"),
        ("999999999", "999999999"),
        ("1000000000", None),
        ("0", None),
        ("12 34", None),
        ("não sei", None),
    ],
)
async def test_the_number_has_one_to_nine_digits(assistant: Any, written: str, number: str | None) -> None:
    assert (await assistant.fill(number=written)).slots["number"] == number


async def test_all_parts_at_once_are_accepted_in_silence(assistant: Any) -> None:
    answer = await assistant.fill(agency="prefeitura", year="23", number="500.100")

    assert answer.slots == {"agency": "PMP", "year": "2023", "number": "500100"}
    assert answer.responses == []


async def test_of_several_values_the_first_counts(assistant: Any) -> None:
    assert (await assistant.fill(year=["2022", "2023"])).slots["year"] == "2022"


async def test_a_good_part_survives_a_bad_one(assistant: Any) -> None:
    answer = await assistant.fill(year="2023", number="muitos")

    assert answer.slots["year"] == "2023"
    assert answer.slots["number"] is None
    assert answer.names == ["utter_number_invalid"]


async def test_nothing_extracted_changes_nothing_so_that_a_question_in_between_is_answered(assistant: Any) -> None:
    answer = await assistant.fill({"process_failures": {"slot": "year", "count": 1, "nearest": []}})

    assert answer.events == []
    assert answer.responses == []


@pytest.mark.parametrize(
    ("slot", "bad", "first"),
    [
        ("agency", "xyz", "utter_agency_unknown"),
        ("year", "abc", "utter_year_invalid"),
        ("number", "abc", "utter_number_invalid"),
    ],
)
async def test_after_two_failures_everything_is_explained(assistant: Any, slot: str, bad: str, first: str) -> None:
    said, failures = [], None
    for _ in range(3):
        answer = await assistant.fill({"process_failures": failures}, **{slot: bad})
        failures = answer.slots["process_failures"]
        said += answer.names

    assert said == [first, "utter_process_help", "utter_process_help"]
    assert failures["count"] == 3


async def test_a_success_forgives_the_failures_of_its_part_only(assistant: Any) -> None:
    failures = {"slot": "year", "count": 1, "nearest": []}

    assert (await assistant.fill({"process_failures": failures}, year="2023")).slots["process_failures"] is None
    assert "process_failures" not in (await assistant.fill({"process_failures": failures}, agency="PMP")).slots


async def test_a_failure_at_another_part_starts_a_new_count(assistant: Any) -> None:
    failures = {"slot": "year", "count": 1, "nearest": []}
    answer = await assistant.fill({"process_failures": failures}, number="abc")

    assert answer.names == ["utter_number_invalid"]
    assert answer.slots["process_failures"]["count"] == 1


async def test_the_year_that_is_refused_tells_its_bounds(assistant: Any) -> None:
    (said,) = (await assistant.fill(year="2031")).responses

    assert (said["first_year"], said["this_year"]) == ("1950", "2026")


def titles(answer: Any) -> list[str]:
    return [button["title"] for button in answer.responses[-1]["first_buttons"]]


async def test_the_agency_is_asked_for_with_a_button_for_each(assistant: Any) -> None:
    answer = await assistant.run("action_ask_agency")

    assert answer.names == ["utter_ask_agency"]
    assert sorted(titles(answer)) == ["CAMARA", "FUMEP", "IPASP", "PMP", "SEMAE", "SOLARBPM"]


@pytest.mark.parametrize(
    ("written", "nearest"), [("SEMAI", "SEMAE"), ("camera", "CAMARA"), ("prefetura", "PMP"), ("ipaspe", "IPASP")]
)
async def test_after_an_unknown_agency_the_nearest_are_the_buttons(assistant: Any, written: str, nearest: str) -> None:
    refused = await assistant.fill(agency=written)
    answer = await assistant.run("action_ask_agency", {"process_failures": refused.slots["process_failures"]})

    assert answer.names == ["utter_ask_agency_nearest"]
    assert titles(answer)[0] == nearest
    assert len(titles(answer)) <= 3


async def test_an_agency_that_resembles_none_gets_all_buttons(assistant: Any) -> None:
    refused = await assistant.fill(agency="zzzzzzzzzz")
    answer = await assistant.run("action_ask_agency", {"process_failures": refused.slots["process_failures"]})

    assert len(titles(answer)) == 6


async def test_a_button_fills_the_slot(assistant: Any) -> None:
    button = (await assistant.run("action_ask_agency")).responses[0]["first_buttons"][0]

    intent, brace, entities = button["payload"].partition("{")
    assert intent == "/inform_process"
    assert (await assistant.fill(**json.loads(brace + entities))).slots["agency"] == button["title"]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(
    candidates=st.dictionaries(st.sampled_from(["agency", "year", "number"]), ANYTHING, min_size=1), failures=ANYTHING
)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_is_extracted_a_part_is_right_or_empty(
    assistant: Any, candidates: dict[str, Any], failures: Any
) -> None:
    answer = await assistant.fill({"process_failures": failures}, **candidates)

    assert answer.status == 200
    slots = answer.slots
    assert slots.get("agency") in (None, "CAMARA", "FUMEP", "IPASP", "PMP", "SEMAE", "SOLARBPM")
    assert slots.get("year") is None or 1950 <= int(slots["year"]) <= 2026
    assert slots.get("number") is None or (slots["number"].isascii() and 0 < int(slots["number"]) < 10**9)


@given(failures=ANYTHING)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_odd_failures_in_the_state_do_not_stop_the_question(assistant: Any, failures: Any) -> None:
    answer = await assistant.run("action_ask_agency", {"process_failures": failures})

    assert answer.names == ["utter_ask_agency"]
