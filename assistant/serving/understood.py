"""What a turn tells the front desk of how well it understood, for `guiche review`: nothing when it was sure."""

from typing import Any, Dict, Optional

from rasa.shared.core.events import UserUttered

from assistant.nlu.classifier import FALLBACK
from assistant.nlu.decision import ANSWER, OFFER, OUT_OF_SCOPE, REJECT

DOUBTFUL = 0.8  # an answer that was less probable is worth a look; half of such answers are wrong on unseen lines


def understood(message: Optional[UserUttered]) -> Optional[Dict[str, Any]]:
    """{"kind": offer | reject | answer, "topic", "probability"} of a typed message that a person should look at."""
    parsed = (message.parse_data or {}) if message else {}
    topics = (parsed.get("decision") or {}).get("topics")
    if not topics:  # a button
        return None
    intent = parsed["intent"]["name"]
    kind = {FALLBACK: OFFER, OUT_OF_SCOPE: REJECT}.get(intent, ANSWER)
    # The conversation can be sure where the classifier is not (a step of the guided mode, a part of a reference).
    if kind == ANSWER and parsed["intent"]["confidence"] >= DOUBTFUL:
        return None
    return {"kind": kind, "topic": topics[0]["name"], "probability": round(float(topics[0]["confidence"]), 3)}
