"""`python -m assistant.evaluation.project`: what `make evaluate` prints, draws and writes to docs/understanding.md.

The trained model on the project's own test set and, when it is there, on the outside authors' set; then
cross-validation on data/nlu.yml. How to read it: docs/understanding.md.
"""

import argparse
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Dict, List, Mapping, Sequence, Set

os.environ["RASA_TELEMETRY_ENABLED"] = "false"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from assistant.content.examples import Example, load_examples
from assistant.content.help_center import load_help_center
from assistant.evaluation.crossval import configured_thresholds, cross_validate, understood
from assistant.evaluation.lines import OUTSIDE, OWN, SETS, read_lines
from assistant.evaluation.measures import Scored, measure, score
from assistant.evaluation.page import write_table
from assistant.evaluation.pipeline import ModelUnusable, understand
from assistant.evaluation.plots import confusion, risk_coverage
from assistant.evaluation.report import as_text, main_figures
from assistant.nlu.normalise import normalise

CROSS_VALIDATION = "cross-validation"
IMAGES = Path("docs/images")
PAIRS = 30
NEW = "top1 of the lines that no training line equals"
# Rows of the page's table: the figure, what the issue asks of the outside set, and what else to call it.
ASKED = {
    "top1": "0.93",
    NEW: "",
    "top3": "0.985",
    "topics_answered": "0.85",
    "wrong": "at most 0.04",
    "oos_kept_out": "0.92",
    "topics_rejected": "at most 0.03",
    "ece": "at most 0.05",
    "ms_per_message": "1.5",
    "ms_p95": "",
    "ms_whole_pipeline": "",
}
TITLES = {
    "ms_per_message": "classifier alone, ms of CPU a message, median",
    "ms_p95": "classifier alone, 95th percentile",
    "ms_whole_pipeline": "Rasa's whole parse, median",
}


def main() -> int:
    """0, or 2 when there is no trained model."""
    parser = argparse.ArgumentParser(prog="make evaluate")
    parser.add_argument("--images", type=Path, default=IMAGES, help="folder for the PNG files")
    parser.add_argument("--confusions", action="store_true", help="also print every confused line of cross-validation")
    options = parser.parse_args()
    root = Path.cwd()
    topic_of = load_help_center(root).topic_of()
    topics = set(topic_of.values())
    sets: Dict[str, List[Scored]] = {}
    for name, path in SETS.items():
        if not path.exists():
            print(f"== {name}: {path} is not there\n")
            continue
        lines = read_lines(path, topic_of)
        try:
            sets[name] = score(lines, understand([line.text for line in lines]))
        except ModelUnusable as error:
            print(f"make evaluate: {error}", file=sys.stderr)
            return 2
        print(f"== {name}: {path}\n{as_text(measure(sets[name], topics))}\n", flush=True)
    examples = load_examples(root)
    sets[CROSS_VALIDATION] = _cross_validation(root, examples, topic_of)
    figures = {name: measure(scored, topics) for name, scored in sets.items()}
    known = {normalise(example.text) for example in examples}
    for name in set(sets) - {CROSS_VALIDATION}:
        figures[name][NEW] = _share_of_new(sets[name], known)
        print(f"{name}: {NEW} {figures[name][NEW]}")
    print(f"== {CROSS_VALIDATION}: data/nlu.yml, each line ranked by a model that did not see it")
    found = figures[CROSS_VALIDATION]
    print(as_text(found) if options.confusions else f"{main_figures(found)}\n\n{_pairs(sets[CROSS_VALIDATION])}")
    confusion(sets[OWN], options.images / "understanding-confusion.png")
    risk_coverage(sets, options.images / "understanding-risk-coverage.png")
    print(f"\npictures: {options.images}/understanding-*.png")
    if OUTSIDE in sets:
        write_table("figures", _table(figures))
    return 0


def _share_of_new(scored: Sequence[Scored], known: Set[str]) -> str:
    """Top1 of the lines that do not stand among the training lines, and how many there are. A short line can be written
    by two people in the same words ("oi", "esqueci minha senha")."""
    new = [item for item in scored if normalise(item.line.text) not in known]
    return f"{sum(item.top1 for item in new) / max(len(new), 1):.3f} of {len(new)}"


def _cross_validation(root: Path, examples: Sequence[Example], topic_of: Mapping[str, str]) -> List[Scored]:
    thresholds = configured_thresholds(root)
    unseen = cross_validate(examples, topic_of)
    return score([item.line for item in unseen], [understood(item, topic_of, thresholds) for item in unseen])


def _pairs(scored: Sequence[Scored]) -> str:
    """The labels that are most often taken for another."""
    counts = Counter((item.line.label, item.understood.ranking[0][0]) for item in scored if not item.top1)
    rows = [f"  {count:>4}  {label} <- {found}" for (label, found), count in counts.most_common(PAIRS)]
    return "\n".join(["most frequent confusions (label <- predicted)", *rows])


def _table(figures: Mapping[str, Mapping[str, Any]]) -> List[List[str]]:
    order = [OWN, OUTSIDE, CROSS_VALIDATION]
    head = ["", *[f"{name}, {figures[name]['n']:,} lines" for name in order], "asked of the outside set"]
    return [head, *[[TITLES.get(key, key), *[_cell(figures[name].get(key), key) for name in order], asked]
                    for key, asked in ASKED.items()]]  # fmt: skip


def _cell(value: Any, key: str) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return f"{value:.2f}" if key.startswith("ms_") else f"{value:.3f}"


if __name__ == "__main__":
    sys.exit(main())
