"""The page on which a person writes as a citizen: ``/``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sandbox.whatsapp.number import Number

PAGE = Path(__file__).with_name("page.html").read_text(encoding="utf-8")


def chat(number: Number, wa_id: str) -> dict[str, Any]:
    """Both sides of one conversation, in order of time."""
    lines: list[tuple[float, dict[str, Any]]] = []
    for at, person, message in number.said:
        if person.wa_id == wa_id:
            lines.append((at, {"from": "citizen", "message": message}))
    for sent in number.sent:
        if sent.person.wa_id == wa_id:
            lines.append((sent.at, {"from": "business", "message": sent.message, "statuses": sent.statuses}))
    return {"lines": [line for _, line in sorted(lines, key=lambda item: item[0])]}
