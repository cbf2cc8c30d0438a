"""``biz_opaque_callback_data``: which outbox rows a message carries, and which part of them. Meta gives it back with
every status."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.channels.whatsapp import limits

_SHAPE = re.compile(r"([\w-]{1,64}):(\d{1,18}(?:,\d{1,18})*):(\d{1,4})/(\d{1,4})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Carried:
    """What of the outbox a message carried: part ``part`` (from 0) of ``parts`` that the rows together are."""

    conversation: str
    rows: list[int]
    part: int
    parts: int

    @property
    def last(self) -> bool:
        return self.part + 1 >= self.parts

    def __str__(self) -> str:
        """``<conversation>:<id>,<id>:<part>/<parts>``; at most limits.CALLBACK_DATA characters, a turn has few rows."""
        whole = f"{self.conversation}:{','.join(map(str, self.rows))}:{self.part}/{self.parts}"
        if len(whole) <= limits.CALLBACK_DATA:
            return whole
        return f"{self.conversation}:{self.rows[-1]}:{self.part}/{self.parts}"


def carried(data: str | None) -> Carried | None:
    """None for what is not ours."""
    match = _SHAPE.fullmatch(data or "")
    if match is None:
        return None
    return Carried(match[1], [int(number) for number in match[2].split(",")], int(match[3]), int(match[4]))
