"""`make bench-understanding`: Rasa's default pipeline and ours, trained on the same lines, asked the same test lines.

Each is trained in one process and then loaded and asked in another (understanding_served.py), through Rasa itself.
DIET needs about a quarter of an hour for 1,300 lines, so both get a fixed sample, and ours also all the data. The
figures go to benchmarks/understanding.json and to the table of docs/understanding.md. It can run in the background.
"""

import argparse
import json
import logging
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

os.environ["RASA_TELEMETRY_ENABLED"] = "false"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import yaml

from assistant.content.examples import Example, load_examples
from assistant.evaluation.lines import SETS
from assistant.evaluation.page import write_table
from assistant.nlu.model import SEED

RESULT = Path("benchmarks/understanding.json")
SAMPLE, EPOCHS = 1300, 100
AT_LEAST = 4  # lines of each intent in the sample
DEFAULT, OURS = "Rasa's default", "Guichê's"


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


def train(name: str, examples: Sequence[Example], epochs: int, model: Path) -> dict[str, Any]:
    """Trains in this process, writes the model's archive, and says what it took."""
    from rasa.model_training import train_nlu  # noqa: PLC0415
    from rasa.utils.log_utils import configure_structlog  # noqa: PLC0415

    configure_structlog(logging.ERROR)
    config, data = model.with_name("config.yml"), model.with_name("nlu.yml")
    content = {"recipe": "default.v1", "language": "pt", "assistant_id": "bench", "pipeline": pipeline(name, epochs)}
    config.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    data.write_text(_training_data(examples), encoding="utf-8")
    os.environ["RASA_CACHE_DIRECTORY"] = str(model.with_name("cache"))
    started, worked = time.perf_counter(), time.process_time()
    made = Path(str(train_nlu(str(config), str(data), str(model.parent), fixed_model_name="made")))
    trained, work = time.perf_counter() - started, time.process_time() - worked
    made.replace(model)
    return {
        "lines": len(examples),
        "epochs": epochs if name == DEFAULT else None,
        "training_seconds": round(trained, 1),
        "training_cpu_seconds": round(work, 1),
        "model_megabytes": round(model.stat().st_size / 1e6, 1),
    }


def _training_data(examples: Sequence[Example]) -> str:
    grouped: dict[str, list[str]] = defaultdict(list)
    for example in examples:
        grouped[example.intent].append(f"      - {example.text}")
    blocks = [f"  - intent: {intent}\n    examples: |\n" + "\n".join(lines) for intent, lines in grouped.items()]
    return 'version: "3.1"\nnlu:\n' + "\n".join(blocks) + "\n"


def compare(rows: Sequence[tuple[str, int]], epochs: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """(title, figures) of each (pipeline, number of training lines; 0: all). Training and serving each have a process
    of their own, one after the other."""
    for name, size in rows:
        title = f"{name}, {epochs} epochs" if name == DEFAULT else f"{name}, {'the same' if size else 'all'} lines"
        with tempfile.TemporaryDirectory() as folder:
            model = Path(folder, "model.tar.gz")
            options = ("--train", name, "--sample", size, "--epochs", epochs, "--model", model)
            trained = _separately("benchmarks.understanding", *options)
            yield title, {**trained, **_separately("benchmarks.understanding_served", model)}


def _separately(module: str, *arguments: object) -> dict[str, Any]:
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def table(rows: dict[str, dict[str, Any]]) -> list[list[str]]:
    """What docs/understanding.md shows: the head, then a row for each."""
    names = list(next(iter(rows.values()))["sets"])
    head = ["", "training lines", *[f"{name}: top1 / top3" for name in names], "training (of CPU)"]
    cells = [[*head, "ms a message", "ms of CPU", "memory of the serving process"]]
    for title, row in rows.items():
        sets = [f"{row['sets'][name]['top1']:.3f} / {row['sets'][name]['top3']:.3f}" for name in names]
        cost = f"{row['training_seconds']:,.0f} s ({row['training_cpu_seconds']:,.0f} s)"
        times = [f"{row['ms_per_message']:.2f}", f"{row['cpu_ms_per_message']:.2f}"]
        cells.append([title, f"{row['lines']:,}", *sets, cost, *times, f"{row['serving_megabytes']} MB"])
    return cells


def main() -> int:
    """Runs them one after the other; RESULT is written after each, so that a stop loses only what was under way."""
    parser = argparse.ArgumentParser(prog="make bench-understanding")
    parser.add_argument("--sample", type=int, default=SAMPLE, help="training lines; 0: all")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help="of DIET and the response selector")
    parser.add_argument("--write-sample", type=Path, metavar="FILE", help="only the sample, as training data")
    parser.add_argument("--train", choices=[DEFAULT, OURS], help="only train it into --model; prints JSON")
    parser.add_argument("--model", type=Path)
    options = parser.parse_args()
    if options.write_sample or options.train:
        examples = load_examples(Path.cwd())
        chosen = sample(examples, options.sample) if options.sample else examples
        if options.write_sample:
            options.write_sample.write_text(_training_data(chosen), encoding="utf-8")
        else:
            print(json.dumps(train(options.train, chosen, options.epochs, options.model)))
        return 0
    machine = {"cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1), "python": platform.python_version()}
    rows: dict[str, dict[str, Any]] = {}
    for title, figures in compare([(DEFAULT, options.sample), (OURS, options.sample), (OURS, 0)], options.epochs):
        rows[title] = figures
        RESULT.write_text(json.dumps({"machine": machine, "rows": rows}, indent=2, ensure_ascii=False) + "\n", "utf-8")
        print("\n".join(" | ".join(row) for row in table({title: figures})), flush=True)
    if all(path.exists() for path in SETS.values()):
        write_table("side by side", table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
