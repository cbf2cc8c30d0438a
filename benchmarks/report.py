"""The comparison: ratios that the targets are about, and one table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from itertools import zip_longest
from operator import getitem
from typing import Any

from benchmarks.measure import Figures

OURS, THEIRS = "guiche", "rasa_default"


@dataclass(frozen=True)
class Target:
    """A ratio that must be at least, or at most, so much."""

    key: str
    limit: float
    at_least: bool = False

    def holds(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        return f"{'>=' if self.at_least else '<='} {self.limit:g}"


TARGETS = (
    Target("throughput_ratio", 4.0, at_least=True),
    Target("p50_ratio", 0.333),
    Target("turn500_ratio", 1.3),
    Target("start_ratio", 0.5),
    Target("memory_ratio", 0.9),
    Target("front_desk_cpu_ms", 4.0),
)


def ratios(ours: Figures, theirs: Figures) -> dict[str, float]:
    """What TARGETS names. Throughput: the most that each system did at any number of conversations."""
    turns = {int(turn): ms for turn, ms in ours["turns_ms"].items()}
    return {
        "throughput_ratio": round(_most(ours) / _most(theirs), 2),
        "p50_ratio": round(_alone(ours) / _alone(theirs), 3),
        "turn500_ratio": round(turns[max(turns)] / turns[min(turns)], 3),
        "start_ratio": round(ours["start_seconds"] / theirs["start_seconds"], 3),
        "memory_ratio": round(ours["memory_mb"] / theirs["memory_mb"], 3),
        "front_desk_cpu_ms": round(ours["cpu_ms_per_message"]["front_desk"], 3),
    }


def table(results: dict[str, Any]) -> str:
    """Everything side by side, then the targets."""
    ours, theirs = results[OURS], results[THEIRS]
    epochs = results.get("rasa_default_model", {}).get("epochs")
    lines = [f"{'':56}{'Guichê':>12}{'Rasa default':>14}"]
    lines += [f"{title:56}{left:>12}{right:>14}" for title, left, right in _rows(ours, theirs, epochs)]
    lines += ["", f"{'target':24}{'asked':>10}{'measured':>10}"]
    for target in TARGETS:
        value = results[target.key]
        lines.append(f"{target.key:24}{target!s:>10}{value:>10.3f}  {'holds' if target.holds(value) else 'MISSED'}")
    return "\n".join(lines)


def _rows(ours: Figures, theirs: Figures, epochs: int | None) -> Iterator[tuple[str, str, str]]:
    def row(title: str, *path: str, form: str = ".1f") -> tuple[str, str, str]:
        left, right = (format(reduce(getitem, path, one), form) for one in (ours, theirs))
        return title, left, right

    for conversations in ours["closed_loop"]:
        name = f"{conversations} conversation{'s' * (conversations != '1')}"
        yield row(f"messages/s, {name}", "closed_loop", conversations, "per_second")
        for share in ("p50", "p95", "p99"):
            yield row(f"{share} ms", "closed_loop", conversations, f"{share}_ms")
        yield row("messages without an answer", "closed_loop", conversations, "unanswered", form="d")
        yield row("cores taken by other programs meanwhile", "closed_loop", conversations, "cores_taken_by_others")
    yield row(f"p50 ms, {ours['offered']['rate']:g} messages/s offered", "offered", "p50_ms")
    yield row("p99 ms", "offered", "p99_ms")
    yield row("messages without an answer", "offered", "unanswered", form="d")
    for turn in ours["turns_ms"]:
        yield row(f"turn {turn} of one conversation, ms", "turns_ms", turn)
    if "training_seconds" in ours:
        yield row(f"training on 1,300 lines, s (the default: {epochs} epochs, not its 100)", "training_seconds")
    yield row("start to first answer, s", "start_seconds")
    yield row("memory of all processes (PSS), MB", "memory_mb", form=".0f")
    yield from _processes(ours["pss_mb"], theirs["pss_mb"])
    yield from _parts("CPU ms a message: ", "cpu_ms_per_message", ours, theirs, ".2f")


def _parts(title: str, key: str, ours: Figures, theirs: Figures, form: str) -> Iterator[tuple[str, str, str]]:
    for part in dict.fromkeys([*ours[key], *theirs[key]]):
        left, right = (format(one[key][part], form) if part in one[key] else "-" for one in (ours, theirs))
        yield f"{title}{part}", left, right


def _processes(ours: dict[str, list[float]], theirs: dict[str, list[float]]) -> Iterator[tuple[str, str, str]]:
    """Every process of every part, for a part may have several."""
    for part in dict.fromkeys([*ours, *theirs]):
        left, right = (one.get(part, []) for one in (ours, theirs))
        for number, sizes in enumerate(zip_longest(left, right), start=1):
            name = part if len(left) <= 1 and len(right) <= 1 else f"{part}, process {number}"
            yield f"  of it {name}", *("-" if size is None else f"{size:.0f}" for size in sizes)


def _most(figures: Figures) -> float:
    return float(max(load["per_second"] for load in figures["closed_loop"].values()))


def _alone(figures: Figures) -> float:
    alone = min(figures["closed_loop"], key=int)
    return float(figures["closed_loop"][alone]["p50_ms"])
