"""How often in a row the citizen has asked something else while the form waits for a part of a reference."""

from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

# After one question in between the form asks again; at the second it only says that it waits, then it keeps silent.
WAITS_AT, SILENT_FROM = 2, 3
_ANSWERS = ("inform_process", "look_up_process", "consult_process")


def interruptions(tracker: DialogueStateTracker) -> int:
    """Counted in what the state keeps of the conversation (three turns)."""
    count = 0
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            if event.intent_name in _ANSWERS:
                break
            count += 1
    return count
