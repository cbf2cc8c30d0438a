"""A whole run of `make bench` with two systems of straw: what is measured is written at once, whatever happens next."""

from __future__ import annotations

import asyncio
import json
import math
import os
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from benchmarks import training
from benchmarks.load import LINES, closed_loop, long_conversation, open_loop
from benchmarks.measure import NewSystem, Plan
from benchmarks.people import Person, Unanswered
from benchmarks.performance import Run
from benchmarks.report import OURS, TARGETS, THEIRS, table
from benchmarks.systems import Processes
from bot.wire import NotConnected

PLAN = Plan(
    starts=2, lines=40, warm_up=0.01, seconds=0.2, conversations=(1, 2), profiled=2, offered=50.0, turns=(5, 50),
    long_seconds=0,
)  # fmt: skip
PNG = b"\x89PNG\r\n\x1a\n"


class Straw:
    """A system that answers at once, or never."""

    def __init__(self, name: str, *parts: str, dumb: bool = False) -> None:
        self.name = name
        self._parts = parts
        self._dumb = dumb

    def start(self) -> float:
        return 1.0

    def stop(self) -> None:
        """Nothing runs."""

    def person(self) -> Person:
        return Nobody() if self._dumb else Parrot()

    def processes(self) -> Processes:
        return {part: [psutil.Process()] * 2 for part in self._parts}


class Parrot:
    """Says the right answer to everything."""

    async def open(self) -> None: ...

    async def say(self, text: str) -> str:
        await asyncio.sleep(0.001)
        return "RIGHT"

    async def close(self) -> None: ...


class Nobody(Parrot):
    async def say(self, text: str) -> str:
        raise TimeoutError


class Forgetful(Parrot):
    """Answers every other message."""

    said = 0

    async def say(self, text: str) -> str:
        Forgetful.said += 1
        if Forgetful.said % 2:
            return await super().say(text)
        raise Unanswered("HTTP 500")


ANSWERS = {label: ["RIGHT"] for line in LINES.read_text().splitlines() for label in (json.loads(line)["label"],)}


def systems(*, broken: type[Exception] | None = None) -> dict[str, NewSystem]:
    def ours() -> Straw:
        if broken is not None and made:
            raise broken
        made.append(OURS)
        return Straw(OURS, "front_desk", "rasa", "sandbox")

    made: list[str] = []
    return {THEIRS: lambda: Straw(THEIRS, "rasa"), OURS: ours}


def test_everything_is_measured_written_and_drawn(tmp_path: Path) -> None:
    output = tmp_path / "figures.json"
    run = Run(systems(), ANSWERS, PLAN, output)
    run.results["rasa_default_model"] = {"epochs": 2}
    run.measure()
    written = json.loads(output.read_text(encoding="utf-8"))
    assert written == json.loads(json.dumps(run.results))
    assert {target.key for target in TARGETS} <= written.keys()
    assert (tmp_path / "figures.png").read_bytes().startswith(PNG)  # and the one in docs/ is not touched
    for name in (OURS, THEIRS):
        run.results[name]["training_seconds"] = 1.0
    shown = table(run.results)
    assert "2 epochs, not its 100" in shown
    assert "rasa, process 2" in shown
    assert len(written[OURS]["pss_mb"]["rasa"]) == 2


def test_what_is_measured_is_kept_when_the_other_system_cannot_be(tmp_path: Path) -> None:
    output = tmp_path / "figures.json"
    with pytest.raises(NotConnected):
        Run(systems(broken=NotConnected), ANSWERS, PLAN, output).measure()
    written = json.loads(output.read_text(encoding="utf-8"))
    assert written[THEIRS]["closed_loop"]["1"]["messages"] > 0
    assert OURS not in written


async def test_messages_without_an_answer_are_counted_and_the_load_goes_on() -> None:
    closed = await closed_loop(Forgetful, ["oi"], 2, 0.5)
    assert closed.unanswered > 0
    assert len(closed.latencies) > 0
    offered = await open_loop(Forgetful, ["oi"], 50.0, 0.5, conversations=4)
    assert len(offered.latencies) + offered.unanswered == 25
    assert max(closed.latencies) < 1.0


async def test_a_system_that_never_answers_has_no_latency() -> None:
    closed = await closed_loop(Nobody, ["oi"], 1, 0.3)
    assert closed.unanswered > 0
    assert math.isnan(closed.percentile(0.5))
    assert await long_conversation(Nobody, ["oi"], 3) == [60.0, 60.0, 60.0]


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Where the default's model is kept, and its trainings."""
    trained: list[Any] = []

    def train(config: Path, data: Path, model: Path) -> float:
        trained.append(config)
        model.write_bytes(b"a model")
        return 12.5

    monkeypatch.setattr(training, "CACHED", tmp_path / "bench")
    monkeypatch.setattr(training, "train", train)
    return trained


def test_the_default_s_model_is_trained_once_and_again_when_the_content_changed(kept: list[Any]) -> None:
    model, seconds = training.default_model()
    assert (model.read_bytes(), seconds) == (b"a model", 12.5)
    assert training.default_model() == (model, None)
    assert kept == [training.DEFAULT_CONFIG]
    os.utime(model, (time.time() - 10**9,) * 2)  # as if the content were newer
    assert training.default_model() == (model, 12.5)
    assert 1 <= training.epochs() <= 5
