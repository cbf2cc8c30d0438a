"""Pictures of the figures as small PNG files."""

from pathlib import Path
from typing import Mapping, Sequence, Tuple

import matplotlib
import numpy as np

from assistant.evaluation.measures import Scored
from assistant.nlu.decision import ANSWER

matplotlib.use("Agg")
import matplotlib.pyplot as plt

DPI = 80
MARKS = (0.3, 0.5, 0.7, 0.9)  # probabilities marked on the risk/coverage curve


def draw(scored: Sequence[Scored], folder: Path, name: str = "messages") -> None:
    """Writes confusion.png and risk_coverage.png into `folder`."""
    confusion(scored, folder / "confusion.png")
    risk_coverage({name: scored}, folder / "risk_coverage.png")


def confusion(scored: Sequence[Scored], path: Path) -> None:
    """Rows are labels, columns what was understood; a line understood as one of its `also` is on the diagonal."""
    labels = sorted({item.line.label for item in scored})
    predicted = labels + sorted({item.understood.ranking[0][0] for item in scored} - set(labels))
    counts = np.zeros((len(labels), len(predicted)))
    for item in scored:
        best = item.line.label if item.top1 else item.understood.ranking[0][0]
        counts[labels.index(item.line.label), predicted.index(best)] += 1
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure, axes = plt.subplots(figsize=(10.5, 8.5))
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(predicted)), predicted, rotation=90)
    axes.set_yticks(range(len(labels)), labels)
    axes.set_xlabel("understood as")
    axes.set_ylabel("label")
    for row, column in zip(*np.nonzero(counts)):
        colour = "white" if shares[row, column] > 0.5 else "black"
        axes.text(column, row, int(counts[row, column]), ha="center", va="center", fontsize=7, color=colour)
    _save(figure, path)


def risk_coverage(sets: Mapping[str, Sequence[Scored]], path: Path) -> None:
    """Of the surest share of the lines, how many have a wrong first topic: one curve a set. The star is where the
    configured thresholds stand: the share of the lines that is answered, and how many of these answers are wrong."""
    figure, axes = plt.subplots(figsize=(8, 4.5))
    for name, scored in sets.items():
        sure = np.array([item.understood.ranking[0][1] for item in scored])
        wrong = np.array([not item.top1 for item in scored], dtype=float)
        order = np.argsort(-sure, kind="stable")
        coverage = np.arange(1, len(scored) + 1) / len(scored)
        risk = np.cumsum(wrong[order]) / np.arange(1, len(scored) + 1)
        (line,) = axes.plot(coverage, risk, label=f"{name} ({len(scored)} lines)")
        for mark in MARKS:
            covered = int((sure >= mark).sum())
            if covered:
                point = (covered / len(scored), risk[covered - 1])
                axes.plot(*point, "o", color=line.get_color(), markersize=4)
                axes.annotate(f"p≥{mark}", point, fontsize=7, textcoords="offset points", xytext=(-8, 6))
        answered, risk_there = operating_point(scored)
        axes.plot(answered, risk_there, "*", color=line.get_color(), markersize=13, markeredgecolor="black", zorder=3)
    axes.plot([], [], "*", color="white", markeredgecolor="black", markersize=13, label="as configured: answered")
    axes.set_xlabel("coverage: share of the lines, the surest first")
    axes.set_ylabel("risk: share of them with a wrong first topic")
    axes.grid(alpha=0.3)
    axes.legend()
    _save(figure, path)


def operating_point(scored: Sequence[Scored]) -> Tuple[float, float]:
    """(share of the lines that is answered, share of these answers that is wrong)."""
    answered = sum(item.understood.kind == ANSWER for item in scored)
    return answered / len(scored), sum(item.wrong for item in scored) / max(answered, 1)


def learning_curve(sets: Mapping[str, Sequence[Tuple[int, float]]], path: Path) -> None:
    """Share of right first topics against the number of training lines (log scale)."""
    figure, axes = plt.subplots(figsize=(7, 4))
    for name, points in sets.items():
        axes.plot([lines for lines, _ in points], [right for _, right in points], "o-", label=name)
    ticks = sorted({lines for lines, _ in next(iter(sets.values()))})
    axes.set_xscale("log")
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.minorticks_off()
    axes.set_xlabel("training lines")
    axes.set_ylabel("first topic right")
    axes.grid(alpha=0.3)
    axes.legend()
    _save(figure, path)


def _save(figure: plt.Figure, path: Path) -> None:
    """Without the date and version that matplotlib adds: the same figures give the same file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.tight_layout()
    figure.savefig(path, dpi=DPI, metadata={"Software": None}, pil_kwargs={"optimize": True})
    plt.close(figure)
