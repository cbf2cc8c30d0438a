"""`make thresholds`: the four thresholds of config.yml, chosen on data/nlu.yml alone.

Each line is ranked by a model that did not see it (crossval.py), and each outcome has a cost to the citizen. With
calibrated probabilities that is all there is to choose: an answer pays when its probability outweighs its cost.
"""

import sys
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Callable, Dict, List, Sequence, Tuple

import numpy as np

from assistant.content.examples import load_examples
from assistant.content.help_center import load_help_center
from assistant.evaluation.crossval import Unseen, configured_thresholds, cross_validate
from assistant.evaluation.lines import OUT_OF_SCOPE, TASKS_AND_TOPICS
from assistant.nlu.decision import Thresholds

# What an outcome costs, in taps and readings: a right answer nothing.
OFFERED = 1.0  # the right topic is one of three buttons, or the citizen sees that none fits
OFFERED_IN_VAIN = 2.0  # none of the three: to be said again in other words
WRONG = 3.0  # a wrong answer is read and tried first; "not covered" sends a citizen away who could be helped
DIGITS = 3  # of a cost; costs that differ less are the same
STEPS = [round(0.3 + 0.05 * step, 2) for step in range(13)]
MARGINS = [0.0, 0.1, 0.2, 0.3, 0.4]
COVERAGES = [0.0, 0.25, 0.4, 0.5, 0.6]
HEADER = (
    f"{'':>6} {'cost':>6} {'answered':>9} {'wrong':>6} {'risk':>6} {'topics':>7} {'topics':>7} {'oos':>6} {'oos':>6}"
)
SECOND = f"{'':>6} {'':>6} {'':>9} {'':>6} {'':>6} {'answ.':>7} {'rej.':>7} {'kept':>6} {'rej.':>6}"


@dataclass(frozen=True)
class Sample:
    """The out-of-fold lines as columns."""

    probability: np.ndarray
    margin: np.ndarray
    coverage: np.ndarray
    right: np.ndarray  # the best topic is
    among_three: np.ndarray  # the right topic is
    beyond: np.ndarray  # the label is out_of_scope
    as_beyond: np.ndarray  # understood as out_of_scope
    topic: np.ndarray  # the label is a topic or a task

    @classmethod
    def of(cls, unseen: Sequence[Unseen]) -> "Sample":
        best = [item.topics[0] for item in unseen]
        return cls(
            probability=np.array([topic.probability for topic in best]),
            margin=np.array([item.topics[0].probability - item.topics[1].probability for item in unseen]),
            coverage=np.array([item.coverage for item in unseen]),
            right=np.array([item.right for item in unseen]),
            among_three=np.array([any(t.intent in item.line.accepted for t in item.topics[:3]) for item in unseen]),
            beyond=np.array([item.line.label == OUT_OF_SCOPE for item in unseen]),
            as_beyond=np.array([topic.intent == OUT_OF_SCOPE for topic in best]),
            topic=np.array([item.line.label in TASKS_AND_TOPICS for item in unseen]),
        )


def outcome(sample: Sample, thresholds: Thresholds) -> Dict[str, float]:
    """The figures at these thresholds; `cost` is the mean over all lines."""
    known = sample.coverage >= thresholds.coverage_at
    sure = (sample.probability >= thresholds.answer_at) & (sample.margin >= thresholds.margin_at)
    answered = known & ~sample.as_beyond & sure
    rejected = known & sample.as_beyond & (sample.probability >= thresholds.reject_at)
    offered = np.where(sample.among_three | sample.beyond, OFFERED, OFFERED_IN_VAIN)
    cost = np.where(answered | rejected, np.where(sample.right, 0.0, WRONG), offered)
    wrong = answered & ~sample.right
    return {
        "cost": float(cost.mean()),
        "answered": float(answered.mean()),
        "wrong": float(wrong.mean()),
        "risk": _share(wrong, answered),
        "topics_answered": _share(answered, sample.topic),
        "topics_rejected": _share(rejected, sample.topic),
        "oos_kept_out": 1 - _share(answered, sample.beyond),
        "oos_rejected": _share(rejected, sample.beyond),
    }


def _share(what: np.ndarray, among: np.ndarray) -> float:
    return float(what[among].mean()) if among.any() else 0.0


def choose(sample: Sample) -> Thresholds:
    """Of all combinations of the four, one whose cost is the least: of equals the lowest probabilities, which answer
    most, and the highest margin and coverage, for what the data lacks (words that no line has)."""
    candidates = [Thresholds(*values) for values in product(STEPS, MARGINS, STEPS, COVERAGES)]
    costs = {candidate: round(outcome(sample, candidate)["cost"], DIGITS) for candidate in candidates}
    least = min(costs.values())
    return min((candidate for candidate in candidates if costs[candidate] == least), key=_preference)


def _preference(thresholds: Thresholds) -> Tuple[float, ...]:
    probabilities = round(thresholds.answer_at + thresholds.reject_at, 2)
    return (probabilities, thresholds.answer_at, -thresholds.coverage_at, -thresholds.margin_at)


def table(title: str, sample: Sample, values: Sequence[float], make: Callable[[float], Thresholds]) -> List[str]:
    """The figures for each value of one threshold, the others as chosen."""
    lines = [title, HEADER, SECOND]
    for value in values:
        found = outcome(sample, make(value))
        cells = " ".join(f"{found[name]:>{width}.3f}" for name, width in zip(found, (6, 9, 6, 6, 7, 7, 6, 6)))
        lines.append(f"{value:>6.2f} {cells}")
    return [*lines, ""]


def coverage_table(sample: Sample) -> List[str]:
    """How well lines with few known words are understood: the probability does not know that it guesses."""
    lines = ["share of known words: lines, mean probability, right"]
    for low, high in zip([0, 0.25, 0.4, 0.6, 0.8, 1.0], [0.25, 0.4, 0.6, 0.8, 1.0, 1.01]):
        band = (sample.coverage >= low) & (sample.coverage < high) & ~sample.as_beyond
        if band.any():
            figures = f"{sample.probability[band].mean():.3f} {sample.right[band].mean():.3f}"
            lines.append(f"  {low:.2f}-{min(high, 1):.2f} {band.sum():>6} {figures}")
    return [*lines, ""]


def main() -> int:
    """Prints the tables and the choice; 1 when config.yml has other thresholds."""
    root = Path.cwd()
    sample = Sample.of(cross_validate(load_examples(root), load_help_center(root).topic_of()))
    configured = configured_thresholds(root)
    chosen = choose(sample)
    for line in [
        (
            f"{len(sample.right)} lines, each ranked by a model that did not see it; first topic right "
            f"{sample.right.mean():.3f}, among three {sample.among_three.mean():.3f}"
        ),
        f"cost: offered {OFFERED:g}, offered in vain {OFFERED_IN_VAIN:g}, wrong or wrongly rejected {WRONG:g}",
        "",
        *table("answer_at", sample, STEPS, lambda value: replace(chosen, answer_at=value)),
        *table("margin_at", sample, MARGINS, lambda value: replace(chosen, margin_at=value)),
        *table("reject_at", sample, STEPS, lambda value: replace(chosen, reject_at=value)),
        *table("coverage_at", sample, COVERAGES, lambda value: replace(chosen, coverage_at=value)),
        *coverage_table(sample),
        f"chosen:     {chosen}",
        f"config.yml: {configured}",
    ]:
        print(line)
    return 0 if chosen == configured else 1


if __name__ == "__main__":
    sys.exit(main())
