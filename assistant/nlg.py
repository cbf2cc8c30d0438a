"""The in-process generator of answers (endpoints.yml: nlg): no action server, so they survive its outage.

It looks at the conversation where a plain response cannot: the step of the guided mode, the three likeliest topics of
a message that was not understood, the way back to an interrupted step, and never the same text twice in a row.
"""

import copy
import hashlib
import json
from pathlib import Path
from typing import Any, Dict, List, Optional

from rasa.core.nlg import TemplatedNaturalLanguageGenerator
from rasa.core.nlg.generator import ResponseVariationFilter
from rasa.core.nlg.interpolator import interpolate_text
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from assistant.content.assembly import MAX_BUTTONS
from assistant.content.help_center import load_help_center
from assistant.content.labels import load_labels
from assistant.guide import GuideStep
from assistant.nlu.interruptions import SILENT_FROM, WAITS_AT, interruptions
from assistant.nlu.references import FORM
from assistant.serving.turn import current_turn

SUGGESTIONS = 3
GUIDE, GUIDE_DONE = "utter_guide", "utter_guide_done"
GUIDE_START = "/guide_start"
NOT_UNDERSTOOD, NOT_UNDERSTOOD_AGAIN = "utter_not_understood", "utter_not_understood_again"
FALLBACK_INTENT = "nlu_fallback"
ASKS = ("utter_ask_agency", "utter_ask_agency_nearest", "utter_ask_year", "utter_ask_number")
FORM_WAITS, FORM_SILENT = "utter_form_waits", "utter_form_silent"
# What the actions of the tasks say last, instead of a topic's response.
TASK_ANSWERS = ("utter_login_needed_", "utter_next_")

Response = Dict[str, Any]


class HelpCenterNLG(TemplatedNaturalLanguageGenerator):
    """Responses of the domain, chosen by what the conversation shows."""

    def __init__(self, endpoint_config: Optional[EndpointConfig] = None, domain: Optional[Domain] = None) -> None:
        super().__init__(domain.responses if domain else {})
        root = Path.cwd()
        help_center = load_help_center(root)
        self._labels = load_labels(root)
        self._titles = help_center.titles()
        self._topic_of = help_center.topic_of()

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **kwargs: Any
    ) -> Optional[Response]:
        """The response to utter, or None when the domain has none of that name."""
        guide = GuideStep.parse(tracker.get_slot("guide"))
        name = self._resolve(utter_action, guide, tracker)
        response = self._choose(name, tracker, output_channel)
        if response is None:
            return None
        values = {**tracker.current_slot_values(), **kwargs}
        response["text"] = interpolate_text(response.get("text") or "", values)
        response.pop("condition", None)
        if name not in (FORM_WAITS, FORM_SILENT):
            _own_buttons(response, kwargs.get("first_buttons") or [], kwargs.get("references") or {})
        if name in (NOT_UNDERSTOOD, NOT_UNDERSTOOD_AGAIN):
            self._suggest(response, tracker, person_first=name == NOT_UNDERSTOOD_AGAIN)
        else:
            self._offer_second(response, name, tracker)
            self._start_at_topic(response, tracker.get_slot("topic"))
            self._offer_about(response, tracker)
            if guide.active and not utter_action.startswith(GUIDE) and _just_left(guide, tracker):
                self._offer_to_resume(response, guide)
        return self._not_twice(response, tracker)

    def _resolve(self, utter_action: str, guide: GuideStep, tracker: DialogueStateTracker) -> str:
        """Names that stand for another: a guide's step, and the second failure in a row."""
        if utter_action == GUIDE:
            step = f"{GUIDE}_{guide.topic}_{guide.number}"
            return step if step in self.responses else GUIDE_DONE if guide.topic else utter_action
        if utter_action in ASKS and tracker.active_loop_name == FORM:
            asked = interruptions(tracker)
            return FORM_SILENT if asked >= SILENT_FROM else FORM_WAITS if asked >= WAITS_AT else utter_action
        if utter_action == NOT_UNDERSTOOD and _previous_intent(tracker) == FALLBACK_INTENT:
            return NOT_UNDERSTOOD_AGAIN
        return utter_action

    def _choose(self, name: str, tracker: DialogueStateTracker, output_channel: str) -> Optional[Response]:
        """The first variation that was not said lately; otherwise the one said longest ago."""
        if name not in self.responses:
            return None
        variations = ResponseVariationFilter(self.responses).responses_for_utter_action(
            name, output_channel, tracker.current_slot_values()
        )
        if not variations:
            return None
        said = _said(tracker)
        return copy.deepcopy(min(variations, key=lambda variation: _last_said(said, variation.get("text"))))

    def _not_twice(self, response: Response, tracker: DialogueStateTracker) -> Response:
        """Puts a few words before a text that would come twice in a row, and remembers what is said."""
        if not response["text"]:
            return response  # only buttons: they go with what another part says
        said = _said(tracker)
        key = _digest(response["text"])
        if said and said[-1] == key:
            response["text"] = self._labels["repeat"].replace("{text}", response["text"])
            key = _digest(response["text"])
        turn = current_turn.get()
        if turn is not None:
            turn.saying.append(key)
        return response

    def _suggest(self, response: Response, tracker: DialogueStateTracker, person_first: bool) -> None:
        """The likeliest topics as buttons, beside those that the response has (a person, the menu)."""
        own = response.get("buttons") or []
        offered = {button["payload"] for button in own}
        likely = _decision(tracker).get("suggestions", [])
        topics = [topic for topic in likely if f"/{topic}" not in offered][:SUGGESTIONS]
        suggested = [{"title": self._titles[topic], "payload": f"/{topic}"} for topic in topics]
        response["buttons"] = own[:1] + suggested + own[1:] if person_first else suggested + own

    def _offer_second(self, response: Response, name: str, tracker: DialogueStateTracker) -> None:
        """Two questions in one message: this answers the first, and a button leads to the second."""
        second, intent = _decision(tracker).get("second"), name.removeprefix("utter_")
        answers = intent in self._topic_of or name.startswith(TASK_ANSWERS)
        if not answers or second not in self._titles or self._topic_of.get(intent) == second:
            return
        title = self._titles[second]
        response["text"] += "\n\n" + self._labels["also"].replace("{title}", title)
        others = [button for button in response.get("buttons") or [] if button["payload"] != f"/{second}"]
        response["buttons"] = [{"title": title, "payload": f"/{second}"}, *others][:MAX_BUTTONS]

    def _offer_about(self, response: Response, tracker: DialogueStateTracker) -> None:
        """Which topic is asked: first the one that the words were likest to."""
        about = _decision(tracker).get("about")
        if about in self._titles and response.get("buttons"):
            button = {"title": self._titles[about], "payload": f"/{about}"}
            response["buttons"] = [button, *(other for other in response["buttons"] if other != button)]

    def _start_at_topic(self, response: Response, topic: Optional[str]) -> None:
        """A button "start the steps" starts those of the topic in course, without asking which."""
        if f"{GUIDE}_{topic}_1" in self.responses:
            for button in response.get("buttons") or []:
                if button["payload"] == GUIDE_START:
                    button["payload"] = f'/guide_go{{"guide": "{topic}:1"}}'

    def _offer_to_resume(self, response: Response, guide: GuideStep) -> None:
        title = self._labels["resume"].format(number=guide.number)
        button = {"title": title, "payload": f'/guide_go{{"guide": "{guide}"}}'}
        response["buttons"] = [button, *(response.get("buttons") or [])[:2]]


def _own_buttons(response: Response, first: List[Dict[str, str]], references: Dict[str, str]) -> None:
    """What an action of a personal answer adds: buttons of its own before the response's, and what those are about."""
    buttons = response.get("buttons") or []
    for button in buttons:
        if button["payload"] in references:
            button["payload"] += json.dumps({"ref": references[button["payload"]]})
    if first:
        response["buttons"] = [*first, *buttons]


def _decision(tracker: DialogueStateTracker) -> Dict[str, Any]:
    """What the classifier made of the citizen's message; empty for a button."""
    message = tracker.latest_message
    return ((message.parse_data or {}).get("decision") or {}) if message else {}


def _just_left(guide: GuideStep, tracker: DialogueStateTracker) -> bool:
    """Whether the steps' topic is in course, or was until this message. Later answers keep the buttons of their own."""
    return guide.topic in (tracker.get_slot("topic"), _topic_before(tracker))


def _topic_before(tracker: DialogueStateTracker) -> Optional[str]:
    """The topic in course when the citizen's last message came."""
    answering = True
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            answering = False
        elif not answering and isinstance(event, SlotSet) and event.key == "topic":
            return event.value
    return None


def _previous_intent(tracker: DialogueStateTracker) -> Optional[str]:
    messages = [event for event in tracker.events if isinstance(event, UserUttered)]
    return messages[-2].intent_name if len(messages) > 1 else None


def _said(tracker: DialogueStateTracker) -> List[str]:
    """Digests of what was said, oldest first: from the turn, or from the tracker in `rasa shell`."""
    turn = current_turn.get()
    if turn is not None:
        return turn.said + turn.saying
    return [_digest(event.text or "") for event in tracker.events if isinstance(event, BotUttered)]


def _last_said(said: List[str], text: Optional[str]) -> int:
    """How recently a variation was said: -1 never, otherwise its last place in `said`."""
    key = _digest(text or "")
    return max((index for index, digest in enumerate(said) if digest == key), default=-1)


def _digest(text: str) -> str:
    return hashlib.blake2s(text.encode(), digest_size=6).hexdigest()
