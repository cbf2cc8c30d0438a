"""The ratchet: what the trained model understands must not fall below tests/understanding/floors.json.

Raise a floor when the figures rise; never lower one without saying why in docs/understanding.md.
"""

import json
from pathlib import Path

import pytest

from assistant.evaluation.lines import read_lines
from assistant.evaluation.measures import measure, score
from assistant.evaluation.pipeline import understand

AT_MOST = ("wrong", "ece", "topics_rejected")
SETS = {"messages": "tests/understanding/messages.jsonl", "nlu-dev": "../shared/nlu-dev.jsonl"}
LINES = 800


def test_the_projects_own_set_is_large_enough(root: Path) -> None:
    lines = read_lines(root / SETS["messages"])
    assert len({line.text for line in lines}) >= LINES


@pytest.mark.parametrize("name", SETS)
def test_no_figure_falls(name: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = root / SETS[name]
    if not path.exists():
        pytest.skip(f"{SETS[name]} is not beside this clone")
    monkeypatch.chdir(root)
    lines = read_lines(path)
    figures = measure(score(lines, understand([line.text for line in lines])))
    floors = json.loads((root / "tests/understanding/floors.json").read_text())[name]
    fallen = {
        key: (figures[key], floor)
        for key, floor in floors.items()
        if (figures[key] > floor if key in AT_MOST else figures[key] < floor)
    }
    assert fallen == {}
