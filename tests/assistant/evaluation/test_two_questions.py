"""Two questions in one message are found, and single questions are left alone: measured with the trained model."""

import json
from pathlib import Path
from typing import Callable, Optional

import pytest

from assistant.content.help_center import load_help_center
from assistant.evaluation.crossval import configured_thresholds
from assistant.evaluation.lines import read_lines
from assistant.nlu.archive import load_intent_model
from assistant.nlu.decision import Decision, decide
from assistant.nlu.segments import TwoQuestions, two_questions

MISTAKEN = 0.005  # largest share of single questions that get a second topic offered
SETS = ("two_questions", "two_questions_held_out")
SINGLE = ("tests/understanding/messages.jsonl", "../shared/nlu-dev.jsonl")

Split = Callable[[str], Optional[TwoQuestions]]


@pytest.fixture(scope="module")
def split(root: Path) -> Split:
    model = load_intent_model(root / "models/guiche.tar.gz")
    topic_of, thresholds = load_help_center(root).topic_of(), configured_thresholds(root)

    def understand(text: str) -> Decision:
        return decide(*model.understand(text), topic_of, thresholds)

    return lambda text: two_questions(text, understand(text), understand, set(topic_of.values()))


@pytest.mark.parametrize("name", SETS)
def test_two_questions_are_found_and_single_ones_left_alone(split: Split, root: Path, name: str) -> None:
    """Not below the floors; `found`: both topics, in their order."""
    lines = (root / f"tests/understanding/{name}.jsonl").read_text(encoding="utf-8").splitlines()
    cases = [(case["text"], case["labels"]) for case in map(json.loads, lines)]
    pairs = {text: split(text) for text, _ in cases}
    told = {text: [pair.first.topics[0].intent, pair.second] if pair else None for text, pair in pairs.items()}
    twice = [text for text, labels in cases if len(labels) == 2]
    missed = [(text, told[text]) for text, labels in cases if len(labels) == 2 and told[text] != labels]
    parted = [(text, told[text]) for text, labels in cases if len(labels) == 1 and told[text]]
    floors = json.loads((root / "tests/understanding/floors.json").read_text())[name]
    assert 1 - len(missed) / len(twice) >= floors["found"], missed
    assert 1 - len(parted) / (len(cases) - len(twice)) >= floors["left_alone"], parted


@pytest.mark.parametrize("path", SINGLE)
def test_single_questions_are_left_alone(split: Split, root: Path, path: str) -> None:
    if not (root / path).exists():
        pytest.skip(f"{path} is not beside this clone")
    lines = read_lines(root / path)
    pairs = [(line, pair) for line in lines if (pair := split(line.text))]
    assert len(pairs) <= MISTAKEN * len(lines), [line.text for line, _ in pairs]
    assert all(pair.first.topics[0].intent in line.accepted for line, pair in pairs)
