"""What was understood of a message so far: read it, and change it where the conversation knows better."""

from typing import Dict, Optional

from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from assistant.nlu.decision import ANSWER


def intent_of(message: Message) -> Optional[str]:
    """The intent's name."""
    name = (message.get(INTENT) or {}).get("name")
    return None if name is None else str(name)


def set_intent(message: Message, name: str) -> None:
    """The conversation decided: sure."""
    message.set(INTENT, {"name": name, "confidence": 1.0}, add_to_output=True)


def decided(message: Message) -> bool:
    """Whether the classifier was sure enough to answer."""
    return bool((message.get("decision") or {}).get("kind") == ANSWER)


def entities_of(message: Message) -> Dict[str, str]:
    """entity -> value."""
    return {entity["entity"]: entity["value"] for entity in message.get(ENTITIES) or []}


def set_entities(message: Message, values: Dict[str, str]) -> None:
    """These and no others; each spans the whole text."""
    length = len(message.get(TEXT) or "")
    entities = [{"entity": name, "value": value, "start": 0, "end": length} for name, value in values.items()]
    message.set(ENTITIES, entities, add_to_output=True)
