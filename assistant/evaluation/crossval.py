"""Cross-validation on data/nlu.yml: every line ranked by a model that saw neither it nor its near-duplicates."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Sequence

import yaml

from assistant.content.examples import Example
from assistant.evaluation.lines import TestLine
from assistant.evaluation.pipeline import Understood
from assistant.nlu.decision import Thresholds, by_topic, decide
from assistant.nlu.model import IntentModel, Ranked, folds, temperature_of

FOLDS = 5
CONFIG = Path("config.yml")
CLASSIFIER = "assistant.nlu.classifier.TopicClassifier"


@dataclass(frozen=True)
class Unseen:
    """A training line as a model saw it that was trained without its fold. `topics`: details counted in."""

    line: TestLine
    ranked: Sequence[Ranked]
    topics: Sequence[Ranked]
    coverage: float
    milliseconds: float

    @property
    def right(self) -> bool:
        return self.topics[0].intent in self.line.accepted


def cross_validate(
    examples: Sequence[Example], topic_of: Mapping[str, str], count: int = FOLDS, runs: Optional[int] = None
) -> List[Unseen]:
    """Trains a model for each of `count` folds (or for the first `runs`, which gives the lines of those folds only); a
    line's label is its topic. Deterministic, in the order of `examples`."""
    texts, intents = [example.text for example in examples], [example.intent for example in examples]
    temperature = temperature_of(texts, intents)
    assigned = folds(texts, count)
    unseen: Dict[int, Unseen] = {}
    for number in range(count if runs is None else runs):
        rest = [index for index, fold in enumerate(assigned) if fold != number]
        model = IntentModel.train([texts[index] for index in rest], [intents[index] for index in rest], temperature)
        for index in [index for index, fold in enumerate(assigned) if fold == number]:
            unseen[index] = _rank(model, texts[index], topic_of.get(intents[index], intents[index]), topic_of)
    return [unseen[index] for index in sorted(unseen)]


def _rank(model: IntentModel, text: str, label: str, topic_of: Mapping[str, str]) -> Unseen:
    started = time.perf_counter()
    ranked, coverage = model.understand(text)
    elapsed = (time.perf_counter() - started) * 1000
    return Unseen(TestLine(text, label, frozenset([label])), ranked, by_topic(ranked, topic_of), coverage, elapsed)


def understood(unseen: Unseen, topic_of: Mapping[str, str], thresholds: Thresholds) -> Understood:
    """What would be done with the line."""
    decision = decide(unseen.ranked, unseen.coverage, topic_of, thresholds)
    return Understood(decision.kind, decision.topics[0].intent, decision.topics[:3], unseen.milliseconds)


def configured_thresholds(root: Path) -> Thresholds:
    """Those of config.yml."""
    pipeline: List[Dict[str, Any]] = yaml.safe_load((root / CONFIG).read_text(encoding="utf-8"))["pipeline"]
    values = next(component for component in pipeline if component["name"] == CLASSIFIER)
    return Thresholds(**{name: values[name] for name in Thresholds.__dataclass_fields__ if name in values})
