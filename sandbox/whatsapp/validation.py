"""Refuses a message that the Cloud API would refuse."""

from __future__ import annotations

from typing import Any

from sandbox.whatsapp.errors import GraphError

type Json = dict[str, Any]

TEXT = 4096
BODY = 1024
MAX_BUTTONS = 3
BUTTON_TITLE = 20
BUTTON_ID = 256
LIST_BUTTON = 20
MAX_ROWS = 10
MAX_SECTIONS = 10
ROW_TITLE = 24
ROW_DESCRIPTION = 72
ROW_ID = 200
CALLBACK = 512


def check(message: Json) -> None:
    """Raises GraphError."""
    if message.get("messaging_product") != "whatsapp":
        raise GraphError(100, "messaging_product must be whatsapp")
    if not isinstance(message.get("to"), str) and not isinstance(message.get("recipient"), str):
        raise GraphError(131008, "to or recipient is required")
    data = message.get("biz_opaque_callback_data")
    if data is not None:
        _string(data, "biz_opaque_callback_data", CALLBACK)
    match message.get("type"):
        case "text":
            _string(_object(message, "text").get("body"), "text.body", TEXT)
        case "interactive":
            _interactive(_object(message, "interactive"))
        case other:
            raise GraphError(131009, f"type {other!r} is not sent by Guichê")


def _interactive(interactive: Json) -> None:
    _string(_object(interactive, "body").get("text"), "interactive.body.text", BODY)
    action = _object(interactive, "action")
    match interactive.get("type"):
        case "button":
            _buttons(action.get("buttons"))
        case "list":
            _string(action.get("button"), "action.button", LIST_BUTTON)
            _sections(action.get("sections"))
        case other:
            raise GraphError(131009, f"interactive type {other!r}")


def _buttons(buttons: object) -> None:
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= MAX_BUTTONS:
        raise GraphError(131009, "action.buttons: 1 to 3")
    replies = [_object(button, "reply") for button in buttons if isinstance(button, dict)]
    if len(replies) != len(buttons) or any(button.get("type") != "reply" for button in buttons):
        raise GraphError(131009, "buttons are of type reply")
    for reply in replies:
        _string(reply.get("title"), "button title", BUTTON_TITLE)
        _string(reply.get("id"), "button id", BUTTON_ID)
    _unique([reply["title"] for reply in replies], "button titles")
    _unique([reply["id"] for reply in replies], "button ids")


def _sections(sections: object) -> None:
    if not isinstance(sections, list) or not 1 <= len(sections) <= MAX_SECTIONS:
        raise GraphError(131009, "action.sections: 1 to 10")
    rows = [row for section in sections for row in section.get("rows", [])]
    if not 1 <= len(rows) <= MAX_ROWS:
        raise GraphError(131009, f"rows: 1 to 10 in all, not {len(rows)}")
    if len(sections) > 1 and not all(section.get("title") for section in sections):
        raise GraphError(131009, "sections need titles when there are several")
    for row in rows:
        _string(row.get("title"), "row title", ROW_TITLE)
        _string(row.get("id"), "row id", ROW_ID)
        if "description" in row:
            _string(row["description"], "row description", ROW_DESCRIPTION)
    _unique([row["id"] for row in rows], "row ids")


def _object(owner: Json, name: str) -> Json:
    value = owner.get(name)
    if not isinstance(value, dict):
        raise GraphError(131008, f"{name} is required")
    return value


def _string(value: object, name: str, limit: int) -> None:
    """Lengths in UTF-16 units, the strictest reading of Meta's "characters"."""
    if not isinstance(value, str) or not value.strip():
        raise GraphError(131008, f"{name} is required")
    if len(value.encode("utf-16-le")) // 2 > limit:
        raise GraphError(131009, f"{name} has more than {limit} characters")


def _unique(values: list[str], name: str) -> None:
    if len(set(values)) != len(values):
        raise GraphError(131009, f"{name} must be unique")
