"""What the front desk sends, read strictly. Free text can never become a command."""

import json
import math
import re
import time
import unicodedata
from dataclasses import dataclass
from typing import Any, Dict, Optional, Set

from assistant.guide import GuideStep

MAX_TEXT = 1000  # characters; the front desk handles longer ones itself
MAX_NAME = 128
RECEIVED_AT = "received_at"
# Zero-width and other format characters, and every kind of space, before a slash that would be a command to Rasa.
_LEADING_COMMAND = re.compile(r"^[\s/\u200b-\u200f\u2060-\u206f\ufeff\u00ad\u180e]+")
_PAYLOAD = re.compile(r"/(?P<intent>[a-z][a-z0-9_]*)(?P<entities>\{.*\})?\Z", re.DOTALL)


class Malformed(Exception):
    """The request is not of the contract's shape."""


@dataclass(frozen=True)
class Incoming:
    """A request of the private channel. `parse_data` is set for a button and replaces understanding; the metadata has
    RECEIVED_AT, when the citizen wrote (seconds since 1970)."""

    conversation: str
    message_id: str
    state: Optional[Dict[str, Any]]
    text: str
    parse_data: Optional[Dict[str, Any]]
    metadata: Dict[str, Any]


def parse_request(body: Any, intents: Set[str]) -> Incoming:
    """Raises Malformed. `intents` are those of the loaded model: a button's intent must be one of them."""
    if not isinstance(body, dict):
        raise Malformed("body")
    state, metadata, payload = body.get("state"), body.get("metadata") or {}, body.get("payload")
    if not (state is None or isinstance(state, dict)) or not isinstance(metadata, dict):
        raise Malformed("state")
    text = body.get("text", "" if payload else None)
    if not isinstance(text, str) or len(text) > MAX_TEXT:
        raise Malformed("text")
    text = without_command(text)
    if not text and not payload:
        raise Malformed("empty text")
    parse_data = _parse_data(payload, text, intents) if payload is not None else None
    metadata = {**metadata, RECEIVED_AT: _moment(metadata.get(RECEIVED_AT))}
    return Incoming(_name(body, "conversation"), _name(body, "message_id"), state, text, parse_data, metadata)


def without_command(text: str) -> str:
    """The text normalised (NFKC turns a full-width slash into "/") and without leading slashes, spaces and
    zero-width characters: Rasa obeys `/intent{…}`, `/restart` and `/session_start` typed by anyone."""
    return _LEADING_COMMAND.sub("", unicodedata.normalize("NFKC", text)).strip()


def parse_payload(payload: str) -> Dict[str, Any]:
    """`/intent{"entity": "value"}` of a response's button -> {"intent", "entities"}. Raises Malformed."""
    match = _PAYLOAD.match(payload)
    if not match:
        raise Malformed("payload")
    try:
        entities = json.loads(match.group("entities") or "{}")
    except ValueError:
        raise Malformed("payload") from None
    return {"intent": match.group("intent"), "entities": {name: str(value) for name, value in entities.items()}}


def _parse_data(payload: Any, text: str, intents: Set[str]) -> Dict[str, Any]:
    entities = payload.get("entities") or {} if isinstance(payload, dict) else None
    if not isinstance(entities, dict) or payload.get("intent") not in intents:
        raise Malformed("payload")
    if not all(isinstance(name, str) and isinstance(value, str) for name, value in entities.items()):
        raise Malformed("entities")
    if "guide" in entities:
        entities = {**entities, **GuideStep.parse(entities["guide"]).entities()}
    intent = {"name": payload["intent"], "confidence": 1.0}
    return {
        "text": text,
        "intent": intent,
        "intent_ranking": [intent],
        "entities": [{"entity": name, "value": value, "start": 0, "end": 0} for name, value in entities.items()],
    }


def _moment(value: Any) -> float:
    """A time that is past: now when none is given, or when the front desk's clock goes ahead of ours."""
    now = time.time()
    if value is None:
        return now
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
        raise Malformed(RECEIVED_AT)
    return min(float(value), now)


def _name(body: Dict[str, Any], key: str) -> str:
    value = body.get(key)
    if not isinstance(value, str) or not 0 < len(value) <= MAX_NAME:
        raise Malformed(key)
    return value
