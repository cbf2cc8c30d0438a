"""The process reference of a message as Rasa entities: `agency`, `year` and `number`."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from assistant.content.city import load_city
from assistant.nlu.normalise import tokens
from assistant.process_reference import AgencyIndex, Parts, find_parts, find_reference, names_another
from assistant.process_reference.parts import Asked

FORM = "process_form"
SHOW = "action_show_process"
PARTS = ("agency", "year", "number")
# Intents that begin a look-up, be it with a part of a reference only.
STARTS = ("consult_process", "inform_process")
_AND = ("e", "y")  # "e de 2022?" changes the look-up before; "iptu de 2022" is another matter


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class ProcessReferences(GraphComponent):
    """Finds the reference; while the form asks, also a part of one ("2023", "é do SEMAE").

    Sets the entities and `reference_rest`, the number of meaningful words beyond the reference; `names_another` when
    the numbers are a law's, a phone's or the like; `correction` and `after_result`: see `_just_looked_up`.
    """

    def __init__(self) -> None:
        self._agencies = AgencyIndex(load_city(Path.cwd()).agencies)

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
    ) -> "ProcessReferences":
        return cls()

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nothing is learned."""
        return training_data

    def process(self, messages: List[Message], tracker: DialogueStateTracker, domain: Domain) -> List[Message]:
        asking = tracker.active_loop_name == FORM
        asked = tracker.get_slot("requested_slot") if asking else None
        for message in messages:
            self._extract(message, asking, asked, corrects=_just_looked_up(tracker))
        return messages

    def _extract(self, message: Message, asking: bool, asked: Optional[Asked], corrects: bool) -> None:
        text = message.get(TEXT) or ""
        if names_another(text, self._agencies):
            message.set("names_another", True)
            return
        message.set("after_result", corrects)
        found = find_parts(text, self._agencies, asked) if asking else find_reference(text, self._agencies)
        if found is None and corrects:
            found = self._parts(text, any_year=(tokens(text) or [""])[0] in _AND)
            message.set("correction", True)
        elif found is None and (message.get(INTENT) or {}).get("name") in STARTS:
            found = self._parts(text, any_year=True)
        if found is None:
            return
        values = {"agency": found.agency, "year": found.year, "number": found.number}
        entities = [
            {"entity": name, "value": str(value), "start": 0, "end": len(text), "extractor": "ProcessReferences"}
            for name, value in values.items()
            if value is not None
        ]
        message.set(ENTITIES, entities, add_to_output=True)
        message.set("reference_rest", found.rest)

    def _parts(self, text: str, any_year: bool) -> Parts:
        """What is said of a process without its number: "um processo da PMP de 2023", "não, é 2022", "e o de 2022?"."""
        found = find_parts(text, self._agencies, None)
        return replace(found, year=find_parts(text, self._agencies, "agency").year) if any_year else found


def _just_looked_up(tracker: DialogueStateTracker) -> bool:
    """Whether the message before this one was a look-up: only then can "não, é 2022" correct it."""
    return tracker.latest_action_name == ACTION_LISTEN_NAME and any(
        isinstance(event, ActionExecuted) and event.action_name == SHOW for event in _last_turn(tracker)
    )


def _last_turn(tracker: DialogueStateTracker) -> Iterator[Event]:
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            return
        yield event
