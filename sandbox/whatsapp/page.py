"""The page on which a person writes as a citizen: ``/``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from sandbox.whatsapp.number import TYPING_SECONDS, Number

PAGE = Path(__file__).with_name("page.html").read_text(encoding="utf-8")


def chat(number: Number, wa_id: str) -> dict[str, Any]:
    """Both sides of a conversation, in order of time, as the citizen sees them; ``typing``: the business writes."""
    said = [item for item in number.said if item.person.wa_id == wa_id]
    sent = [item for item in number.sent if item.person.wa_id == wa_id]
    lines = [
        (item.at, {"from": "citizen", "message": item.message, "at": item.at, "read": item.wamid in number.read})
        for item in said
    ]
    lines += [(item.at, {"from": "business", "message": item.message, "at": item.at}) for item in sent]
    shown = max((number.typing.get(item.wamid, 0.0) for item in said), default=0.0)
    spoken = max((item.at for item in sent), default=0.0)
    return {
        "lines": [line for _, line in sorted(lines, key=lambda item: item[0])],
        "typing": shown > max(spoken, time.time() - TYPING_SECONDS),
    }
