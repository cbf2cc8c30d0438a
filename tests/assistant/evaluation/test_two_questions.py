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

FOUND = 0.85  # least share of the two questions that are told apart, both rightly
MISTAKEN = 0.005  # largest share of single questions that get a second topic offered
SINGLE = ("tests/understanding/messages.jsonl", "../shared/nlu-dev.jsonl")

Split = Callable[[str], Optional[TwoQuestions]]


@pytest.fixture(scope="module")
def split(root: Path) -> Split:
    model = load_intent_model(root / "models/guiche.tar.gz")
    topic_of, thresholds = load_help_center(root).topic_of(), configured_thresholds(root)

    def understand(text: str) -> Decision:
        return decide(model.rank(text), model.coverage(text), topic_of, thresholds)

    return lambda text: two_questions(text, understand, set(topic_of.values()))


def test_two_questions_are_found(split: Split, root: Path) -> None:
    lines = (root / "tests/understanding/two_questions.jsonl").read_text(encoding="utf-8").splitlines()
    cases = [json.loads(line) for line in lines]
    wrong = []
    for case in cases:
        pair = split(case["text"])
        found = (pair.first.topics[0].intent, pair.second) if pair else None
        if found != (case["first"], case["second"]):
            wrong.append((case["text"], found))
    assert len(wrong) <= (1 - FOUND) * len(cases), wrong


@pytest.mark.parametrize("path", SINGLE)
def test_single_questions_are_left_alone(split: Split, root: Path, path: str) -> None:
    if not (root / path).exists():
        pytest.skip(f"{path} is not beside this clone")
    lines = read_lines(root / path)
    pairs = [(line, pair) for line in lines if (pair := split(line.text))]
    assert len(pairs) <= MISTAKEN * len(lines), [line.text for line, _ in pairs]
    assert all(pair.first.topics[0].intent in line.accepted for line, pair in pairs)
