"""Guided mode: which step "próximo", "volta", "ok" and "passo a passo" mean."""

from typing import Optional, Sequence

from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from assistant.guide import GuideStep
from assistant.nlu.meaning import intent_of, set_entities, set_intent
from assistant.nlu.normalise import tokens

GUIDE_GO = "guide_go"
GUIDED = ("guide_start", "guide_next", "guide_back")
# These ask for the next step only while the steps are what is talked about.
_AGREES = ("followup_next", "affirm")


class GuidedMode:
    """Turns a message into a step; without a step, into what is near."""

    def __init__(self, go_on_words: Sequence[str]) -> None:
        """`go_on_words`: whole messages that agree ("fiz", "beleza"), whatever the classifier makes of them."""
        self._go_on = {_bare(words) for words in go_on_words}

    def apply(self, message: Message, tracker: DialogueStateTracker, domain: Domain) -> None:
        step, intent = GuideStep.parse(tracker.get_slot("guide")), intent_of(message)
        if step.active and (intent == "guide_next" or (self._agrees(message) and _in_course(step, tracker))):
            _go(message, GuideStep(step.topic, _following(step, domain)))
        elif step.active and intent == "guide_back":
            _go(message, GuideStep(step.topic, max(1, step.number - 1)))
        elif step.active and intent == "cancel":
            set_intent(message, "guide_exit")
        elif step.finished and intent == "deny" and _previous_intent(tracker) == GUIDE_GO:
            set_intent(message, "followup_missing")  # "Deu certo?" - "Não"
        elif intent == "guide_exit" and not step.active:
            set_intent(message, "cancel")
        elif intent == "guide_start":
            topic = tracker.get_slot("topic")
            if topic and _has_step(topic, 1, domain):
                _go(message, GuideStep(topic, 1))
        elif intent == "guide_next":
            set_intent(message, "followup_next")
        elif intent == "guide_back":
            set_intent(message, "followup_again")

    def _agrees(self, message: Message) -> bool:
        return intent_of(message) in _AGREES or _bare(message.get(TEXT) or "") in self._go_on


def _in_course(step: GuideStep, tracker: DialogueStateTracker) -> bool:
    """Whether the steps are what is talked about: "e depois?" about another topic, asked since, is no next step."""
    return bool(tracker.get_slot("topic") == step.topic)


def _following(step: GuideStep, domain: Domain) -> int:
    return step.number + 1 if _has_step(step.topic, step.number + 1, domain) else 0


def _has_step(topic: str, number: int, domain: Domain) -> bool:
    return f"utter_guide_{topic}_{number}" in domain.responses


def _go(message: Message, step: GuideStep) -> None:
    set_intent(message, GUIDE_GO)
    set_entities(message, step.entities())


def _previous_intent(tracker: DialogueStateTracker) -> Optional[str]:
    return tracker.latest_message.intent_name if tracker.latest_message else None


def _bare(text: str) -> str:
    return " ".join(token for token in tokens(text) if token.isalpha())
