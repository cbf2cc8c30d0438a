"""Answer, offer, or say that it is not covered."""

import pytest

from assistant.nlu.decision import ANSWER, OFFER, REJECT, Thresholds, by_topic, decide
from assistant.nlu.model import Ranked

TOPIC_OF = {"sign": "sign", "sign_pin": "sign", "vista": "vista"}
THRESHOLDS = Thresholds(answer_at=0.5, margin_at=0.2, reject_at=0.5, coverage_at=0.3)


def ranked(**probabilities: float) -> list:
    return sorted((Ranked(name, value) for name, value in probabilities.items()), key=lambda item: -item.probability)


def test_a_detail_counts_for_its_topic() -> None:
    assert by_topic(ranked(sign=0.3, sign_pin=0.3, vista=0.4), TOPIC_OF)[0] == Ranked("sign", 0.6)


def test_the_answer_is_the_likeliest_intent_of_the_best_topic() -> None:
    decision = decide(ranked(sign=0.3, sign_pin=0.4, vista=0.3), 1.0, TOPIC_OF, THRESHOLDS)
    assert (decision.kind, decision.intent) == (ANSWER, "sign_pin")


@pytest.mark.parametrize(
    ("probabilities", "coverage", "kind"),
    [
        ({"sign": 0.9, "vista": 0.1}, 1.0, ANSWER),
        ({"sign": 0.49, "vista": 0.1}, 1.0, OFFER),
        ({"sign": 0.5, "vista": 0.4}, 1.0, OFFER),
        ({"sign": 0.9, "vista": 0.1}, 0.2, OFFER),
        ({"out_of_scope": 0.9, "vista": 0.1}, 1.0, REJECT),
        ({"out_of_scope": 0.4, "vista": 0.3}, 1.0, OFFER),
        ({"greet": 1.0}, 1.0, ANSWER),
    ],
)
def test_the_kind_of_decision(probabilities: dict, coverage: float, kind: str) -> None:
    assert decide(ranked(**probabilities), coverage, TOPIC_OF, THRESHOLDS).kind == kind
