"""What Rasa uttered in a turn, as the front desk wants it: one bubble, the buttons of the last thing said."""

from typing import Any, Dict, List, Optional

from assistant.serving.requests import parse_payload


class NothingSaid(Exception):
    """A turn without a reply is a defect: the citizen would wait for ever."""


def join_turn(messages: List[Dict[str, Any]], understood: Optional[Dict[str, Any]] = None) -> List[Dict[str, Any]]:
    """All texts of the turn in one message (each bubble is billed on WhatsApp), customs merged. Never empty.

    Buttons: those of the last utterance that has any; what was asked last is what can be answered.
    Raises NothingSaid.
    """
    texts = [message["text"].strip() for message in messages if (message.get("text") or "").strip()]
    joined: Dict[str, Any] = {}
    custom: Dict[str, Any] = {}
    for message in messages:
        if message.get("buttons"):
            joined["buttons"] = [
                {"title": button["title"], "payload": parse_payload(button["payload"])} for button in message["buttons"]
            ]
        custom.update(message.get("custom") or {})
    if texts:
        joined["text"] = "\n\n".join(texts)
    if custom:
        joined["custom"] = custom
    if "text" not in joined and "custom" not in joined:
        raise NothingSaid
    if understood:
        joined["custom"] = {**custom, "understood": understood}
    return [joined]
