"""The definitions of the figures, on a handful of lines counted by hand."""

from pathlib import Path

import pytest

from assistant.evaluation.lines import LinesUnreadable, TestLine, read_lines
from assistant.evaluation.measures import measure, score
from assistant.evaluation.pipeline import Understood


def line(label: str, *also: str) -> TestLine:
    return TestLine("text", label, frozenset([label, *also]))


def understood(kind: str, *ranking: tuple) -> Understood:
    return Understood(kind, ranking[0][0], ranking, 1.0)


CASES = [
    (line("sign"), understood("answer", ("sign", 0.9), ("vista", 0.1))),
    (line("vista"), understood("answer", ("sign", 0.6), ("vista", 0.4))),
    (line("register", "sign_in"), understood("offer", ("sign_in", 0.5), ("sign", 0.3), ("vista", 0.2))),
    (line("human"), understood("reject", ("out_of_scope", 0.7), ("help", 0.2), ("sign", 0.1))),
    (line("out_of_scope"), understood("reject", ("out_of_scope", 0.9), ("sign", 0.1))),
    (line("out_of_scope"), understood("answer", ("vista", 0.8), ("out_of_scope", 0.2))),
    (line("greet"), understood("answer", ("greet", 1.0))),
]


def test_the_figures() -> None:
    figures = measure(score(*zip(*CASES)))
    assert figures["n"] == 7
    assert figures["top1"] == pytest.approx(4 / 7, abs=1e-4)
    assert figures["top3"] == pytest.approx(6 / 7, abs=1e-4)
    assert figures["answered"] == pytest.approx(4 / 7, abs=1e-4)
    assert figures["offered"] == pytest.approx(1 / 7, abs=1e-4)
    assert figures["rejected"] == pytest.approx(2 / 7, abs=1e-4)
    assert figures["wrong"] == pytest.approx(2 / 7, abs=1e-4)
    assert figures["oos_kept_out"] == 0.5
    assert figures["topics_answered"] == 0.5
    assert figures["topics_rejected"] == 0.25
    assert figures["labels"]["out_of_scope"] == {"n": 2, "top1": 0.5, "top3": 1.0, "wrong": 0.5}
    assert [item["predicted"] for item in figures["confusions"]] == ["sign", "out_of_scope", "vista"]


def test_calibration_error_by_hand() -> None:
    """Two bins: 0.9 sure and right; 0.6 sure and wrong: (0.1 + 0.6) / 2."""
    assert measure(score(*zip(*CASES[:2])))["ece"] == pytest.approx(0.35)


@pytest.mark.parametrize("content", ["{", '{"text": "x"}', "[]", '"x"'])
def test_a_bad_line_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_text('{"text": "oi", "label": "greet"}\n' + content + "\n")
    with pytest.raises(LinesUnreadable, match=r"lines.jsonl:2"):
        read_lines(path)
