"""`make learning`: what more training lines bring. Draws the curve and writes its table to docs/understanding.md."""

import argparse
import sys
from pathlib import Path
from typing import Dict, List, Mapping, Sequence, Tuple

import numpy as np

from assistant.content.examples import Example, load_examples
from assistant.content.help_center import load_help_center
from assistant.evaluation.crossval import FOLDS
from assistant.evaluation.lines import OUTSIDE, SETS, TestLine, read_lines
from assistant.evaluation.page import write_table
from assistant.evaluation.plots import learning_curve
from assistant.evaluation.project import IMAGES
from assistant.nlu.decision import by_topic
from assistant.nlu.model import SEED, IntentModel, folds

SHARES = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1)
HELD = "a fifth of data/nlu.yml"
TEMPERATURE = 0.2  # does not change which topic comes first by much; fitting it would take most of the time


def curve(
    examples: Sequence[Example], topic_of: Mapping[str, str], sets: Mapping[str, Sequence[TestLine]]
) -> Dict[str, List[Tuple[int, float]]]:
    """set -> (training lines, share of lines whose first topic is right), for growing random parts of `examples`."""
    order = np.random.RandomState(SEED).permutation(len(examples))
    points: Dict[str, List[Tuple[int, float]]] = {name: [] for name in sets}
    for share in SHARES:
        part = [examples[index] for index in sorted(order[: round(len(examples) * share)])]
        model = IntentModel.train([e.text for e in part], [e.intent for e in part], TEMPERATURE)
        for name, lines in sets.items():
            right = sum(by_topic(model.rank(line.text), topic_of)[0].intent in line.accepted for line in lines)
            points[name].append((len(part), right / len(lines)))
    return points


def main() -> int:
    """0. Nothing is written when the outside set is not there: the page's table has a row for it."""
    parser = argparse.ArgumentParser(prog="make learning")
    parser.add_argument("--images", type=Path, default=IMAGES, help="folder for the PNG file")
    options = parser.parse_args()
    root = Path.cwd()
    examples, topic_of = load_examples(root), load_help_center(root).topic_of()
    sets = {name: read_lines(path, topic_of) for name, path in SETS.items() if path.exists()}
    held = folds([example.text for example in examples], FOLDS) == 0
    labels = [topic_of.get(example.intent, example.intent) for example in examples]
    unseen = [TestLine(e.text, label, frozenset([label])) for e, label, out in zip(examples, labels, held) if out]
    points = curve(examples, topic_of, sets)
    points |= curve([e for e, out in zip(examples, held) if not out], topic_of, {HELD: unseen})
    rows = [[name, *[f"{right:.3f}" for _, right in found]] for name, found in points.items()]
    head = ["first topic right, of", *[_name(share, len(examples)) for share in SHARES]]
    for row in [head, *rows]:
        print(" | ".join(row))
    learning_curve(points, options.images / "understanding-learning-curve.png")
    if OUTSIDE in sets:
        write_table("learning", [head, *rows])
    return 0


def _name(share: float, lines: int) -> str:
    return "all lines" if share == 1 else f"1/{round(1 / share)} ({round(lines * share):,} lines)"


if __name__ == "__main__":
    sys.exit(main())
