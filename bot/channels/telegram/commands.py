"""What people type with a slash, and deep links: known words and topics, never an intent of somebody's choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from bot.channels.telegram import limits

COMMANDS: Mapping[str, str] = {"start": "greet", "ajuda": "help", "help": "help", "menu": "help", "cancelar": "cancel"}
"""Each opens this."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a message asks for: ``topic`` by its name, or only the words."""

    text: str
    topic: str | None = None


class Commands:
    """Reads messages that begin with a slash."""

    def __init__(self, topics: Mapping[str, str]) -> None:
        """``topics``: name -> title, those that a deep link may open."""
        self._topics = topics

    @classmethod
    def load(cls, help_center: Path) -> Commands:
        """With the topics of data/help_center.yml."""
        data = yaml.safe_load(help_center.read_text(encoding="utf-8"))
        return cls({str(entry["intent"]): str(entry["title"]) for entry in data["topics"]})

    def read(self, text: str) -> Asked:
        """``/start vista`` asks for that topic; an unknown command is words like any other."""
        if not text.startswith("/"):
            return Asked(text)
        words = text.split(maxsplit=1)
        name = words[0][1:].partition("@")[0].casefold()
        rest = words[1].strip() if len(words) > 1 else ""
        if name == "start" and rest:
            title = self._topics.get(rest) if limits.DEEP_LINK.fullmatch(rest) else None
            return Asked(title, rest) if title is not None else Asked(text, COMMANDS["start"])
        if name in COMMANDS and not rest:
            return Asked(text, COMMANDS[name])
        return Asked(text)
