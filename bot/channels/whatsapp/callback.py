"""``biz_opaque_callback_data``: which outbox rows a message carries. Meta gives it back with every status."""

from __future__ import annotations

import re

from bot.channels.whatsapp import limits

_SHAPE = re.compile(r"([\w-]{1,64}):(\d{1,18}(?:,\d{1,18})*)", re.ASCII)


def callback_data(conversation: str, rows: list[int]) -> str:
    """``<conversation>:<id>,<id>``; at most limits.CALLBACK_DATA characters, for a turn has few rows."""
    data = f"{conversation}:{','.join(map(str, rows))}"
    return data if len(data) <= limits.CALLBACK_DATA else f"{conversation}:{rows[-1]}"


def rows_of(data: str | None) -> tuple[str, list[int]] | None:
    """The conversation and its rows; None for what is not ours."""
    match = _SHAPE.fullmatch(data or "")
    return (match[1], [int(number) for number in match[2].split(",")]) if match else None
