"""Training time of both systems on the same 1,300 lines: `rasa train`, from nothing, with everything it does."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import yaml

from bot.cli.paths import RASA, RASA_PYTHON, ROOT, child_environment, rasa_environment

SAMPLE = 1_300
DEFAULT_CONFIG = ROOT / "benchmarks" / "rasa_default" / "config.yml"
OUR_CONFIG = ROOT / "config.yml"
CACHED = ROOT / ".guiche" / "bench"
"""Where the default's model is kept, for its training takes minutes."""
_LEARNED = ("domain.yml", "data/nlu.yml", "data/rules.yml", "data/stories.yml", "data/help_center.yml", "data/city.yml")


class TrainingFailed(Exception):
    """`rasa train` made no model; the text is the end of its log."""


def epochs() -> int:
    """Of the default's components, all the same."""
    config = yaml.safe_load(DEFAULT_CONFIG.read_text(encoding="utf-8"))
    (number,) = {part["epochs"] for part in [*config["pipeline"], *config["policies"]] if "epochs" in part}
    return int(number)


def default_model() -> tuple[Path, float | None]:
    """Rasa's default on all lines, and the seconds its training took (None: it was kept from before)."""
    model = CACHED / "rasa_default.tar.gz"
    newest = max(path.stat().st_mtime for path in (DEFAULT_CONFIG, *(ROOT / name for name in _LEARNED)))
    if model.is_file() and model.stat().st_mtime > newest:
        return model, None
    CACHED.mkdir(parents=True, exist_ok=True)
    return model, train(DEFAULT_CONFIG, ROOT / "data", model)


def train_on_sample(config: Path) -> float:
    """Seconds of `rasa train` on a fixed sample of the lines, each intent with its share."""
    with tempfile.TemporaryDirectory(prefix="guiche-bench-") as name:
        folder = Path(name)
        data = folder / "data"
        data.mkdir()
        for kept in ("rules.yml", "stories.yml"):
            shutil.copy(ROOT / "data" / kept, data / kept)
        command = [str(RASA_PYTHON), "-m", "benchmarks.understanding", "--write-sample", str(data / "nlu.yml")]
        subprocess.run([*command, "--sample", str(SAMPLE)], check=True, cwd=ROOT, env=_environment(folder))
        return train(config, data, folder / "model.tar.gz")


def train(config: Path, data: Path, model: Path) -> float:
    """Seconds that it took to make `model`; raises TrainingFailed."""
    with tempfile.TemporaryDirectory(prefix="guiche-bench-") as name:
        folder = Path(name)
        command = [str(RASA), "train", "--config", str(config), "--domain", "domain.yml", "--data", str(data)]
        command += ["--out", str(folder), "--fixed-model-name", "model"]
        log = folder / "train.log"
        started = time.perf_counter()
        with log.open("wb") as output:
            subprocess.run(
                command, cwd=ROOT, env=_environment(folder), stdout=output, stderr=subprocess.STDOUT, check=False
            )
        seconds = time.perf_counter() - started
        made = folder / "model.tar.gz"
        if not made.is_file():
            raise TrainingFailed(log.read_text(encoding="utf-8", errors="replace")[-2000:])
        shutil.move(made, model)
        return seconds


def _environment(folder: Path) -> dict[str, str]:
    return rasa_environment(child_environment(os.environ)) | {"RASA_CACHE_DIRECTORY": str(folder / "cache")}
