"""`make bench`: Guichê and Rasa's default configuration, one after the other on this machine, with the same messages.

The default is Rasa 3.6.21 as `rasa init` and `rasa run` give it (benchmarks/rasa_default), trained on this project's
data, with its REST channel and its in-memory tracker store. Its epochs are few, which changes its training and not the
cost of serving. Guichê is `guiche serve`: a message goes in at the front desk, is stored, answered by Rasa, stored
again, and is measured when it can be read on the event stream. Only messages are asked that both answer alike.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import training
from benchmarks.load import candidates
from benchmarks.measure import NewSystem, Plan, measure, probe
from benchmarks.report import OURS, THEIRS, ratios, table
from benchmarks.systems import Guiche, RasaDefault
from bot.cli.model import Trainer
from bot.cli.paths import RASA_PYTHON, ROOT

RESULTS = ROOT / "benchmarks" / "results.json"
PICTURE = ROOT / "docs" / "images" / "performance.png"
ENOUGH = 30
"""Lines that both must answer alike; with fewer the comparison would be of little."""
OPENING = 40
"""Characters of an answer by which it is known."""


class TooFewLines(Exception):
    """The systems hardly ever give the same answer: one of them is not what it should be."""


@dataclass
class Common:
    """The lines for the comparison, and what finding them showed."""

    asked: int
    texts: list[str] = field(default_factory=list)
    answered: dict[str, int] = field(default_factory=dict)
    starts: dict[str, float] = field(default_factory=dict)


def common_lines(systems: dict[str, NewSystem], answers: dict[str, list[str]], plan: Plan) -> Common:
    """What every system answers as the help center does. One runs at a time; raises TooFewLines."""
    lines = candidates(plan.lines)
    common = set(lines)
    found = Common(asked=len(lines))
    for name, new in systems.items():
        found.starts[name], known = probe(new, lines, answers)
        found.answered[name] = len(known)
        common &= known
        _say(f"{name}: first answer after {found.starts[name]:.1f} s, {len(known)} of {len(lines)} lines as asked")
    found.texts += [line.text for line in lines if line in common]
    if len(found.texts) < ENOUGH:
        raise TooFewLines(str(len(found.texts)))
    return found


def compare(
    systems: dict[str, NewSystem],
    texts: list[str],
    plan: Plan,
    starts: dict[str, float],
    write: Callable[[dict[str, Any]], None] = lambda _: None,
) -> dict[str, Any]:
    """Both systems' figures and the ratios. `starts`: seconds of a start of each that was measured before, if any.

    `write` gets what is measured as soon as it is: a system that cannot be measured takes nothing of the other with it.
    """
    results: dict[str, Any] = {}
    for name, new in systems.items():
        _say(f"{name}: under load")
        results[name] = measure(new, texts, plan, [starts[name]] if name in starts else [])
        write(results)
    return {**ratios(results[OURS], results[THEIRS]), **results}


def topic_answers(model: Path) -> dict[str, list[str]]:
    """How each topic's answers begin, from the domain in a trained model."""
    with tarfile.open(model) as archive:
        member = archive.extractfile("metadata.json")
        assert member is not None
        responses = json.load(member)["domain"]["responses"]
    return {
        name.removeprefix("utter_"): [one["text"][:OPENING] for one in variations if one.get("text")]
        for name, variations in responses.items()
    }


def main() -> int:
    """Runs everything, writes RESULTS and PICTURE, prints the table."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--seconds", type=float, default=Plan.seconds, help="of each load")
    parser.add_argument("--starts", type=int, default=Plan.starts, help="of each system")
    parser.add_argument("--no-training", action="store_true", help="without the training times")
    parser.add_argument("--output", type=Path, default=RESULTS, help="another file gets its picture beside it")
    options = parser.parse_args()
    Trainer(ROOT / ".guiche" / "logs").train()
    _say(f"rasa default: its model ({training.epochs()} epochs, all lines), unless it is kept from before")
    model, seconds = training.default_model()
    systems: dict[str, NewSystem] = {THEIRS: lambda: RasaDefault(model), OURS: Guiche}
    run = Run(systems, topic_answers(model), Plan(seconds=options.seconds, starts=options.starts), options.output)
    run.results["rasa_default_model"] = {"epochs": training.epochs(), "trained_seconds": seconds and round(seconds, 1)}
    run.measure()
    if not options.no_training:
        run.train()
    print(table(run.results))
    return 0


class Run:
    """One comparison; whatever is measured is written at once. `results` is what `output` holds."""

    def __init__(self, systems: dict[str, NewSystem], answers: dict[str, list[str]], plan: Plan, output: Path) -> None:
        self._systems, self._answers, self._plan, self._output = systems, answers, plan, output
        self._picture = PICTURE if output == RESULTS else output.with_suffix(".png")
        self._began = time.perf_counter()
        self.results: dict[str, Any] = {
            "machine": {
                "cores": os.cpu_count(),
                "load_before": round(os.getloadavg()[0], 2),
                "python": platform.python_version(),
            }
        }

    def measure(self) -> None:
        """Both systems. Raises TooFewLines."""
        common = common_lines(self._systems, self._answers, self._plan)
        self.results["lines"] = {"asked": common.asked, "as_asked": common.answered, "used": len(common.texts)}
        self._add(compare(self._systems, common.texts, self._plan, common.starts, self._add))

    def train(self) -> None:
        """Both trainings."""
        for name, config in ((OURS, training.OUR_CONFIG), (THEIRS, training.DEFAULT_CONFIG)):
            _say(f"{name}: training on {training.SAMPLE} lines")
            self.results[name]["training_seconds"] = round(training.train_on_sample(config), 1)
        self._add({})

    def _add(self, figures: dict[str, Any]) -> None:
        """Writes them; draws, too, when both systems are measured."""
        self.results |= figures | {"seconds": round(time.perf_counter() - self._began)}
        text = json.dumps(self.results, indent=2, ensure_ascii=False)
        self._output.write_text(text + "\n", encoding="utf-8")
        if OURS in self.results and THEIRS in self.results:
            draw(self._output, self._picture)


def draw(results: Path, picture: Path) -> None:
    """The PNG, by matplotlib of the other environment."""
    command = [str(RASA_PYTHON), "-m", "benchmarks.plot", str(results), str(picture)]
    subprocess.run(command, check=True, cwd=ROOT)


def _say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
