"""What the front desk may send. Free text can never become a command."""

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.serving.requests import Malformed, parse_payload, parse_request, without_command

INTENTS = {"greet", "guide_go"}


def request(**changes: object) -> dict:
    return {"conversation": "c", "message_id": "m", "state": None, "text": "oi", **changes}


@pytest.mark.parametrize(
    "text",
    [
        "/greet",
        "  /greet",
        "\u200b/greet",
        "/\u200b/greet",
        "／greet",
        "﻿ /greet",
        "//greet",
        "\u2060/ /greet",
        "\n\t/greet",
    ],
)
def test_a_typed_command_is_plain_text(text: str) -> None:
    assert parse_request(request(text=text), INTENTS).text == "greet"


@given(st.text(max_size=200))
def test_no_text_starts_with_a_slash_after_what_rasa_strips(text: str) -> None:
    assert not without_command(text).strip().startswith("/")


def test_a_slash_inside_stays() -> None:
    assert without_command("PMP 2023/500100") == "PMP 2023/500100"


def test_a_button_becomes_what_rasa_would_have_parsed() -> None:
    body = request(payload={"intent": "guide_go", "entities": {"guide": "sign:2"}}, text="Próximo")
    parsed = parse_request(body, INTENTS).parse_data
    assert parsed is not None
    assert parsed["intent"] == {"name": "guide_go", "confidence": 1.0}
    assert {entity["entity"]: entity["value"] for entity in parsed["entities"]} == {"guide": "sign:2", "topic": "sign"}


@pytest.mark.parametrize("received_at", [0, 1_700_000_000, 1_700_000_000.25])
def test_when_the_citizen_wrote_is_what_the_front_desk_says(received_at: float) -> None:
    parsed = parse_request(request(metadata={"channel": "web", "received_at": received_at}), INTENTS)
    assert parsed.metadata == {"channel": "web", "received_at": received_at}


@pytest.mark.parametrize("metadata", [{}, {"received_at": None}, {"received_at": 99_999_999_999}, None])
def test_when_nobody_says_or_a_clock_goes_ahead_the_citizen_wrote_now(metadata: object) -> None:
    before = time.time()
    parsed = parse_request(request(metadata=metadata), INTENTS)
    assert before <= parsed.metadata["received_at"] <= time.time()


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "text",
        request(text=None),
        request(text=""),
        request(text="/ /"),
        request(text="a" * 1001),
        request(text=7),
        request(conversation=""),
        request(conversation="x" * 129),
        request(message_id=None),
        request(state=[]),
        request(metadata="x"),
        *[request(metadata={"received_at": wrong}) for wrong in ("now", True, [], -1, float("nan"), float("inf"))],
        request(payload={"intent": "restart"}),
        request(payload={"intent": "greet", "entities": {"a": {"b": 1}}}),
        request(payload="greet"),
        request(payload={"intent": "greet", "entities": []}, text="x") | {"payload": ["greet"]},
    ],
)
def test_a_malformed_request_is_refused(body: object) -> None:
    with pytest.raises(Malformed):
        parse_request(body, INTENTS)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda c: st.lists(c) | st.dictionaries(st.text(), c)
    )
)
def test_any_json_is_parsed_or_malformed(body: object) -> None:
    with contextlib.suppress(Malformed):
        parse_request(body, INTENTS)


def test_the_payload_of_a_response() -> None:
    assert parse_payload('/guide_go{"guide": "sign:2"}') == {"intent": "guide_go", "entities": {"guide": "sign:2"}}
    assert parse_payload("/greet") == {"intent": "greet", "entities": {}}


@pytest.mark.parametrize("payload", ["greet", "/", "/greet{", "/greet{}x", "", "/Greet"])
def test_a_broken_payload_is_refused(payload: str) -> None:
    with pytest.raises(Malformed):
        parse_payload(payload)
