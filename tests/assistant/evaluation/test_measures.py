"""The definitions of the figures, on a handful of lines counted by hand."""

from pathlib import Path
from typing import Optional

import pytest

from assistant.evaluation.lines import LinesUnreadable, TestLine, read_lines
from assistant.evaluation.measures import measure, score
from assistant.evaluation.pipeline import Understood


def line(label: str, *also: str) -> TestLine:
    return TestLine("text", label, frozenset([label, *also]))


def understood(kind: str, *ranking: tuple, answer: Optional[str] = None) -> Understood:
    return Understood(kind, answer or ranking[0][0], ranking, 1.0)


CASES = [
    (line("sign"), understood("answer", ("sign", 0.9), ("vista", 0.1))),
    (line("vista"), understood("answer", ("sign", 0.6), ("vista", 0.4))),
    (line("register", "sign_in"), understood("offer", ("sign_in", 0.5), ("sign", 0.3), ("vista", 0.2))),
    (line("human"), understood("reject", ("out_of_scope", 0.7), ("help", 0.2), ("sign", 0.1))),
    (line("out_of_scope"), understood("reject", ("out_of_scope", 0.9), ("sign", 0.1))),
    (line("out_of_scope"), understood("answer", ("vista", 0.8), ("out_of_scope", 0.2))),
    (line("greet"), understood("answer", ("greet", 1.0))),
]
TOPICS = {"sign", "vista", "register", "human", "privacy"}


def test_the_figures() -> None:
    figures = measure(score(*zip(*CASES)), TOPICS)
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


def test_any_topic_that_is_answered_lets_an_out_of_scope_line_in() -> None:
    """Also one that test files do not label; talk is no topic."""
    answers = [understood("answer", (name, 0.9)) for name in ("privacy", "greet", "sign")]
    figures = measure(score([line("out_of_scope")] * 3, answers), TOPICS)
    assert figures["oos_kept_out"] == pytest.approx(1 / 3, abs=1e-4)


def test_a_wrong_answer_is_shown_though_its_topic_was_ranked_right() -> None:
    """The answer can be of a part of the message (two questions), the ranking is of the whole."""
    figures = measure(score([line("sign")], [understood("answer", ("sign", 0.5), answer="vista")]), TOPICS)
    assert figures["wrong"] == 1
    assert [(item["predicted"], item["answer"]) for item in figures["confusions"]] == [("sign", "vista")]


def test_times_are_medians_and_a_95th_percentile() -> None:
    answers = [Understood("answer", "sign", [("sign", 0.9)], float(ms), 10.0 + ms) for ms in range(1, 101)]
    figures = measure(score([line("sign")] * 100, answers), TOPICS)
    assert figures["ms_per_message"] == 50.5
    assert figures["ms_p95"] == pytest.approx(95.05)
    assert figures["ms_whole_pipeline"] == 60.5


def test_calibration_error_by_hand() -> None:
    """Two bins: 0.9 sure and right; 0.6 sure and wrong: (0.1 + 0.6) / 2."""
    assert measure(score(*zip(*CASES[:2])), TOPICS)["ece"] == pytest.approx(0.35)


@pytest.mark.parametrize(
    "content",
    [
        "{",
        '{"text": "x"}',
        "[]",
        '"x"',
        '{"text": null, "label": "sign"}',
        '{"text": "x", "label": null}',
        '{"text": "x", "label": "sign", "also": "vista"}',
        '{"text": "x", "label": "sign", "also": [1]}',
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_text('{"text": "oi", "label": "greet"}\n' + content + "\n")
    with pytest.raises(LinesUnreadable, match=r"lines.jsonl:2"):
        read_lines(path)


def test_a_detail_that_a_file_names_counts_as_its_topic(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_text('{"text": "qual o pin\u2028?", "label": "sign_pin", "also": ["vista_granted", "greet"]}\n')
    (found,) = read_lines(path, {"sign_pin": "sign", "vista_granted": "vista", "sign": "sign"})
    assert found == TestLine("qual o pin\u2028?", "sign", frozenset(["sign", "vista", "greet"]))
