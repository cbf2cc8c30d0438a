"""What a message means in this conversation: "próximo" in the guided mode, "2023" while the form asks, "e o 88?"."""

import re
from pathlib import Path
from typing import Any, Dict, List, Optional

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from assistant.content.help_center import load_help_center
from assistant.nlu.classifier import FALLBACK
from assistant.nlu.guided import GUIDED, GuidedMode
from assistant.nlu.in_course import TopicInCourse
from assistant.nlu.interruptions import SILENT_FROM, interruptions
from assistant.nlu.meaning import decided, entities_of, intent_of, set_entities, set_intent
from assistant.nlu.normalise import normalise, tokens
from assistant.nlu.own_context import mark_own
from assistant.nlu.references import FORM, PARTS, STARTS

LOOK_UP, INFORM, CONSULT = "look_up_process", "inform_process", "consult_process"
# Intents that a reference turns into a look-up; any other topic only mentions the process.
_LOOKS_UP = (CONSULT, "consult_in_portal", INFORM, LOOK_UP, FALLBACK, "out_of_scope", "deny", "ambiguous_process")
# While the form asks, these are no answer to it even when the classifier is sure.
_NO_ANSWER = (INFORM, FALLBACK, "out_of_scope", "affirm", "deny")
_NOT_AN_INTERRUPTION = (*_NO_ANSWER, LOOK_UP, "list_agencies", "guide_exit")
_YEAR_DIGITS = 4
# "não lembro o ano": where to find it. The classifier alone would think of a forgotten password.
_DOES_NOT_KNOW = re.compile(
    r"(ih |eu )?nao (sei|lembro|recordo|tenho|faco ideia)( mais| agora| certo)?"
    r"( (o|a|qual|e|de|do|dele|que|orgao|ano|numero|processo|isso|esse))*"
)
# "é da secretaria de obras", "acho que é no Detran": answers to "de qual órgão?", though the classifier may doubt it.
_SOME_AGENCY = re.compile(
    r"(?:acho que )?(?P<is>(?:e|foi|fica) (?:d[ao]|n[ao])s? )?(?:(?:d[aeo]|n[ao])s? )?(?P<name>(?:\w+ ){0,4}\w+)"
)
_OFFICE = re.compile(
    r"\b(secretaria|departamento|setor|divisao|instituto|fundacao|autarquia|companhia|guarda|conselho|defesa civil|"
    r"procuradoria|governo|estado|uniao|tribunal|forum|cartorio|policia|detran|procon|poupatempo|inss|receita|correios)\b"
)
_NO_AGENCY = re.compile(r"\b(meu|minha|meus|minhas|dele|dela|portal|site|sistema|internet|celular|aplicativo|app)\b")
# "como peço vista do PMP 2023/500100?": one more word makes these questions of their own.
_HOW_TO = ("vista", "sign", "attachments", "list_documents", "resolve_pendency")
_BARE_REFERENCE = 3  # at most this many other words: the message is little more than the reference
_ELLIPSIS = 5  # "e o 500101?": at most this many words


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class ConversationContext(GraphComponent):
    """Changes the intent and entities of a message where the conversation decides; otherwise leaves them."""

    def __init__(self) -> None:
        help_center = load_help_center(Path.cwd())
        self._in_course = TopicInCourse(help_center)
        self._guided = GuidedMode(help_center.go_on_words)

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        return {}

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "ConversationContext":
        return cls()

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nothing is learned."""
        return training_data

    def process(self, messages: List[Message], tracker: DialogueStateTracker, domain: Domain) -> List[Message]:
        in_form = tracker.active_loop_name == FORM
        for message in messages:
            self._in_course.apply(message, tracker, in_form)
            if in_form:
                self._inside_form(message, tracker, domain)
            else:
                _reference(message, tracker)
                self._guided.apply(message, tracker, domain)
            mark_own(message, tracker, in_form)
        return messages

    def _inside_form(self, message: Message, tracker: DialogueStateTracker, domain: Domain) -> None:
        """An answer to the form, or a question in between (whose digits are then no answer)."""
        intent, found, asked = intent_of(message), entities_of(message), tracker.get_slot("requested_slot")
        nearest = (tracker.get_slot("process_failures") or {}).get("nearest") or []  # "você quis dizer um destes?"
        question = decided(message) and intent not in _NOT_AN_INTERRUPTION and not _little_else(message)
        if intent in GUIDED and not found:
            self._guided.apply(message, tracker, domain)
        elif asked == "agency" and not found and (agency := _agency_as_answered(message)):
            _answer(message, asked, agency)  # the form says that it does not know it, and which ones it knows
        elif _DOES_NOT_KNOW.fullmatch(normalise(message.get(TEXT) or "")):
            set_intent(message, "process_number_help")
        elif question and intent != CONSULT:
            message.set(ENTITIES, [], add_to_output=True)
        elif asked == "year" and set(found) == {"number"} and len(found["number"]) <= _YEAR_DIGITS:
            _answer(message, asked, message.get(TEXT))  # "1800" is no year, but it was meant as one
        elif found:
            set_intent(message, INFORM)
        elif intent == "affirm" and asked == "agency" and len(nearest) == 1:
            _answer(message, asked, nearest[0])
        elif intent == "guide_exit" or (intent == "deny" and not nearest):
            set_intent(message, "cancel")
        elif intent in _NO_ANSWER and asked in PARTS and interruptions(tracker) < SILENT_FROM:
            # Not understood while a part is asked: let the form judge the words, it explains after two failures.
            _answer(message, asked, message.get(TEXT))


def _agency_as_answered(message: Message) -> Optional[str]:
    """What an órgão is called in an answer that says nothing else."""
    text = normalise(message.get(TEXT) or "")
    found = _SOME_AGENCY.fullmatch(text)
    if found is None or _NO_AGENCY.search(text) or not (found["is"] or _OFFICE.search(text)):
        return None
    return found["name"]


def _answer(message: Message, asked: str, words: Optional[str]) -> None:
    """What the form asks is answered with these words."""
    set_entities(message, {asked: words or ""})
    set_intent(message, INFORM)


def _reference(message: Message, tracker: DialogueStateTracker) -> None:
    """A message with a reference is a look-up, unless it is surely about something else."""
    found = entities_of(message)
    if not found:
        if message.get("names_another") and intent_of(message) in STARTS:
            set_intent(message, FALLBACK)  # "a lei 1234/2023 da prefeitura" is nothing to look up here
        return
    if intent_of(message) not in _LOOKS_UP and decided(message) and not _little_else(message):
        return
    if message.get("correction"):
        # "não, é 2022": the look-up before, with this part changed.
        before = {part: tracker.get_slot(part) for part in PARTS}
        set_entities(message, {**{part: value for part, value in before.items() if value}, **found})
    elif set(found) == {"number"} and _goes_on(message):
        # "e o 500101?", "não é esse, é o 500101": the órgão and the year of the look-up before.
        before = {"agency": tracker.get_slot("last_agency"), "year": tracker.get_slot("last_year")}
        set_entities(message, {**{part: value for part, value in before.items() if value}, **found})
    set_intent(message, LOOK_UP)


def _goes_on(message: Message) -> bool:
    """Whether a lone number continues the look-up before: said briefly, or right after its result and nothing else."""
    brief = len(tokens(message.get(TEXT) or "")) <= _ELLIPSIS
    return brief or bool(message.get("after_result") and not message.get("reference_rest"))


def _little_else(message: Message) -> bool:
    """Whether the message is little more than a reference."""
    most = 1 if intent_of(message) in _HOW_TO else _BARE_REFERENCE
    return bool(entities_of(message)) and int(message.get("reference_rest") or 0) < most
