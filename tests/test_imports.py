"""Who may import whom (docs/architecture.md). Read from the sources, so that an import inside a function counts too."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# What each of our packages may import of the others, and of the two programs that it must not be mixed with.
MAY_IMPORT = {
    "actions": {"portal", "rasa_sdk"},
    "assistant": {"rasa"},
    "bot": set(),
    "portal": set(),
    "sandbox": set(),
}
WATCHED = {*MAY_IMPORT, "rasa", "rasa_sdk", "tests"}


def imported(source: str) -> Iterator[tuple[int, str]]:
    """Line and top-level name of every import; relative ones stay inside their package."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, name.name.partition(".")[0]) for name in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield node.lineno, module.partition(".")[0]
            case ast.Call(func=ast.Attribute(attr="import_module") | ast.Name(id="__import__" | "import_module")):
                for argument in node.args[:1]:
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                        yield node.lineno, argument.value.partition(".")[0]


def trespasses(package: str, source: str) -> list[tuple[int, str]]:
    """The imports that the package may not have."""
    allowed = MAY_IMPORT[package] | {package}
    return [(line, name) for line, name in imported(source) if name in WATCHED and name not in allowed]


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_package_imports_only_what_it_may(package: str) -> None:
    files = sorted((ROOT / package).rglob("*.py"))
    assert files
    found = [
        f"{file.relative_to(ROOT)}:{line} imports {name}"
        for file in files
        for line, name in trespasses(package, file.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_nobody_but_tests_names_the_sandbox_except_the_command_that_starts_it() -> None:
    """The command starts it as a process, `python -m sandbox.portal`, and so imports nothing of it."""
    files = [file for package in MAY_IMPORT if package != "sandbox" for file in (ROOT / package).rglob("*.py")]
    naming = {
        str(file.relative_to(ROOT))
        for file in files
        if any(
            isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("sandbox.")
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        )
    }
    assert naming == {"bot/cli/system.py"}


@pytest.mark.parametrize(
    "source",
    [
        "import rasa",
        "import rasa.core.agent as agent",
        "from rasa import shared",
        "def late():\n    from assistant.nlg import HelpCenterNLG",
        "if TYPE_CHECKING:\n    import actions",
        "importlib.import_module('sandbox.portal')",
        "from tests.whole_system import WholeSystem",
    ],
)
def test_every_way_of_importing_is_seen(source: str) -> None:
    assert trespasses("bot", source)


def test_what_is_allowed_is_not_reported() -> None:
    assert trespasses("bot", "import rasa_free\nfrom bot.store import Store\nfrom . import turn\nimport httpx") == []
