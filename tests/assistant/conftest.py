"""Shared by the tests that run in .venv-rasa: the project's own content, or a copy of it that a test may break."""

import shutil
from pathlib import Path
from typing import Iterator, List

import pytest

EXAMPLES = 45  # lines an intent: content checks want MIN_EXAMPLES that differ in more than case
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's root."""
    return ROOT


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the content alone, for a test to break. With few examples: looking for near-duplicates takes seconds
    over all of them."""
    shutil.copytree(ROOT / "data", tmp_path / "data")
    shutil.copy(ROOT / "domain.yml", tmp_path / "domain.yml")
    nlu = tmp_path / "data" / "nlu.yml"
    nlu.write_text("\n".join(_thinned(nlu.read_text(encoding="utf-8").splitlines())) + "\n", encoding="utf-8")
    return tmp_path


def _thinned(lines: List[str]) -> Iterator[str]:
    """At most EXAMPLES lines an intent."""
    kept = 0
    for line in lines:
        if "- intent:" in line:
            kept = 0
        elif line.startswith("      - "):
            kept += 1
        if kept <= EXAMPLES:
            yield line
