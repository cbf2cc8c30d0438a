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


def compare(ours: NewSystem, theirs: NewSystem, answers: dict[str, list[str]], plan: Plan) -> dict[str, Any]:
    """Both systems' figures and the ratios. One system runs at a time; raises TooFewLines."""
    lines = candidates(plan.lines)
    started, known = probe(theirs, lines, answers)
    _say(f"rasa default: first answer after {started:.1f} s; answers {len(known)} of {len(lines)} lines as asked")
    our_start, ours_known = probe(ours, lines, answers)
    _say(f"guiche: first answer after {our_start:.1f} s; answers {len(ours_known)} of {len(lines)} lines as asked")
    texts = [line.text for line in lines if line in known and line in ours_known]
    if len(texts) < min(ENOUGH, plan.lines // 4):
        raise TooFewLines(str(len(texts)))
    results: dict[str, Any] = {"lines": {"asked": len(lines), "rasa_default": len(known), "guiche": len(ours_known)}}
    results["lines"]["used"] = len(texts)
    for name, new, start in ((THEIRS, theirs, started), (OURS, ours, our_start)):
        _say(f"{name}: under load")
        results[name] = measure(new, texts, plan, [start])
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
    results = compare(Guiche, lambda: RasaDefault(model), topic_answers(model), plan)
    if not options.no_training:
        for name, config in ((OURS, training.OUR_CONFIG), (THEIRS, training.DEFAULT_CONFIG)):
            _say(f"{name}: training on {training.SAMPLE} lines")
            results[name]["training_seconds"] = round(training.train_on_sample(config), 1)
    results["rasa_default_model"] = {"epochs": training.epochs(), "trained_seconds": seconds and round(seconds, 1)}
    results["machine"] = {"cores": os.cpu_count(), "load_before": round(load, 2), "python": platform.python_version()}
    results["seconds"] = round(time.perf_counter() - began)
    options.output.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    command = [str(RASA_PYTHON), "-m", "benchmarks.plot", str(options.output), str(PICTURE)]
    subprocess.run(command, check=True, cwd=ROOT)
    print(table(results))
    return 0


def _say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
