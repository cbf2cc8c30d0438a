"""`make bench-understanding`: Rasa's default pipeline and ours, trained on the same lines, asked the same test lines.

Each pipeline is trained and asked in a process of its own, one after the other, through Rasa itself. DIET needs about a
quarter of an hour for 1,300 lines, so both get a fixed sample, and ours also all the data.
"""

import argparse
import asyncio
import json
import logging
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

os.environ["RASA_TELEMETRY_ENABLED"] = "false"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import yaml

from assistant.content.examples import Example, load_examples
from assistant.content.help_center import load_help_center
from assistant.evaluation.lines import read_lines
from assistant.evaluation.project import SETS
from assistant.nlu.decision import by_topic
from assistant.nlu.model import SEED, Ranked

RESULT = Path("benchmarks/understanding.json")
SAMPLE, EPOCHS = 1300, 100
AT_LEAST = 4  # lines of each intent in the sample
DEFAULT, OURS = "Rasa's default", "Guichê's"
FALLBACK = "nlu_fallback"


def pipeline(name: str, epochs: int) -> list[dict[str, Any]]:
    """What `rasa init` 3.6 suggests in its config.yml, or our classifier."""
    if name == OURS:
        return [{"name": "assistant.nlu.classifier.TopicClassifier"}]
    return [
        {"name": "WhitespaceTokenizer"},
        {"name": "RegexFeaturizer"},
        {"name": "LexicalSyntacticFeaturizer"},
        {"name": "CountVectorsFeaturizer"},
        {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
        {"name": "DIETClassifier", "epochs": epochs, "constrain_similarities": True, "random_seed": SEED},
        {"name": "EntitySynonymMapper"},
        {"name": "ResponseSelector", "epochs": epochs, "constrain_similarities": True},
        {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.1},
    ]


def sample(examples: Sequence[Example], size: int) -> list[Example]:
    """About `size` lines, each intent with its share of the data but AT_LEAST some. The same each time."""
    grouped: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        grouped[example.intent].append(example)
    random, share = np.random.RandomState(SEED), size / len(examples)
    chosen: list[Example] = []
    for _, lines in sorted(grouped.items()):
        count = min(len(lines), max(AT_LEAST, round(len(lines) * share)))
        chosen += [lines[index] for index in sorted(random.permutation(len(lines))[:count])]
    return chosen


def measure(name: str, examples: Sequence[Example], epochs: int) -> dict[str, Any]:
    """Trains in this process, asks every test line, and says what it took."""
    from rasa.core.agent import Agent  # noqa: PLC0415
    from rasa.model_training import train_nlu  # noqa: PLC0415
    from rasa.utils.log_utils import configure_structlog  # noqa: PLC0415

    configure_structlog(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        config, data = Path(folder, "config.yml"), Path(folder, "nlu.yml")
        content = {
            "recipe": "default.v1",
            "language": "pt",
            "assistant_id": "bench",
            "pipeline": pipeline(name, epochs),
        }
        config.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
        data.write_text(_training_data(examples), encoding="utf-8")
        os.environ["RASA_CACHE_DIRECTORY"] = str(Path(folder, "cache"))
        started, worked = time.perf_counter(), time.process_time()
        model = train_nlu(str(config), str(data), folder)
        trained, work = time.perf_counter() - started, time.process_time() - worked
        size = Path(str(model)).stat().st_size
        agent = Agent.load(str(model))
    figures: dict[str, Any] = {
        "lines": len(examples),
        "epochs": epochs if name == DEFAULT else None,
        "training_seconds": round(trained, 1),
        "training_cpu_seconds": round(work, 1),
        "model_megabytes": round(size / 1e6, 1),
    }
    return {**figures, **_ask(agent), "peak_memory_megabytes": round(_peak_kilobytes() / 1024)}


def _ask(agent: Any) -> dict[str, Any]:
    topic_of = load_help_center(Path.cwd()).topic_of()
    figures: dict[str, Any] = {}
    durations: list[float] = []

    async def ranking(text: str) -> list[str]:
        started = time.perf_counter()
        parsed = await agent.parse_message(text)
        durations.append((time.perf_counter() - started) * 1000)
        ranked = [Ranked(item["name"], item["confidence"]) for item in parsed["intent_ranking"]]
        return [topic for topic, _ in by_topic([item for item in ranked if item.intent != FALLBACK], topic_of)]

    async def ask_all() -> None:
        await ranking("aquecimento")
        for name, path in SETS.items():
            if not path.exists():
                continue
            lines = read_lines(path)
            ranked = [await ranking(line.text) for line in lines]
            top1 = sum(topics[0] in line.accepted for topics, line in zip(ranked, lines, strict=True)) / len(lines)
            top3 = sum(bool(line.accepted & set(topics[:3])) for topics, line in zip(ranked, lines, strict=True)) / len(
                lines
            )
            figures[name] = {"n": len(lines), "top1": round(top1, 4), "top3": round(top3, 4)}

    started = time.process_time()
    asyncio.run(ask_all())
    work = time.process_time() - started
    return {
        "sets": figures,
        "ms_per_message": round(median(durations), 2),
        "cpu_ms_per_message": round(work * 1000 / len(durations), 2),
    }


def _training_data(examples: Sequence[Example]) -> str:
    grouped: dict[str, list[str]] = defaultdict(list)
    for example in examples:
        grouped[example.intent].append(f"      - {example.text}")
    blocks = [f"  - intent: {intent}\n    examples: |\n" + "\n".join(lines) for intent, lines in grouped.items()]
    return 'version: "3.1"\nnlu:\n' + "\n".join(blocks) + "\n"


def _peak_kilobytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _separately(name: str, size: int, epochs: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.understanding", "--only", name]
    command += ["--sample", str(size), "--epochs", str(epochs)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _table(rows: dict[str, dict[str, Any]]) -> str:
    names = list(next(iter(rows.values()))["sets"])
    head = f"{'':28} {'lines':>6} " + " ".join(f"{name + ' top1':>16} {'top3':>6}" for name in names)
    lines = [f"{head} {'training':>10} {'(CPU)':>10} {'ms/message':>11} {'memory':>8}"]
    for title, row in rows.items():
        sets = " ".join(f"{row['sets'][name]['top1']:>16.3f} {row['sets'][name]['top3']:>6.3f}" for name in names)
        cost = f"{row['training_seconds']:>8.1f} s {row['training_cpu_seconds']:>8.1f} s {row['ms_per_message']:>11.2f}"
        lines.append(f"{title:28} {row['lines']:>6} {sets} {cost} {row['peak_memory_megabytes']:>5} MB")
    return "\n".join(lines)


def main() -> int:
    """Runs the three and writes RESULT."""
    parser = argparse.ArgumentParser(prog="make bench-understanding")
    parser.add_argument("--sample", type=int, default=SAMPLE, help="training lines; 0: all")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help="of DIET and the response selector")
    parser.add_argument("--write-sample", type=Path, metavar="FILE", help="only the sample, as training data")
    parser.add_argument("--only", choices=[DEFAULT, OURS], help="one of them, in this process; prints JSON")
    options = parser.parse_args()
    if options.write_sample:
        lines = sample(load_examples(Path.cwd()), options.sample)
        options.write_sample.write_text(_training_data(lines), encoding="utf-8")
        return 0
    if options.only:
        examples = load_examples(Path.cwd())
        chosen = sample(examples, options.sample) if options.sample else examples
        print(json.dumps(measure(options.only, chosen, options.epochs)))
        return 0
    rows = {
        f"{DEFAULT}, {options.epochs} epochs": _separately(DEFAULT, options.sample, options.epochs),
        f"{OURS}, same lines": _separately(OURS, options.sample, options.epochs),
        f"{OURS}, all lines": _separately(OURS, 0, options.epochs),
    }
    machine = {"cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1), "python": platform.python_version()}
    RESULT.write_text(json.dumps({"machine": machine, "rows": rows}, indent=2, ensure_ascii=False) + "\n", "utf-8")
    print(_table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
