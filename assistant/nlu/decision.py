"""From probabilities to what Guichê does: answer, offer up to three topics, or say that it is not covered."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Dict, List, Mapping, NamedTuple, Sequence

from assistant.nlu.model import Ranked

OUT_OF_SCOPE = "out_of_scope"
ANSWER, OFFER, REJECT = "answer", "offer", "reject"


@dataclass(frozen=True)
class Thresholds:
    """Chosen by `python -m assistant.evaluation.thresholds` (docs/understanding.md). `answer_at`: least probability of
    the best topic to answer it; `margin_at`: least distance to the second; `reject_at`: least probability of
    out_of_scope to say "not covered"; `coverage_at`: least share of known words, below which nothing is answered."""

    answer_at: float = 0.5
    margin_at: float = 0.4
    reject_at: float = 0.8
    coverage_at: float = 0.25


class Decision(NamedTuple):
    """`kind` is ANSWER, OFFER or REJECT; `intent` the likeliest one; `topics` the ranking with details counted in."""

    kind: str
    intent: str
    topics: List[Ranked]


def by_topic(ranked: Sequence[Ranked], topic_of: Mapping[str, str]) -> List[Ranked]:
    """The ranking with each detail's probability added to its topic's, the likeliest first."""
    sums: Dict[str, float] = defaultdict(float)
    for intent, probability in ranked:
        sums[topic_of.get(intent, intent)] += probability
    return sorted((Ranked(topic, total) for topic, total in sums.items()), key=lambda item: -item.probability)


def decide(ranked: Sequence[Ranked], coverage: float, topic_of: Mapping[str, str], thresholds: Thresholds) -> Decision:
    """`ranked` is the model's ranking of intents, the likeliest first; never empty."""
    topics = by_topic(ranked, topic_of)
    best = topics[0]
    intent = next(item.intent for item in ranked if topic_of.get(item.intent, item.intent) == best.intent)
    margin = best.probability - topics[1].probability if len(topics) > 1 else 1.0
    if coverage < thresholds.coverage_at:
        return Decision(OFFER, intent, topics)
    if best.intent == OUT_OF_SCOPE:
        return Decision(REJECT if best.probability >= thresholds.reject_at else OFFER, intent, topics)
    sure = best.probability >= thresholds.answer_at and margin >= thresholds.margin_at
    return Decision(ANSWER if sure else OFFER, intent, topics)
