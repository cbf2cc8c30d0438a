"""`make bench-understanding` runs to its end: here with few lines and our pipeline, for Rasa's takes too long."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.content.examples import load_examples
from assistant.evaluation.lines import OWN
from benchmarks.understanding import DEFAULT, OURS, SAMPLE, compare, pipeline, sample, table

FEW = 300


def test_both_get_the_same_sample_of_every_intent(root: Path) -> None:
    examples = load_examples(root)
    chosen = sample(examples, SAMPLE)
    assert chosen == sample(examples, SAMPLE)
    assert {example.intent for example in chosen} == {example.intent for example in examples}
    assert SAMPLE <= len(chosen) < 1.2 * SAMPLE


def test_every_figure_is_measured(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    ((title, figures),) = compare([(OURS, FEW)], 1)
    assert figures["lines"] >= FEW
    assert 0.3 < figures["sets"][OWN]["top1"] < figures["sets"][OWN]["top3"] < 1
    for name in ("training_seconds", "training_cpu_seconds", "ms_per_message", "cpu_ms_per_message"):
        assert figures[name] > 0, name
    assert 50 < figures["serving_megabytes"] < 1000
    head, row = table({title: figures})
    assert len(head) == len(row)
    json.dumps(figures)


def test_rasas_default_pipeline_is_one_that_rasa_knows(root: Path) -> None:
    """Every component of it can be found under its name."""
    names = [component["name"] for component in pipeline(DEFAULT, 1)]
    script = (
        "import sys; from rasa.engine.recipes.default_recipe import DefaultV1Recipe as R;"
        "[R()._from_registry(name) for name in sys.argv[1:]]"
    )
    done = subprocess.run([sys.executable, "-c", script, *names], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
