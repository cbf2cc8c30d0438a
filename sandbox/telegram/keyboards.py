"""Inline keyboards, checked as Telegram checks them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from sandbox.telegram.errors import bad_request

MAX_DATA = 64
MAX_BUTTONS = 100
MAX_ROW = 8


def check(markup: Any) -> dict[str, Any] | None:
    """The keyboard of a message, or None; raises ApiError."""
    if markup is None or markup in ({}, {"inline_keyboard": []}):
        return None
    rows = markup.get("inline_keyboard") if isinstance(markup, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request("object expected as reply markup")
    buttons = [button for row in rows for button in row]
    if len(buttons) > MAX_BUTTONS or any(len(row) > MAX_ROW for row in rows):
        raise bad_request("REPLY_MARKUP_TOO_LONG")
    for button in buttons:
        _check_button(button)
    return {"inline_keyboard": rows}


def _check_button(button: Any) -> None:
    if not isinstance(button, dict) or not isinstance(button.get("text"), str) or not button["text"].strip():
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    data, url = button.get("callback_data"), button.get("url")
    if (data is None) == (url is None):
        raise bad_request("can't parse inline keyboard button: exactly one optional field must be used")
    if data is not None and not 1 <= len(str(data).encode()) <= MAX_DATA:
        raise bad_request("BUTTON_DATA_INVALID")
    if url is not None:
        host = urlsplit(str(url)).hostname or ""
        if urlsplit(str(url)).scheme not in ("http", "https", "tg") or "." not in host:
            raise bad_request("inline keyboard button URL is invalid: BUTTON_URL_INVALID")
