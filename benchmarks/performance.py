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


def compare(systems: dict[str, NewSystem], texts: list[str], plan: Plan, starts: dict[str, float]) -> dict[str, Any]:
    """Both systems' figures and the ratios. `starts`: seconds of a start of each that was measured before, if any."""
    results: dict[str, Any] = {}
    for name, new in systems.items():
        _say(f"{name}: under load")
        results[name] = measure(new, texts, plan, [starts[name]] if name in starts else [])
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
    parser.add_argument("--output", type=Path, default=RESULTS)
    options = parser.parse_args()
    began = time.perf_counter()
    load = os.getloadavg()[0]
    Trainer(ROOT / ".guiche" / "logs").train()
    _say(f"rasa default: its model ({training.epochs()} epochs, all lines), unless it is kept from before")
    model, seconds = training.default_model()
    plan = Plan(seconds=options.seconds, starts=options.starts)
    systems: dict[str, NewSystem] = {THEIRS: lambda: RasaDefault(model), OURS: Guiche}
    common = common_lines(systems, topic_answers(model), plan)
    results = compare(systems, common.texts, plan, common.starts)
    results["lines"] = {"asked": common.asked, "as_asked": common.answered, "used": len(common.texts)}
    results["rasa_default_model"] = {"epochs": training.epochs(), "trained_seconds": seconds and round(seconds, 1)}
    results["machine"] = {"cores": os.cpu_count(), "load_before": round(load, 2), "python": platform.python_version()}
    _write(results, options.output, began)
    if not options.no_training:
        for name, config in ((OURS, training.OUR_CONFIG), (THEIRS, training.DEFAULT_CONFIG)):
            _say(f"{name}: training on {training.SAMPLE} lines")
            results[name]["training_seconds"] = round(training.train_on_sample(config), 1)
        _write(results, options.output, began)
    print(table(results))
    return 0


def _write(results: dict[str, Any], output: Path, began: float) -> None:
    results["seconds"] = round(time.perf_counter() - began)
    output.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    command = [str(RASA_PYTHON), "-m", "benchmarks.plot", str(output), str(PICTURE)]
    subprocess.run(command, check=True, cwd=ROOT)


def _say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
