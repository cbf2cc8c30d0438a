"""What the command says to people: sentences from data/terminal.yml, on a terminal or into a pipe."""

from collections.abc import Mapping
from pathlib import Path

import yaml
from rich.console import Console

from bot.cli.paths import ROOT

TERMINAL_FILE = ROOT / "data" / "terminal.yml"


class TextMissing(Exception):
    """data/terminal.yml lacks a sentence, or a sentence lacks what it fills in."""


class Terminal:
    """Says sentences by their name ("serve.open"): news on standard output, faults on standard error."""

    def __init__(self, texts: Mapping[str, object], out: Console | None = None, err: Console | None = None) -> None:
        self._texts = texts
        plain = {"highlight": False, "markup": False, "emoji": False, "soft_wrap": True}
        self.out = out or Console(**plain)  # type: ignore[arg-type]
        self.err = err or Console(stderr=True, **plain)  # type: ignore[arg-type]

    @classmethod
    def load(cls, file: Path = TERMINAL_FILE) -> "Terminal":
        """With the sentences of the file; raises TextMissing when it cannot be read."""
        try:
            texts = yaml.safe_load(file.read_text(encoding="utf-8"))
        except (OSError, yaml.YAMLError) as error:
            raise TextMissing(f"{file}: {error}") from error
        if not isinstance(texts, dict):
            raise TextMissing(f"{file}: not a mapping")
        return cls(texts)

    def text(self, name: str, /, **values: object) -> str:
        """The sentence of that name with its values; raises TextMissing."""
        section, _, key = name.partition(".")
        group = self._texts.get(section)
        sentence = group.get(key) if isinstance(group, dict) else None
        if not isinstance(sentence, str):
            raise TextMissing(name)
        try:
            return sentence.format_map(values)
        except (KeyError, IndexError, ValueError) as error:
            raise TextMissing(f"{name}: {error}") from error

    def say(self, name: str, /, **values: object) -> None:
        """A sentence on standard output."""
        self.out.print(self.text(name, **values))

    def complain(self, name: str, /, **values: object) -> None:
        """A sentence on standard error."""
        self.err.print(self.text(name, **values))
