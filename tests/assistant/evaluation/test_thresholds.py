"""Thresholds follow from costs and from lines that no model had seen."""

from pathlib import Path

import numpy as np
import pytest

from assistant.content.examples import Example
from assistant.evaluation.crossval import configured_thresholds, cross_validate, understood
from assistant.evaluation.thresholds import OFFERED, WRONG, Sample, choose, outcome
from assistant.nlu.decision import ANSWER, OFFER, REJECT, Thresholds

LINES = 20_000


def sample(probability: np.ndarray, right: np.ndarray, beyond: bool = False, **columns: np.ndarray) -> Sample:
    """Lines of one kind, unless `columns` say otherwise of known words and with no second topic near: topics, or
    out-of-scope lines understood as such."""
    ones = np.ones(len(right), dtype=bool)
    return Sample(
        probability=probability,
        margin=columns.get("margin", ones.astype(float)),
        coverage=columns.get("coverage", ones.astype(float)),
        right=right,
        among_three=ones,
        beyond=ones & beyond,
        as_beyond=ones & beyond,
        topic=ones & (not beyond),
    )


@pytest.fixture(scope="module")
def calibrated() -> Sample:
    """Each line is right as often as its probability says."""
    random = np.random.RandomState(7)
    probability = random.uniform(0.3, 1, LINES)
    return sample(probability, random.uniform(size=LINES) < probability)


def test_with_calibrated_probabilities_the_costs_are_the_threshold(calibrated: Sample) -> None:
    """Answering costs WRONG * (1 - p), offering OFFERED: equal at p = 1 - OFFERED / WRONG."""
    assert choose(calibrated).answer_at == pytest.approx(1 - OFFERED / WRONG, abs=0.051)


def test_each_of_the_four_is_chosen() -> None:
    """Surely wrong where little is known, or where a second topic is near; out-of-scope lines follow the same costs."""
    random = np.random.RandomState(7)
    sure = np.full(LINES, 0.9)
    shares = random.uniform(size=LINES)
    known = choose(sample(sure, shares >= 0.4, coverage=shares))
    assert known.coverage_at == pytest.approx(0.4)
    apart = choose(sample(sure, shares >= 0.2, margin=shares))
    assert apart.margin_at == pytest.approx(0.2)
    beyond = random.uniform(0.3, 1, LINES)
    found = choose(sample(beyond, random.uniform(size=LINES) < beyond, beyond=True))
    assert found.reject_at == pytest.approx(1 - OFFERED / WRONG, abs=0.051)


def test_the_outcome_counts_what_is_answered_and_wrong() -> None:
    four = sample(np.array([0.9, 0.9, 0.5, 0.4]), np.array([True, False, True, True]))
    found = outcome(four, Thresholds(answer_at=0.5))
    assert found["answered"] == 0.75
    assert found["wrong"] == 0.25
    assert found["risk"] == pytest.approx(1 / 3)
    assert found["cost"] == pytest.approx((WRONG + OFFERED) / 4)
    assert found["topics_answered"] == 0.75


EXAMPLES = [
    Example(intent, f"{verb} {thing} {extra}".strip(), 1)
    for intent, verbs, thing in [
        ("sign", ("quero assinar", "como assino", "assinatura de"), "documento"),
        ("reset_password", ("esqueci", "perdi", "não lembro"), "senha"),
        ("out_of_scope", ("pagar", "segunda via", "valor"), "iptu"),
    ]
    for verb in verbs
    for extra in ("", "hoje", "agora", "por favor")
]
TOPIC_OF = {"sign": "sign", "reset_password": "reset_password"}


def test_a_line_is_ranked_by_a_model_that_did_not_see_it() -> None:
    alone = Example("sign", "xyzzy plugh", 1)
    *others, found = cross_validate([*EXAMPLES, alone], TOPIC_OF, count=3)
    assert found.line.text == "xyzzy plugh"
    assert found.coverage == 0
    assert sum(item.right for item in others) / len(others) > 0.9


def test_cross_validation_gives_the_same_again() -> None:
    first, second = (cross_validate(EXAMPLES, TOPIC_OF, count=3) for _ in range(2))
    assert [item.ranked for item in first] == [item.ranked for item in second]


def test_decisions_are_those_of_the_classifier() -> None:
    unseen = {item.line.text: item for item in cross_validate(EXAMPLES, TOPIC_OF, count=3)}
    low, high = Thresholds(0.0, 0.0, 0.0, 0.0), Thresholds(1.01, 0.0, 1.01, 0.0)
    assert understood(unseen["perdi senha hoje"], TOPIC_OF, low).kind == ANSWER
    assert understood(unseen["perdi senha hoje"], TOPIC_OF, high).kind == OFFER
    assert understood(unseen["pagar iptu hoje"], TOPIC_OF, low).kind == REJECT


def test_the_thresholds_of_the_project_are_read(root: Path) -> None:
    assert configured_thresholds(root) == Thresholds()
