"""YAML that remembers where each thing stands, so that a problem can be told with file and line."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, List

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError


@dataclass(frozen=True)
class Problem:
    """One thing an editor must mend. `str()` gives `file:line: message`."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class ContentError(Exception):
    """The content cannot be used; `problems` says where and why."""

    def __init__(self, problems: List[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def read_yaml(root: Path, file: Path) -> Any:
    """The document `root/file` as ruamel's commented maps and sequences (they carry line numbers).

    Raises ContentError when the file is missing or is not YAML.
    """
    try:
        return YAML(typ="rt").load((root / file).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ContentError([Problem(str(file), 1, "o arquivo não existe")]) from None
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ContentError([Problem(str(file), line, f"não é YAML válido: {error.problem}")]) from None


def line_of(node: Any, key: Any = None) -> int:
    """Line (from 1) of a node, or of one of its keys or items."""
    marks = getattr(node, "lc", None)
    if marks is None:
        return 1
    if key is not None and marks.data and key in marks.data:
        return int(marks.data[key][0]) + 1
    return int(marks.line) + 1
