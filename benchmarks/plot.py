"""The comparison as one PNG: `.venv-rasa/bin/python -m benchmarks.plot results.json picture.png`."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

DPI = 90
SYSTEMS = (("guiche", "Guichê", "#1f5fa8"), ("rasa_default", "Rasa's default", "#c0703a"))
WIDTH = 0.38


def draw(results: dict[str, Any], path: Path) -> None:
    """Throughput, latency, growth of a conversation, start and memory, side by side."""
    figure, axes = plt.subplots(2, 2, figsize=(10.5, 7.2))
    loads = list(results["guiche"]["closed_loop"])
    _bars(axes[0][0], results, loads, lambda one: [one["closed_loop"][at]["per_second"] for at in loads])
    _name(axes[0][0], "Messages a second", "conversations at once")
    _bars(axes[0][1], results, loads, lambda one: [one["closed_loop"][at]["p95_ms"] for at in loads])
    for number, (key, _, _) in enumerate(SYSTEMS):
        for place, at in enumerate(loads):
            middle = results[key]["closed_loop"][at]["p50_ms"]
            axes[0][1].plot(place + (number - 0.5) * WIDTH, middle, "k_", markersize=14)
    axes[0][1].set_yscale("log")
    _name(axes[0][1], "Latency: bar p95, mark p50 (ms, log)", "conversations at once")
    for key, title, colour in SYSTEMS:
        turns = results[key]["turns_ms"]
        axes[1][0].plot([int(turn) for turn in turns], list(turns.values()), "o-", color=colour, label=title)
    axes[1][0].set_yscale("log")
    _name(axes[1][0], "One long conversation (ms a turn, log)", "turn")
    names = ["start (s)", "memory (100 MB)"]
    _bars(axes[1][1], results, names, lambda one: [one["start_seconds"], one["memory_mb"] / 100])
    _name(axes[1][1], "Start to first answer, memory of all processes", "")
    figure.tight_layout()
    figure.savefig(path, dpi=DPI)
    plt.close(figure)


def _bars(axes: Any, results: dict[str, Any], names: Sequence[str], read: Any) -> None:
    for number, (key, title, colour) in enumerate(SYSTEMS):
        places = [place + (number - 0.5) * WIDTH for place in range(len(names))]
        values: list[float] = read(results[key])
        bars = axes.bar(places, values, WIDTH, color=colour, label=title)
        axes.bar_label(bars, [f"{value:.3g}" for value in values], fontsize=8)
    axes.set_xticks(range(len(names)), names)


def _name(axes: Any, title: str, below: str) -> None:
    axes.set_title(title, fontsize=10)
    axes.set_xlabel(below)
    axes.legend(fontsize=8, loc="upper left")
    axes.margins(y=0.25)
    axes.grid(axis="y", alpha=0.3)


if __name__ == "__main__":
    draw(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), Path(sys.argv[2]))
