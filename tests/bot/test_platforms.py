"""docs/platforms.md names a test for each promise of the platforms, and each test exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from bot.channels.whatsapp.errors import NAMES
from tests.bot.conftest import ROOT

TEXT = (ROOT / "docs" / "platforms.md").read_text(encoding="utf-8")
_ROW = re.compile(r"^\| (?P<row>.+) \| (?P<tests>.+) \|$", re.MULTILINE)
_TEST = re.compile(r"`([\w./]+\.py)::(test_\w+)`")
FOLDERS = {"WhatsApp: what comes in": "whatsapp", "WhatsApp: limits and errors": "whatsapp", "Telegram": "telegram"}


def rows() -> list[tuple[str, str, str]]:
    """Folder of tests, row, tests."""
    found = []
    for section in TEXT.split("\n## ")[1:]:
        title, _, body = section.partition("\n")
        found += [
            (FOLDERS[title], match["row"], match["tests"])
            for match in _ROW.finditer(body)
            if match["row"] not in ("row", "---")
        ]
    return found


def names_in(path: Path) -> set[str]:
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return {item.name for item in body if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize(("folder", "row", "tests"), rows())
def test_each_row_has_a_test_that_exists(folder: str, row: str, tests: str) -> None:
    named = _TEST.findall(tests)
    assert named or tests.startswith("not used: "), row
    for file, name in named:
        assert name in names_in(Path(__file__).parent / folder / file), f"{row}: {name}"


def test_every_code_of_meta_s_that_has_a_name_is_in_a_row() -> None:
    listed = set()
    for folder, row, _ in rows():
        if folder == "whatsapp":
            for first, last in re.findall(r"\b(\d+)(?:-(\d+))?\b", row):
                listed |= set(range(int(first), int(last or first) + 1))
    assert set(NAMES) <= listed
