"""A conversation's state as JSON: what a tracker needs to go on, and nothing a citizen said or was told.

Shape: {"v": 1, "slots": {name: value}, "loop": name | null, "events": [...], "said": [digest, ...]}
`slots` and `loop` are as they stood before `events`; `events` are the last turns, without bot utterances, message
texts, metadata or rankings. Bounded by KEPT_TURNS, so a conversation's cost does not grow with its length.
"""

from functools import cache
from typing import Any, Dict, List, Optional, Type

from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from assistant.serving.requests import RECEIVED_AT

VERSION = 1
KEPT_TURNS = 3  # a rule looks back into the turn before, and interruptions.py counts three messages
KEPT_DIGESTS = 6
MAX_EVENTS = 120  # more in three turns means a loop somewhere: drop rather than grow
INITIAL_EVENTS = [{"event": "action", "name": ACTION_LISTEN_NAME}]


class StateUnreadable(Exception):
    """The state is of another version or does not fit this model: the conversation starts anew, politely."""


def dump_state(tracker: DialogueStateTracker, said: List[str]) -> Dict[str, Any]:
    """The state after this turn."""
    events = list(tracker.events)
    cut = _cut(events)
    before = _replay(events[:cut], tracker)
    kept = [_slim(event) for event in events[cut:] if not isinstance(event, BotUttered)]
    return {
        "v": VERSION,
        "slots": before["slots"],
        "loop": before["loop"],
        "events": kept[-MAX_EVENTS:],
        "said": said[-KEPT_DIGESTS:],
    }


def load_tracker(state: Optional[Dict[str, Any]], sender_id: str, domain: Domain) -> DialogueStateTracker:
    """A tracker that goes on from `state` (None: a new one that listens). Raises StateUnreadable."""
    tracker = DialogueStateTracker(sender_id, domain.slots)
    if state is None:
        tracker.update(ActionExecuted(ACTION_LISTEN_NAME))
        return tracker
    try:
        if state["v"] != VERSION:
            raise StateUnreadable(f"state version {state['v']}")
        _check_names(state, domain)
        for name, value in state["slots"].items():
            tracker.update(SlotSet(name, value))
        if state["loop"]:
            tracker.update(ActiveLoop(state["loop"]))
        for parameters in state["events"]:
            tracker.update(_event(parameters), domain)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise StateUnreadable(type(error).__name__) from error
    return tracker


def _check_names(state: Dict[str, Any], domain: Domain) -> None:
    """A model without this loop, slot or intent cannot go on from here."""
    slots = {slot.name for slot in domain.slots}
    if state["loop"] and state["loop"] not in domain.form_names:
        raise StateUnreadable(f"loop {state['loop']}")
    for name in state["slots"]:
        if name not in slots:
            raise StateUnreadable(f"slot {name}")
    known = set(domain.intents)
    for event in state["events"]:
        if event["event"] == "user" and event["parse_data"]["intent"]["name"] not in known:
            raise StateUnreadable("intent")


def _cut(events: List[Event]) -> int:
    """Index of the first event to keep: the user message that opened the last KEPT_TURNS turns, or 0."""
    turns = 0
    for index in range(len(events) - 1, -1, -1):
        if isinstance(events[index], SessionStarted):
            return index + 1
        if isinstance(events[index], UserUttered):
            turns += 1
            if turns == KEPT_TURNS:
                # Keep the action_listen before it: a user message follows a listening bot.
                return index - 1 if index and isinstance(events[index - 1], ActionExecuted) else index
    return 0


def _replay(events: List[Event], tracker: DialogueStateTracker) -> Dict[str, Any]:
    """Slots (only those not at their initial value) and active loop after `events`."""
    slots: Dict[str, Any] = {}
    loop: Optional[str] = None
    for event in events:
        if isinstance(event, SlotSet):
            slots[event.key] = event.value
        elif isinstance(event, ActiveLoop):
            loop = event.name
        elif isinstance(event, SessionStarted):
            slots, loop = {}, None
    initial = {name: slot.initial_value for name, slot in tracker.slots.items()}
    return {"slots": {name: value for name, value in slots.items() if value != initial.get(name)}, "loop": loop}


def _slim(event: Event) -> Dict[str, Any]:
    """The event without texts, metadata, rankings and model ids."""
    if isinstance(event, UserUttered):
        entities = [{"entity": entity["entity"], "value": entity.get("value")} for entity in event.entities]
        intent = {"name": event.intent_name, "confidence": round(float(event.intent.get("confidence") or 0.0), 4)}
        parse_data = {"intent": intent, "entities": entities, "text": ""}
        # When the citizen wrote, not when the turn was worked on: how long they are silent is counted from it.
        said_at = event.metadata.get(RECEIVED_AT, event.timestamp)
        return {"event": "user", "timestamp": said_at, "text": "", "parse_data": parse_data}
    parameters = {key: value for key, value in event.as_dict().items() if value is not None}
    for dropped in ("metadata", "action_text", "policy", "confidence", "timestamp"):
        parameters.pop(dropped, None)
    return parameters


@cache
def _event_class(name: str) -> Type[Event]:
    """Rasa walks all subclasses for each event; the cache halves the cost of long trackers (rasa-notes)."""
    event_class = Event.resolve_by_type(name)
    if event_class is None:
        raise StateUnreadable(f"event {name}")
    return event_class


def _event(parameters: Dict[str, Any]) -> Event:
    event = _event_class(parameters["event"])._from_parameters(dict(parameters))
    if event is None:
        raise StateUnreadable(f"event {parameters['event']}")
    return event
