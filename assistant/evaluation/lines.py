"""Test lines: one JSON object a line, {"text", "label", "also"?} (../shared/labels.md says what each label means)."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import FrozenSet, List

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


class LinesUnreadable(Exception):
    """The file is missing or a line of it is not of this shape; the message names the line."""


@dataclass(frozen=True)
class TestLine:
    """A message, its label and the labels that are right for it (`label` among them)."""

    __test__ = False  # not a pytest class

    text: str
    label: str
    accepted: FrozenSet[str]


def read_lines(path: Path) -> List[TestLine]:
    """Raises LinesUnreadable."""
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LinesUnreadable(f"{path}: {type(error).__name__}") from error
    return [_line(line, f"{path}:{number}") for number, line in enumerate(content.splitlines(), 1) if line.strip()]


def _line(line: str, where: str) -> TestLine:
    try:
        values = json.loads(line)
        text, label, also = values["text"], values["label"], values.get("also") or []
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LinesUnreadable(f'{where}: esperava {{"text", "label", "also"?}}') from error
    return TestLine(str(text), str(label), frozenset([label, *also]))
