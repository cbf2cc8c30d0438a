"""What the documents name exists: the tests that docs/seguranca.md calls, and the settings."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
SECURITY = ROOT / "docs" / "seguranca.md"


def defined(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_test_that_the_security_page_names_exists_in_its_file() -> None:
    page = SECURITY.read_text(encoding="utf-8")
    files = dict(re.findall(r"^- \*\*([A-Z]+)\*\*: `([\w/.]+\.py)`", page, re.MULTILINE))
    tests = {letter: defined(ROOT / path) for letter, path in files.items()}
    named = [
        (letter, name)
        for row in re.findall(r"^\|.*\| ([^|]+) \|$", page, re.MULTILINE)
        for letter, names in re.findall(r"\b([A-Z]+) ((?:`test_\w+`(?:, )?)+)", row)
        for name in re.findall(r"`(test_\w+)`", names)
    ]
    assert len(named) > 40
    assert [pair for pair in named if pair[1] not in tests.get(pair[0], set())] == []


def test_every_setting_that_the_security_page_names_exists() -> None:
    settings = (ROOT / "bot" / "settings.py").read_text(encoding="utf-8")
    names = set(re.findall(r"GUICHE_([A-Z_]+[A-Z])\b", SECURITY.read_text(encoding="utf-8")))
    assert [name for name in sorted(names) if f"    {name.lower()}:" not in settings] == []
