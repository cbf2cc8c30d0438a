"""The training examples of data/nlu.yml with their line numbers. Rasa's own reader forgets where a line stands."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterator, List, Tuple

from assistant.content.yaml_source import read_yaml

NLU_FILE = Path("data/nlu.yml")
_INTENT = re.compile(r"\s*- intent:\s*(?P<intent>\S+)\s*$")
_EXAMPLE = re.compile(r"\s+- (?P<text>.+?)\s*$")


@dataclass(frozen=True)
class Example:
    """One line that a citizen could write; `line` in data/nlu.yml, from 1."""

    intent: str
    text: str
    line: int


def load_examples(root: Path) -> List[Example]:
    """All examples in the order of the file. Raises ContentError when the file is missing or is not YAML."""
    return read_examples(root)[1]


def read_examples(root: Path) -> Tuple[str, List[Example]]:
    """The file's text, and its examples with their lines in that very text. Raises ContentError."""
    read_yaml(root, NLU_FILE)
    text = (root / NLU_FILE).read_text(encoding="utf-8")
    return text, list(_examples(text.splitlines()))


def by_intent(examples: List[Example]) -> Dict[str, List[Example]]:
    """intent -> its examples."""
    grouped: Dict[str, List[Example]] = {}
    for example in examples:
        grouped.setdefault(example.intent, []).append(example)
    return grouped


def _examples(lines: List[str]) -> Iterator[Example]:
    intent = ""
    for number, line in enumerate(lines, start=1):
        if line.lstrip().startswith("#"):
            continue
        found = _INTENT.match(line)
        if found:
            intent = found.group("intent")
            continue
        example = _EXAMPLE.match(line)
        if example and intent:
            yield Example(intent, example.group("text"), number)
