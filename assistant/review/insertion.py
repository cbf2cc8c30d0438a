"""Adds a reviewed line to data/nlu.yml, under its intent, leaving every other byte of the file as it is."""

import os
import re
from pathlib import Path
from typing import List

from rapidfuzz import fuzz, process

from assistant.content.checks import NEAR_DUPLICATE, NEAR_WORDS, near_held_out
from assistant.content.examples import NLU_FILE, Example, load_examples
from assistant.nlu.normalise import MAX_LENGTH, normalise

INDENT = "      - "


class Refused(Exception):
    """The line cannot be learned; the message (Portuguese) says why."""


class TrainingFile:
    """data/nlu.yml of the project at `root`. Raises ContentError when it cannot be read."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._examples = load_examples(root)
        self._normalised = [normalise(example.text) for example in self._examples]

    @property
    def intents(self) -> List[str]:
        return sorted({example.intent for example in self._examples})

    def add(self, text: str, intent: str) -> str:
        """Writes the line as the last one of `intent` and returns it as written. Raises Refused."""
        line = as_example(text)
        self._check(line, intent)
        last = max(example.line for example in self._examples if example.intent == intent)
        path = self._root / NLU_FILE
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        if not lines[last - 1].endswith("\n"):
            lines[last - 1] += "\n"
        lines.insert(last, f"{INDENT}{line}\n")
        draft = path.with_suffix(".tmp")
        draft.write_text("".join(lines), encoding="utf-8")
        os.replace(draft, path)
        self._remember(Example(intent, line, last + 1))
        return line

    def _check(self, line: str, intent: str) -> None:
        if intent not in self.intents:
            raise Refused(f"o assunto {intent} não tem exemplos em {NLU_FILE}")
        normalised = normalise(line)
        if not normalised:
            raise Refused("não tem palavras")
        if len(line) > MAX_LENGTH:
            raise Refused(f"tem mais de {MAX_LENGTH} caracteres")
        if normalised in self._normalised:
            known = self._examples[self._normalised.index(normalised)]
            raise Refused(f"já está em {known.intent}, linha {known.line}")
        if len(normalised.split()) >= NEAR_WORDS:
            near = process.extract(
                normalised, self._normalised, scorer=fuzz.ratio, score_cutoff=NEAR_DUPLICATE, limit=None
            )
            for _, _, index in near:
                known = self._examples[index]
                if known.intent != intent:
                    raise Refused(f"quase igual a “{known.text}” ({known.intent}, linha {known.line})")
        if near_held_out([line], self._root):
            raise Refused("é quase uma linha do conjunto de teste")

    def _remember(self, added: Example) -> None:
        moved = [
            Example(example.intent, example.text, example.line + (example.line >= added.line))
            for example in self._examples
        ]
        self._examples = [*moved, added]
        self._normalised.append(normalise(added.text))


def as_example(text: str) -> str:
    """One line of plain text: Rasa reads brackets in an example as marks of entities."""
    return re.sub(r"\s+", " ", re.sub(r"[\[\]{}<>]", " ", text)).strip()
