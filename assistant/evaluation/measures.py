"""The figures. Definitions follow the issue "It understands how people really write"."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Collection, Dict, List, Sequence

import numpy as np

from assistant.evaluation.lines import OUT_OF_SCOPE, TASKS_AND_TOPICS, TestLine
from assistant.evaluation.pipeline import Understood
from assistant.nlu.decision import ANSWER, OFFER, REJECT

BINS = 10


@dataclass(frozen=True)
class Scored:
    """A line, what was understood, and whether that is right."""

    line: TestLine
    understood: Understood

    @property
    def top1(self) -> bool:
        return self.understood.ranking[0][0] in self.line.accepted

    @property
    def top3(self) -> bool:
        return any(topic in self.line.accepted for topic, _ in self.understood.ranking[:3])

    @property
    def wrong(self) -> bool:
        """Answered with something else, an answered out-of-scope line included."""
        return self.understood.kind == ANSWER and self.understood.answer not in self.line.accepted


def score(lines: Sequence[TestLine], understood: Sequence[Understood]) -> List[Scored]:
    return [Scored(line, found) for line, found in zip(lines, understood)]


def measure(scored: Sequence[Scored], topics: Collection[str]) -> Dict[str, Any]:
    """All figures as shares of one (`n` and milliseconds excepted); a share over no lines is None.

    `topics`: every topic of the help center, those included that test files do not label (`privacy`)."""
    beyond = [item for item in scored if item.line.label == OUT_OF_SCOPE]
    asked = [item for item in scored if item.line.label in TASKS_AND_TOPICS]
    milliseconds = [item.understood.milliseconds for item in scored]
    whole = [item.understood.whole_milliseconds for item in scored if item.understood.whole_milliseconds is not None]
    return {
        "n": len(scored),
        "top1": _share(scored, lambda item: item.top1),
        "top3": _share(scored, lambda item: item.top3),
        "answered": _share(scored, lambda item: item.understood.kind == ANSWER),
        "offered": _share(scored, lambda item: item.understood.kind == OFFER),
        "rejected": _share(scored, lambda item: item.understood.kind == REJECT),
        "wrong": _share(scored, lambda item: item.wrong),
        "ece": calibration_error(scored),
        "oos_kept_out": _share(beyond, lambda item: not _answered(item, topics)),
        "topics_answered": _share(asked, lambda item: item.understood.kind == ANSWER),
        "topics_rejected": _share(asked, lambda item: item.understood.kind == REJECT),
        "ms_per_message": _percentile(milliseconds, 50),
        "ms_p95": _percentile(milliseconds, 95),
        "ms_whole_pipeline": _percentile(whole, 50),
        "labels": per_label(scored),
        "confusions": [_confusion(item) for item in scored if item.wrong or not item.top1],
    }


def calibration_error(scored: Sequence[Scored]) -> Any:
    """Expected calibration error of the best topic's probability, in BINS bins of equal width."""
    if not scored:
        return None
    sure = np.array([item.understood.ranking[0][1] for item in scored])
    right = np.array([item.top1 for item in scored], dtype=float)
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    gaps = [abs(sure[bins == number].sum() - right[bins == number].sum()) for number in range(BINS)]
    return round(float(sum(gaps) / len(scored)), 4)


def per_label(scored: Sequence[Scored]) -> Dict[str, Dict[str, Any]]:
    """label -> n, top1, top3, wrong."""
    grouped: Dict[str, List[Scored]] = defaultdict(list)
    for item in scored:
        grouped[item.line.label].append(item)
    return {
        label: {
            "n": len(items),
            "top1": _share(items, lambda item: item.top1),
            "top3": _share(items, lambda item: item.top3),
            "wrong": _share(items, lambda item: item.wrong),
        }
        for label, items in sorted(grouped.items())
    }


def _answered(item: Scored, topics: Collection[str]) -> bool:
    return item.understood.kind == ANSWER and item.understood.answer in topics


def _confusion(item: Scored) -> Dict[str, Any]:
    topic, probability = item.understood.ranking[0]
    return {
        "text": item.line.text,
        "label": item.line.label,
        "predicted": topic,
        "probability": round(probability, 3),
        "decision": item.understood.kind,
        "answer": item.understood.answer if item.understood.kind == ANSWER else None,
    }


def _percentile(values: Sequence[float], percent: int) -> Any:
    return round(float(np.percentile(values, percent)), 3) if values else None


def _share(items: Sequence[Scored], holds: Any) -> Any:
    return round(sum(map(holds, items)) / len(items), 4) if items else None
