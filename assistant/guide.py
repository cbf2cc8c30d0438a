"""Guided mode: one step at a time. The slot `guide` holds "<topic>:<step>", the step from 1."""

from dataclasses import dataclass
from typing import Any, Dict

OFF = "off"


@dataclass(frozen=True)
class GuideStep:
    """Where the citizen is. `topic` empty: not in guided mode; `number` 0: past the last step."""

    topic: str = ""
    number: int = 0

    @property
    def active(self) -> bool:
        return bool(self.topic and self.number)

    @property
    def finished(self) -> bool:
        return bool(self.topic and not self.number)

    def __str__(self) -> str:
        return f"{self.topic}:{self.number}" if self.topic else OFF

    def entities(self) -> Dict[str, str]:
        """Of the intent guide_go: they fill the slots `guide` and `topic`, for the steps' topic is then in course."""
        return {"guide": str(self), **({"topic": self.topic} if self.topic else {})}

    @classmethod
    def parse(cls, value: Any) -> "GuideStep":
        """From the slot's value; whatever is not "<topic>:<number>" with a number is not active."""
        topic, separator, number = str(value or "").partition(":")
        if not separator:
            return cls()
        return cls(topic, int(number) if number.isdecimal() and len(number) < 4 else 0)
