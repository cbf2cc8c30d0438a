"""Test lines: one JSON object a line, {"text", "label", "also"?} (../shared/labels.md says what each label means).

A detail of a topic counts as its topic, also where a file names it.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import FrozenSet, List, Mapping, Optional

TASKS_AND_TOPICS = frozenset(
    [
        "register",
        "missing_email",
        "sign_in",
        "reset_password",
        "change_email",
        "resolve_pendency",
        "list_pendencies",
        "sign",
        "attachments",
        "vista",
        "consult_process",
        "list_agencies",
        "list_processes",
        "process_question",
        "human",
    ]
)
OUT_OF_SCOPE = "out_of_scope"
OWN, OUTSIDE = "own set", "outside set"
# By authors who wrote no training line; the outside authors' set is only there beside some clones.
SETS = {OWN: Path("tests/understanding/messages.jsonl"), OUTSIDE: Path("../shared/nlu-dev.jsonl")}


class LinesUnreadable(Exception):
    """The file is missing or a line of it is not of this shape; the message names the line."""


@dataclass(frozen=True)
class TestLine:
    """A message, its label and the labels that are right for it (`label` among them)."""

    __test__ = False  # not a pytest class

    text: str
    label: str
    accepted: FrozenSet[str]


def read_lines(path: Path, topic_of: Optional[Mapping[str, str]] = None) -> List[TestLine]:
    """`topic_of`: intent (topic or detail) -> topic, of the help center; without it labels stay as they are written.
    Raises LinesUnreadable."""
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LinesUnreadable(f"{path}: {type(error).__name__}") from error
    return [
        _line(line, f"{path}:{number}", topic_of or {})
        for number, line in enumerate(content.split("\n"), 1)
        if line.strip()
    ]


def _line(line: str, where: str, topic_of: Mapping[str, str]) -> TestLine:
    try:
        values = json.loads(line)
        text, label, also = values["text"], values["label"], values.get("also") or []
        if not (isinstance(text, str) and isinstance(also, list)):
            raise TypeError
        if not all(isinstance(name, str) and name for name in [label, *also]):
            raise TypeError
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LinesUnreadable(f'{where}: esperava {{"text": "…", "label": "…", "also"?: ["…"]}}') from error
    label, *also = [topic_of.get(name, name) for name in [label, *also]]
    return TestLine(text, label, frozenset([label, *also]))
