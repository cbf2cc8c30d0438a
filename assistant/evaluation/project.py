"""`python -m assistant.evaluation.project`: what `make evaluate` prints and draws.

The trained model on the project's own test set and, when it is there, on the outside authors' set; then
cross-validation on data/nlu.yml. How to read it: docs/understanding.md.
"""

import argparse
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Dict, List, Sequence

os.environ["RASA_TELEMETRY_ENABLED"] = "false"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from assistant.content.examples import load_examples
from assistant.content.help_center import load_help_center
from assistant.evaluation.crossval import configured_thresholds, cross_validate, understood
from assistant.evaluation.lines import read_lines
from assistant.evaluation.measures import Scored, measure, score
from assistant.evaluation.pipeline import ModelUnusable, understand
from assistant.evaluation.plots import confusion, risk_coverage
from assistant.evaluation.report import as_text, main_figures

SETS = {"own set": Path("tests/understanding/messages.jsonl"), "outside set": Path("../shared/nlu-dev.jsonl")}
CROSS_VALIDATION = "cross-validation"
IMAGES = Path("docs/images")
PAIRS = 30


def main() -> int:
    """0, or 2 when there is no trained model."""
    parser = argparse.ArgumentParser(prog="make evaluate")
    parser.add_argument("--images", type=Path, default=IMAGES, help="folder for the PNG files")
    parser.add_argument("--confusions", action="store_true", help="also print every confused line of cross-validation")
    options = parser.parse_args()
    root = Path.cwd()
    sets: Dict[str, List[Scored]] = {}
    for name, path in SETS.items():
        if not path.exists():
            print(f"== {name}: {path} is not there\n")
            continue
        lines = read_lines(path)
        try:
            sets[name] = score(lines, understand([line.text for line in lines]))
        except ModelUnusable as error:
            print(f"make evaluate: {error}", file=sys.stderr)
            return 2
        print(f"== {name}: {path}\n{as_text(measure(sets[name]))}\n", flush=True)
    sets[CROSS_VALIDATION] = _cross_validation(root)
    figures = measure(sets[CROSS_VALIDATION])
    print(f"== {CROSS_VALIDATION}: data/nlu.yml, each line ranked by a model that did not see it")
    print(as_text(figures) if options.confusions else f"{main_figures(figures)}\n\n{_pairs(sets[CROSS_VALIDATION])}")
    confusion(sets["own set"], options.images / "understanding-confusion.png")
    risk_coverage(sets, options.images / "understanding-risk-coverage.png")
    print(f"\npictures: {options.images}/understanding-*.png")
    return 0


def _cross_validation(root: Path) -> List[Scored]:
    topic_of, thresholds = load_help_center(root).topic_of(), configured_thresholds(root)
    unseen = cross_validate(load_examples(root), topic_of)
    return score([item.line for item in unseen], [understood(item, topic_of, thresholds) for item in unseen])


def _pairs(scored: Sequence[Scored]) -> str:
    """The labels that are most often taken for another."""
    counts = Counter((item.line.label, item.understood.ranking[0][0]) for item in scored if not item.top1)
    rows = [f"  {count:>4}  {label} <- {found}" for (label, found), count in counts.most_common(PAIRS)]
    return "\n".join(["most frequent confusions (label <- predicted)", *rows])


if __name__ == "__main__":
    sys.exit(main())
