"""From the help center to what Rasa understands: intents, slots, responses and rules, as plain dictionaries."""

from typing import Any, Dict, List, Mapping, Optional, Sequence

from assistant.content.city import City
from assistant.content.entries import Detail, HelpCenter, Topic

FOLLOW_UP_INTENTS = {"next": "followup_next", "where": "followup_where", "missing": "followup_missing"}
AGAIN_INTENT, UNSAID_INTENT = "followup_again", "followup_unsaid"
# What a message about another topic's entry becomes (entries.ELSEWHERE) -> its intent.
ELSEWHERE_INTENTS = {**FOLLOW_UP_INTENTS, "again": AGAIN_INTENT, "unsaid": UNSAID_INTENT}
GUIDE_END = "end"
PERSON = "human"  # the topic with the contacts
CONSULT, LOOK_UPS = "consult_process", ("look_up_process", "inform_process")  # a look-up is that topic in course
MAX_BUTTONS = 3  # WhatsApp reply buttons (docs/platforms.md); a longer list becomes a menu there

Response = Dict[str, Any]
Labels = Mapping[str, str]


def domain_fragment(help_center: HelpCenter, city: City, labels: Labels) -> Dict[str, Any]:
    """What the help center adds to domain.yml: intents, the slots `topic` and `subject`, and responses."""
    responses: Dict[str, List[Response]] = {}
    for topic in help_center.topics:
        responses[f"utter_{topic.intent}"] = topic_answers(topic, help_center, city, labels)
        for detail in topic.details:
            responses[f"utter_{detail.intent}"] = detail_answers(detail, topic, help_center, city)
        responses.update(guide_responses(topic, city, labels))
    responses.update(_follow_up_responses(help_center, city, labels))
    owners = help_center.topic_of()
    return {
        "intents": [*owners, *(f"ambiguous_{word.name}" for word in help_center.ambiguous_words)],
        "slots": {
            "topic": _slot({**owners, **dict.fromkeys(LOOK_UPS, CONSULT)}),
            "subject": _slot({**{intent: intent for intent in owners}, **dict.fromkeys(LOOK_UPS, CONSULT)}),
        },
        "responses": responses,
    }


def rules(help_center: HelpCenter, already_ruled: Sequence[str] = ()) -> List[Dict[str, Any]]:
    """One rule an intent, except for intents that data/rules.yml already answers (`already_ruled`)."""
    answers: Dict[str, str] = {}
    for topic in help_center.topics:
        answers[topic.intent] = topic.action or f"utter_{topic.intent}"
        answers.update({detail.intent: detail.action or f"utter_{detail.intent}" for detail in topic.details})
    answers.update({intent: f"utter_{intent}" for intent in ELSEWHERE_INTENTS.values()})
    answers.update({f"ambiguous_{word.name}": word.response for word in help_center.ambiguous_words})
    return [
        {"rule": f"help center: {intent}", "steps": [{"intent": intent}, {"action": action}]}
        for intent, action in answers.items()
        if intent not in already_ruled
    ]


def topic_answers(topic: Topic, help_center: HelpCenter, city: City, labels: Labels) -> List[Response]:
    """The full answer first, then the same said more simply (for when it is asked twice in a row)."""
    buttons = _topic_buttons(topic, help_center, labels)
    return [
        {"text": full_text(topic, city, labels), "buttons": buttons},
        {"text": city.fill_paragraphs(topic.again), "buttons": buttons},
    ]


def full_text(topic: Topic, city: City, labels: Labels) -> str:
    """Introduction, what to have at hand, numbered steps, notes. Blank lines between the parts."""
    parts = [city.fill_paragraphs(topic.introduction)]
    requirements = topic.charter.get("requirements")
    if requirements and (filled := city.fill(requirements)):
        parts.append(labels["requirements"].format(requirements=filled))
    steps = [filled for step in topic.steps if (filled := city.fill(step))]
    if steps:
        parts.append("\n".join(f"{number}. {step}" for number, step in enumerate(steps, start=1)))
    parts += [city.fill_paragraphs(note) for note in topic.notes]
    return "\n\n".join(part for part in parts if part)


def detail_answers(detail: Detail, topic: Topic, help_center: HelpCenter, city: City) -> List[Response]:
    """The answer, then its simpler wording. The way back to the topic is a button."""
    buttons = [_button(topic.title, topic.intent), *_related_buttons(topic, help_center)][:MAX_BUTTONS]
    return [{"text": city.fill_paragraphs(text), "buttons": buttons} for text in (detail.answer, detail.again)]


def guide_responses(topic: Topic, city: City, labels: Labels) -> Dict[str, List[Response]]:
    """`utter_guide_<topic>_<n>`: the topic's n-th step (from 1), one bubble with its buttons."""
    steps = [filled for step in topic.steps if (filled := city.fill(step))]
    responses = {}
    for number, step in enumerate(steps, start=1):
        following = number + 1 if number < len(steps) else GUIDE_END
        buttons = [_button(labels["next"], "guide_go", guide=f"{topic.intent}:{following}")]
        if number > 1:
            buttons.append(_button(labels["back"], "guide_go", guide=f"{topic.intent}:{number - 1}"))
        buttons.append(_button(labels["exit"], "guide_exit"))
        text = labels["step"].format(title=topic.title, number=number, total=len(steps), step=step)
        responses[f"utter_guide_{topic.intent}_{number}"] = [{"text": text, "buttons": buttons}]
    return responses


def _topic_buttons(topic: Topic, help_center: HelpCenter, labels: Labels) -> List[Response]:
    buttons = []
    if len(topic.steps) > 1:
        buttons.append(_button(labels["step_by_step"], "guide_go", guide=f"{topic.intent}:1"))
    return [*buttons, *_related_buttons(topic, help_center)][:MAX_BUTTONS]


def _related_buttons(topic: Topic, help_center: HelpCenter) -> List[Response]:
    titles = help_center.titles()
    return [_button(titles[intent], intent) for intent in topic.related]


def _button(title: str, intent: str, guide: Optional[str] = None) -> Response:
    return {"title": title, "payload": f'/{intent}{{"guide": "{guide}"}}' if guide else f"/{intent}"}


def _slot(values: Dict[str, str]) -> Dict[str, Any]:
    """A text slot that each intent sets to its value, and a step of the guided mode to its topic; no policy sees it."""
    mappings = [{"type": "from_intent", "intent": intent, "value": value} for intent, value in values.items()]
    mappings.append({"type": "from_entity", "entity": "topic", "intent": "guide_go"})
    return {"type": "text", "influence_conversation": False, "mappings": mappings}


def _follow_up_responses(help_center: HelpCenter, city: City, labels: Labels) -> Dict[str, List[Response]]:
    """Answers conditional on the topic (or, to say it again, on the subject) in course."""
    responses: Dict[str, List[Response]] = {}
    for key, intent in FOLLOW_UP_INTENTS.items():
        responses[f"utter_{intent}"] = [
            _when(
                "topic", topic.intent, city.fill_paragraphs(topic.follow_ups[key]), _related_buttons(topic, help_center)
            )
            for topic in help_center.topics
            if key in topic.follow_ups
        ]
    again = []
    for topic in help_center.topics:
        related = _related_buttons(topic, help_center)
        again.append(_when("subject", topic.intent, city.fill_paragraphs(topic.again), related))
        again.append(_when("subject", topic.intent, full_text(topic, city, labels), related))
        for detail in topic.details:
            again.append(_when("subject", detail.intent, city.fill_paragraphs(detail.again), related))
            again.append(_when("subject", detail.intent, city.fill_paragraphs(detail.answer), related))
    responses[f"utter_{AGAIN_INTENT}"] = again
    responses[f"utter_{UNSAID_INTENT}"] = [
        _when("topic", topic.intent, labels["unsaid"].format(title=topic.title), _unsaid_buttons(topic, labels))
        for topic in help_center.topics
    ]
    return responses


def _unsaid_buttons(topic: Topic, labels: Labels) -> List[Response]:
    """Back to the topic, or to a person."""
    buttons = [_button(topic.title, topic.intent), _button(labels["person"], PERSON)]
    return buttons[1:] if topic.intent == PERSON else buttons


def _when(slot: str, value: str, text: str, buttons: List[Response]) -> Response:
    condition = [{"type": "slot", "name": slot, "value": value}]
    return {"text": text, "buttons": buttons, "condition": condition}
