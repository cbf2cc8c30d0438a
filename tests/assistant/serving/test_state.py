"""The conversation's state: round trip, bounds, and refusal of what another model wrote."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, BotUttered, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from assistant.serving.state import KEPT_TURNS, StateUnreadable, dump_state, load_tracker

DOMAIN = Domain.from_dict(
    {
        "intents": ["ask", "tell"],
        "slots": {
            "topic": {"type": "text", "influence_conversation": False, "mappings": [{"type": "custom"}]},
            "a": {"type": "any", "influence_conversation": False, "mappings": [{"type": "custom"}]},
        },
        "forms": {"a_form": {"required_slots": ["a"]}},
        "responses": {"utter_it": [{"text": "x"}]},
    }
)


def turn(tracker: DialogueStateTracker, number: int) -> None:
    parse_data = {"intent": {"name": "ask", "confidence": 0.9}, "entities": [], "text": f"secret words {number}"}
    tracker.update(UserUttered(f"secret words {number}", parse_data["intent"], [], parse_data), DOMAIN)
    tracker.update(SlotSet("topic", f"t{number}"))
    tracker.update(ActionExecuted("utter_it"))
    tracker.update(BotUttered(f"private answer {number}"))
    tracker.update(ActionExecuted("action_listen"))


def through_json(tracker: DialogueStateTracker) -> DialogueStateTracker:
    return load_tracker(json.loads(json.dumps(dump_state(tracker, []))), "c", DOMAIN)


def test_a_new_conversation_listens() -> None:
    assert load_tracker(None, "c", DOMAIN).latest_action_name == "action_listen"


def test_slots_and_loop_survive_many_turns() -> None:
    tracker = load_tracker(None, "c", DOMAIN)
    tracker.update(SlotSet("a", {"deep": [1]}))
    tracker.update(ActiveLoop("a_form"))
    for number in range(KEPT_TURNS * 3):
        turn(tracker, number)
        tracker = through_json(tracker)
    assert tracker.get_slot("a") == {"deep": [1]}
    assert tracker.get_slot("topic") == f"t{KEPT_TURNS * 3 - 1}"
    assert tracker.active_loop_name == "a_form"
    assert tracker.latest_action_name == "action_listen"


def test_the_state_stops_growing() -> None:
    tracker = load_tracker(None, "c", DOMAIN)
    sizes = []
    for number in range(30):
        turn(tracker, number % 10)
        tracker = through_json(tracker)
        sizes.append(len(json.dumps(dump_state(tracker, []))))
    assert max(sizes[10:]) <= 1.05 * max(sizes[:10])


def test_nothing_said_is_kept() -> None:
    tracker = load_tracker(None, "c", DOMAIN)
    turn(tracker, 1)
    state = json.dumps(dump_state(tracker, []))
    assert "secret words" not in state
    assert "private answer" not in state


def test_a_message_counts_from_when_it_was_written_not_from_when_it_was_worked_on() -> None:
    tracker = load_tracker(None, "c", DOMAIN)
    parse_data = {"intent": {"name": "ask", "confidence": 0.9}, "entities": [], "text": ""}
    tracker.update(UserUttered("", parse_data["intent"], [], parse_data, metadata={"received_at": 1000.5}), DOMAIN)
    tracker = through_json(through_json(tracker))
    last = tracker.get_last_event_for(UserUttered)
    assert last is not None
    assert last.timestamp == 1000.5


def test_a_session_that_started_anew_forgets() -> None:
    tracker = load_tracker(None, "c", DOMAIN)
    turn(tracker, 1)
    tracker.update(SessionStarted())
    tracker.update(ActionExecuted("action_listen"))
    assert through_json(tracker).get_slot("topic") is None


@pytest.mark.parametrize(
    "change",
    [
        {"v": 0},
        {"loop": "another_form"},
        {"slots": {"unknown": 1}},
        {"events": [{"event": "no_such_event"}]},
        {"events": [{}]},
        {"events": [{"event": "user", "parse_data": {"intent": {"name": "gone"}}}]},
        {"events": None},
    ],
)
def test_what_this_model_cannot_read_is_refused(change: dict) -> None:
    tracker = load_tracker(None, "c", DOMAIN)
    turn(tracker, 1)
    with pytest.raises(StateUnreadable):
        load_tracker({**dump_state(tracker, []), **change}, "c", DOMAIN)


@given(
    st.dictionaries(
        st.sampled_from(["v", "slots", "loop", "events", "said"]),
        st.none() | st.integers() | st.text() | st.lists(st.none()),
    )
)
def test_rubbish_is_refused_by_its_name(state: dict) -> None:
    with pytest.raises(StateUnreadable):
        load_tracker(state, "c", DOMAIN)
