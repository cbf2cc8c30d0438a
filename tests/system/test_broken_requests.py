"""Broken, odd and huge requests from inside: refused by name; nothing of them comes back or stands in a log."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.system.links import MARK, MAX_REFUSAL, WEBHOOKS, bearer, call, turn, url
from tests.whole_system import ACTIONS, PARTS, RASA, WholeSystem

_DEEP = b'{"text": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
BROKEN: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"{" + MARK.encode(),
    "no UTF-8": b'{"text": "' + MARK.encode() + b'\xff\xfe"}',
    "a list": json.dumps([MARK]).encode(),
    "a text": json.dumps(MARK).encode(),
    "too deep": _DEEP,
    "huge": json.dumps(
        call(events=[{"event": "user", "text": MARK * 1_000_000}]) | turn(text=MARK * 1_000_000)
    ).encode(),
}
REFUSED_TURNS: dict[str, dict[str, Any]] = {
    "unknown intent": turn(payload={"intent": MARK, "entities": {}}),
    "an intent of Rasa's own": turn(payload={"intent": "restart", "entities": {}}),
    "text of another type": turn(text={MARK: MARK}),
    "state of another type": turn(state=[MARK]),
    "long text": turn(text=MARK * 1_000),
    "no conversation": {"text": MARK},
}
REFUSED_CALLS: dict[str, dict[str, Any]] = {
    "unknown action": call("action_unknown"),
    "action of another type": call({MARK: MARK}),
    "slots of another type": call(slots=MARK),
    "events of another type": call(events=MARK),
    "events that are no events": call(events=[MARK]),
    "no tracker": {"next_action": "action_show_process", "text": MARK},
    "form without a domain": call("validate_process_form", active_loop={"name": MARK}) | {"domain": MARK},
}
CASES = [
    *((part, name, body) for part in WEBHOOKS for name, body in BROKEN.items()),
    *((RASA, name, json.dumps(body).encode()) for name, body in REFUSED_TURNS.items()),
    *((ACTIONS, name, json.dumps(body).encode()) for name, body in REFUSED_CALLS.items()),
]


@pytest.mark.parametrize(
    ("part", "content"), [case[::2] for case in CASES], ids=[f"{case[0]}: {case[1]}" for case in CASES]
)
def test_a_broken_request_is_refused_by_name_and_not_echoed(
    system: WholeSystem, http: httpx.Client, part: str, content: bytes
) -> None:
    """The stock action server answers 500 with the request and its tracker, which Rasa writes into its log."""
    path, secret = WEBHOOKS[part]
    headers = bearer(system, secret) | {"Content-Type": "application/json"}
    answer = http.post(url(system, part, path), content=content, headers=headers)
    assert 400 <= answer.status_code < 500
    assert set(answer.json()) <= {"error", "action_name"}
    assert MARK not in answer.text
    assert len(answer.text) < MAX_REFUSAL


def test_a_state_that_cannot_be_read_starts_anew_and_is_not_echoed(system: WholeSystem, http: httpx.Client) -> None:
    state = {"v": 1, "slots": {"topic": MARK}, "loop": "unknown", "events": [{"text": MARK}], "said": [MARK]}
    headers = bearer(system, "GUICHE_RASA_SECRET")
    answer = http.post(url(system, RASA, WEBHOOKS[RASA][0]), json=turn(state=state, text="oi"), headers=headers)
    assert answer.status_code == 200
    assert MARK not in answer.text


def test_none_of_it_reached_a_log(system: WholeSystem) -> None:
    """Runs after those above."""
    assert [part for part in PARTS if MARK in system.log(part)] == []
