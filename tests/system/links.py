"""The private links between the parts, as a test speaks them."""

from __future__ import annotations

from typing import Any

from tests.whole_system import ACTIONS, RASA, WholeSystem

MARK = "abacaxi"
"""What a citizen wrote: it must come back in no refusal and stand in no log."""
MAX_REFUSAL = 200
"""Characters. A refusal is a name, not a report."""
WEBHOOKS = {
    RASA: ("/webhooks/front_desk/webhook", "GUICHE_RASA_SECRET"),
    ACTIONS: ("/webhook", "GUICHE_ACTIONS_SECRET"),
}


def url(system: WholeSystem, part: str, path: str) -> str:
    return f"http://127.0.0.1:{system.parts.ports[part]}{path}"


def bearer(system: WholeSystem, secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {system.parts.secrets[secret]}"}


def turn(**changes: Any) -> dict[str, Any]:
    """What the front desk sends to Rasa."""
    return {"conversation": "c", "message_id": "m", "state": None, "text": MARK, **changes}


def call(action: object = "action_show_process", **tracker: Any) -> dict[str, Any]:
    """What Rasa sends to its action server."""
    told = {"sender_id": "c", "slots": {}, "latest_message": {"text": MARK}, "events": [], "paused": False, **tracker}
    return {"next_action": action, "sender_id": "c", "tracker": told, "domain": {}, "version": "3.6.21"}
