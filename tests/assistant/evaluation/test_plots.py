"""The pictures are small and the same for the same figures."""

from pathlib import Path

from assistant.evaluation.lines import TestLine
from assistant.evaluation.measures import Scored
from assistant.evaluation.pipeline import Understood
from assistant.evaluation.plots import draw, learning_curve

PNG = b"\x89PNG"
LARGEST = 100_000  # bytes
SCORED = [
    Scored(TestLine("a", label, frozenset([label])), Understood("answer", best, [(best, sure)], 1.0))
    for label, best, sure in [("sign", "sign", 0.9), ("vista", "sign", 0.4), ("vista", "vista", 0.8)]
]


def test_the_same_figures_give_the_same_small_files(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        draw(SCORED, tmp_path / folder)
        learning_curve({"set": [(100, 0.5), (200, 0.6)]}, tmp_path / folder / "learning.png")
    for name in ("confusion.png", "risk_coverage.png", "learning.png"):
        content = (tmp_path / "one" / name).read_bytes()
        assert content.startswith(PNG)
        assert len(content) < LARGEST
        assert content == (tmp_path / "two" / name).read_bytes()
