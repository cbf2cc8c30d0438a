"""`make bench` with a few messages. The other side is a plain `rasa run` of our own model."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from benchmarks.load import Line, answered, around, candidates, open_loop
from benchmarks.measure import Plan
from benchmarks.performance import compare, topic_answers
from benchmarks.report import OURS, TARGETS, THEIRS, ratios, table
from benchmarks.systems import Guiche, RasaDefault
from bot.cli.model import MODEL, Trainer

PLAN = Plan(
    starts=1,
    warm_up=0.2,
    seconds=1.0,
    conversations=(1, 2),
    profiled=2,
    offered=5.0,
    turns=(5, 12),
    long_seconds=0,
)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    Trainer(tmp_path_factory.mktemp("training")).train()
    texts = [line.text for line in candidates(12)]
    return compare({THEIRS: lambda: RasaDefault(MODEL), OURS: Guiche}, texts, PLAN, {})


def test_every_figure_of_the_targets_is_measured(results: dict[str, Any]) -> None:
    for target in TARGETS:
        assert results[target.key] > 0, target.key
    assert {target.key for target in TARGETS} <= results.keys()


def test_the_raw_figures_are_those_of_messages_that_were_answered(results: dict[str, Any]) -> None:
    for name in (OURS, THEIRS):
        one = results[name]
        for load in [*one["closed_loop"].values(), one["offered"]]:
            assert load["messages"] > 0
            assert 0 < load["p50_ms"] <= load["p95_ms"] <= load["p99_ms"]
        assert set(one["turns_ms"]) == {"5", "12"}
        assert one["start_seconds"] > 0


def test_memory_and_work_are_counted_for_every_part(results: dict[str, Any]) -> None:
    ours = results[OURS]
    parts = {"front_desk", "rasa", "actions", "supervisor", "sandbox"}
    assert set(ours["pss_mb"]) == set(ours["cpu_ms_per_message"]) == parts
    of_guiche = sum(sum(sizes) for part, sizes in ours["pss_mb"].items() if part != "sandbox")
    assert ours["memory_mb"] == pytest.approx(of_guiche, abs=1)
    assert set(results[THEIRS]["pss_mb"]) == {"rasa"}


def test_every_message_was_answered(results: dict[str, Any]) -> None:
    for name in (OURS, THEIRS):
        loads = [*results[name]["closed_loop"].values(), results[name]["offered"]]
        assert [load["unanswered"] for load in loads] == [0, 0, 0]


def test_the_table_names_every_target_and_says_which_are_missed(results: dict[str, Any]) -> None:
    shown = table({**results, "throughput_ratio": 0.5})
    for target in TARGETS:
        assert target.key in shown
    assert "MISSED" in shown


def test_the_ratios_are_ours_to_theirs() -> None:
    ours = _figures(rate=100.0, p50=5.0, start=4.0, memory=300.0)
    theirs = _figures(rate=20.0, p50=50.0, start=16.0, memory=600.0)
    assert ratios(ours, theirs) == {
        "throughput_ratio": 5.0,
        "p50_ratio": 0.1,
        "turn500_ratio": 1.2,
        "start_ratio": 0.25,
        "memory_ratio": 0.5,
        "front_desk_cpu_ms": 2.5,
    }


class _Slow:
    """Someone whose system answers one message in a tenth of a second."""

    async def open(self) -> None: ...

    async def say(self, text: str) -> str:
        await asyncio.sleep(0.1)
        return text

    async def close(self) -> None: ...


async def test_a_message_that_waits_for_others_has_waited() -> None:
    """A conversation that gets 20 messages a second and answers 10: the open loop sees the queue."""
    offered = await open_loop(_Slow, ["oi"], 20.0, 1.0, conversations=1)
    assert offered.percentile(0.5) >= 0.25
    assert offered.percentile(0.99) >= 0.6


async def test_only_lines_with_the_topic_s_answer_count() -> None:
    answers = topic_answers(MODEL)
    right, wrong = Line(answers["sign"][0] + " …", "sign"), Line("asdf", "sign")
    assert await answered(_Slow, [right, wrong], answers) == {right}


def test_a_turn_is_the_median_of_the_ten_about_it() -> None:
    latencies = [float(turn) for turn in range(1, 501)]
    assert [around(latencies, turn) for turn in (5, 50, 500)] == [5.5, 50.5, 495.5]


def test_candidates_are_the_same_each_time() -> None:
    assert candidates(5) == candidates(5)
    assert all(isinstance(line, Line) and line.text for line in candidates(5))


def _figures(rate: float, p50: float, start: float, memory: float) -> dict[str, Any]:
    return {
        "closed_loop": {"1": {"per_second": rate / 2, "p50_ms": p50}, "8": {"per_second": rate, "p50_ms": 80.0}},
        "turns_ms": {"5": 10.0, "50": 11.0, "500": 12.0},
        "start_seconds": start,
        "memory_mb": memory,
        "cpu_ms_per_message": {"front_desk": 2.5, "rasa": 5.0},
    }
