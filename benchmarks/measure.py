"""Everything that is measured of one system, as plain figures: seconds, bytes, messages a second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.load import Account, Line, answered, around, closed_loop, long_conversation, open_loop
from benchmarks.resources import busy_seconds, cpu_seconds, memory
from benchmarks.systems import Running, System

type Figures = dict[str, Any]
type NewSystem = Callable[[], System]


@dataclass(frozen=True)
class Plan:
    """How long and how much. The defaults are `make bench`."""

    starts: int = 3
    lines: int = 120
    warm_up: float = 5.0
    seconds: float = 30.0
    """Of each load."""
    conversations: tuple[int, ...] = (1, 8, 32)
    profiled: int = 8
    """At so many conversations the CPU time of each part is read."""
    offered: float = 20.0
    """Messages a second, in the open loop."""
    turns: tuple[int, ...] = (5, 50, 200, 500)
    long_seconds: float = 20.0
    """The long conversation is repeated until so much has passed, and each turn's median is taken."""


def probe(new: NewSystem, lines: list[Line], answers: dict[str, list[str]]) -> tuple[float, set[Line]]:
    """Seconds of one start, and the lines that the system answers as the help center does."""
    system = new()
    with Running(system) as running:
        return running.seconds, asyncio.run(answered(system.person, lines, answers))


def measure(new: NewSystem, texts: list[str], plan: Plan, starts: list[float]) -> Figures:
    """All figures of a system; `starts` are seconds of starts that were measured before."""
    seconds = list(starts)
    while len(seconds) < plan.starts - 1:
        with Running(new()) as running:
            seconds.append(running.seconds)
    system = new()
    with Running(system) as running:
        seconds.append(running.seconds)
        figures = asyncio.run(_loads(system, texts, plan))
        used = memory(system.processes())
    return {
        "start_seconds": round(median(seconds), 2),
        "starts_seconds": [round(one, 2) for one in seconds],
        **figures,
        "memory_mb": round(used.total / 1e6, 1),
        "pss_mb": {part: [round(size / 1e6, 1) for size in sizes] for part, sizes in used.pss.items()},
        "rss_mb": {part: round(size / 1e6, 1) for part, size in used.rss.items()},
    }


async def _loads(system: System, texts: list[str], plan: Plan) -> Figures:
    await closed_loop(system.person, texts, 2, plan.warm_up)
    closed: Figures = {}
    cpu: dict[str, float] = {}
    for conversations in plan.conversations:
        busy, own = busy_seconds(), time.process_time()
        before = cpu_seconds(system.processes())
        account = await closed_loop(system.person, texts, conversations, plan.seconds)
        after = cpu_seconds(system.processes())
        used = sum(after.values()) - sum(before.values()) + time.process_time() - own
        others = max(0.0, busy_seconds() - busy - used) / account.seconds
        closed[str(conversations)] = {**_account(account), "cores_taken_by_others": round(others, 2)}
        if conversations == plan.profiled:
            count = max(1, len(account.latencies))
            cpu = {part: round(1000 * (after[part] - before[part]) / count, 3) for part in after}
    offered = await open_loop(system.person, texts, plan.offered, plan.seconds)
    return {
        "closed_loop": closed,
        "offered": {"rate": plan.offered, **_account(offered)},
        "turns_ms": await _turns(system, texts, plan),
        "cpu_ms_per_message": cpu,
    }


async def _turns(system: System, texts: list[str], plan: Plan) -> dict[str, float]:
    """Milliseconds at each of the plan's turns of one conversation."""
    until = time.perf_counter() + plan.long_seconds
    runs = [await long_conversation(system.person, texts, max(plan.turns))]
    while time.perf_counter() + sum(runs[-1]) < until:
        runs.append(await long_conversation(system.person, texts, max(plan.turns)))
    typical = [median(turn) for turn in zip(*runs, strict=True)]
    return {str(turn): _ms(around(typical, turn)) for turn in plan.turns}


def _account(account: Account) -> Figures:
    return {
        "messages": len(account.latencies),
        "unanswered": account.unanswered,
        "per_second": round(account.rate, 1),
        "p50_ms": _ms(account.percentile(0.50)),
        "p95_ms": _ms(account.percentile(0.95)),
        "p99_ms": _ms(account.percentile(0.99)),
    }


def _ms(seconds: float) -> float:
    return round(1000 * seconds, 2)
