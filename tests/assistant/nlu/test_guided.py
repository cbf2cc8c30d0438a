"""Which step of the guided mode a message means, and when it means none."""

from typing import Dict, Optional

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import SlotSet
from rasa.shared.core.slots import TextSlot
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from assistant.nlu.guided import GuidedMode

STEPS = {f"utter_guide_password_{number}": [{"text": "x"}] for number in (1, 2, 3)}
DOMAIN = Domain.from_dict({"responses": STEPS})
MODE = GuidedMode(["tá", "já fiz", "E agora?"])


def meant(
    text: str, intent: str, guide: Optional[str] = "password:2", topic: Optional[str] = "password"
) -> Dict[str, str]:
    """Intent and entities of a message that the classifier took for `intent`."""
    slots = [TextSlot(name, mappings=[{}], influence_conversation=False) for name in ("topic", "guide")]
    tracker = DialogueStateTracker("c", slots)
    tracker.update(SlotSet("guide", guide))
    tracker.update(SlotSet("topic", topic))
    message = Message(data={TEXT: text, INTENT: {"name": intent, "confidence": 0.9}})
    MODE.apply(message, tracker, DOMAIN)
    return {
        "intent": message.get(INTENT)["name"],
        **{entity["entity"]: entity["value"] for entity in message.get(ENTITIES) or []},
    }


def step(number: int) -> Dict[str, str]:
    return {"intent": "guide_go", "guide": f"password:{number}", "topic": "password"}


@pytest.mark.parametrize("intent", ["guide_next", "followup_next", "affirm"])
def test_what_asks_for_more_is_the_next_step(intent: str) -> None:
    assert meant("vamos", intent) == step(3)
    assert meant("vamos", intent, "password:3") == step(0)


@pytest.mark.parametrize("text", ["tá", "Tá!", "ta", "já fiz", "ja fiz.", "e agora?", "E agora"])
def test_words_that_agree_are_the_next_step_whatever_the_classifier_thinks(text: str) -> None:
    assert meant(text, "thanks") == step(3)
    assert meant(text, "thanks", guide="off") == {"intent": "thanks"}


def test_more_than_such_a_word_is_what_it_says() -> None:
    assert meant("já fiz o cadastro", "register") == {"intent": "register"}


@pytest.mark.parametrize(("text", "intent"), [("e depois?", "followup_next"), ("ok", "affirm"), ("tá", "thanks")])
def test_after_another_topic_only_an_explicit_word_goes_on_with_the_steps(text: str, intent: str) -> None:
    assert meant(text, intent, topic="vista") == {"intent": intent}
    assert meant("próximo", "guide_next", topic="vista") == step(3)


def test_back_and_out() -> None:
    assert meant("volta", "guide_back") == step(1)
    assert meant("volta", "guide_back", "password:1") == step(1)
    assert meant("cancela", "cancel") == {"intent": "guide_exit"}
    assert meant("sair", "guide_exit", "off") == {"intent": "cancel"}
