"""The ratchet: what the trained model understands must not fall below tests/understanding/floors.json.

Raise a floor when the figures rise; never lower one without saying why in docs/understanding.md.
"""

import json
from pathlib import Path
from typing import Any, Dict

import pytest

from assistant.content.examples import load_examples
from assistant.content.help_center import load_help_center
from assistant.evaluation.crossval import configured_thresholds, cross_validate, understood
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
    topic_of = load_help_center(root).topic_of()
    lines = read_lines(path, topic_of)
    scored = score(lines, understand([line.text for line in lines]))
    assert fallen(root, name, measure(scored, set(topic_of.values()))) == {}


def test_no_figure_of_cross_validation_falls(root: Path) -> None:
    """On a fifth of data/nlu.yml, by a model of the rest; all five fifths would take minutes (make evaluate)."""
    topic_of, thresholds = load_help_center(root).topic_of(), configured_thresholds(root)
    unseen = cross_validate(load_examples(root), topic_of, runs=1)
    scored = score([item.line for item in unseen], [understood(item, topic_of, thresholds) for item in unseen])
    assert fallen(root, "cross-validation", measure(scored, set(topic_of.values()))) == {}


def fallen(root: Path, name: str, figures: Dict[str, Any]) -> Dict[str, Any]:
    """figure -> (now, floor) of each that is worse than its floor."""
    floors = json.loads((root / "tests/understanding/floors.json").read_text())[name]
    assert floors
    return {
        key: (figures[key], floor)
        for key, floor in floors.items()
        if (figures[key] > floor if key in AT_MOST else figures[key] < floor)
    }
