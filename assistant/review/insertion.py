"""Adds a reviewed line to data/nlu.yml, under its intent, leaving every other byte of the file as it is."""

import fcntl
import os
import re
from contextlib import contextmanager
from pathlib import Path
from typing import Dict, Iterator, List

from rapidfuzz import fuzz, process

from assistant.content.checks import NEAR_DUPLICATE, NEAR_WORDS, near_held_out
from assistant.content.examples import NLU_FILE, read_examples
from assistant.nlu.normalise import MAX_LENGTH, normalise

INDENT = "      - "


class Refused(Exception):
    """The line cannot be learned; the message (Portuguese) says why."""


class TrainingFile:
    """data/nlu.yml of the project at `root`, as it is now: an editor or another review may change it between two
    additions. Raises ContentError when it cannot be read."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: Dict[str, str] = {}
        self._read()

    @property
    def intents(self) -> List[str]:
        return sorted({example.intent for example in self._examples})

    def add(self, text: str, intent: str) -> str:
        """Writes the line as the last one of `intent` and returns it as written. Raises Refused."""
        line = as_example(text)
        with alone(self._root / NLU_FILE):
            self._check(line, intent)
            while not self._write(self._with(line, intent)):
                self._check(line, intent)
        return line

    def _read(self) -> None:
        self._content, self._examples = read_examples(self._root)
        texts = [example.text for example in self._examples]
        self._known = {text: self._known.get(text) or normalise(text) for text in texts}
        self._normalised = [self._known[text] for text in texts]

    def _with(self, line: str, intent: str) -> str:
        last = max(example.line for example in self._examples if example.intent == intent)
        lines = self._content.splitlines(keepends=True)
        if not lines[last - 1].endswith("\n"):
            lines[last - 1] += "\n"
        lines.insert(last, f"{INDENT}{line}\n")
        return "".join(lines)

    def _write(self, content: str) -> bool:
        """False when somebody saved the file since it was read, an editor that knows no lock: theirs stays."""
        path = self._root / NLU_FILE
        draft = path.with_suffix(".tmp")
        draft.write_text(content, encoding="utf-8")
        if path.read_text(encoding="utf-8") != self._content:
            return False
        os.replace(draft, path)
        return True

    def _check(self, line: str, intent: str) -> None:
        self._read()
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


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """One writer of `path` at a time: the others wait. (Its folder is locked, for the file itself is replaced.)"""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def as_example(text: str) -> str:
    """One line of plain text: Rasa reads brackets in an example as marks of entities."""
    return re.sub(r"\s+", " ", re.sub(r"[\[\]{}<>]", " ", text)).strip()
