"""`guiche evaluate`, `make evaluate` and `make learning` as they are run, with the trained model and a few lines."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Callable, Dict, List

import pytest

from assistant.evaluation import learning
from assistant.evaluation import project as whole_project
from assistant.evaluation.page import TablePlaceMissing, write_table

LINES = [
    {"text": "esqueci minha senha", "label": "reset_password"},
    {"text": "qual o pin do token?", "label": "sign_pin"},
    {"text": "quero segunda via do iptu", "label": "out_of_scope", "also": ["human"]},
    {"text": "oi", "label": "greet"},
    {"text": "xyzzy plugh", "label": "vista"},
]
KEYS = {
    *("n", "top1", "top3", "answered", "offered", "rejected", "wrong", "ece"),
    *("oos_kept_out", "topics_answered", "topics_rejected"),
    *("labels", "confusions", "ms_per_message", "ms_p95", "ms_whole_pipeline"),
}
PNG = b"\x89PNG"

Evaluate = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "lines.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in LINES), encoding="utf-8")
    return path


@pytest.fixture
def evaluate(root: Path) -> Evaluate:
    def run(*arguments: object) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "assistant.evaluate", *map(str, arguments)]
        return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=300)

    return run


def test_standard_output_is_json_and_nothing_else(evaluate: Evaluate, file: Path) -> None:
    done = evaluate(file, "--json")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert set(figures) == KEYS
    assert figures["n"] == len(LINES)
    assert (figures["top1"], figures["topics_answered"]) == (0.8, 0.6667)  # all but the line of unknown words
    assert set(figures["labels"]) == {"reset_password", "sign", "out_of_scope", "greet", "vista"}
    assert figures["labels"]["sign"] == {"n": 1, "top1": 1.0, "top3": 1.0, "wrong": 0.0}
    (confusion,) = figures["confusions"]
    assert set(confusion) == {"text", "label", "predicted", "probability", "decision", "answer"}
    assert (confusion["text"], confusion["answer"]) == ("xyzzy plugh", None)
    assert 0 < figures["ms_per_message"] <= figures["ms_p95"]
    assert figures["ms_per_message"] < figures["ms_whole_pipeline"]


def test_a_person_gets_the_figures_the_table_and_the_confusions(evaluate: Evaluate, file: Path, tmp_path: Path) -> None:
    done = evaluate(file, "--plots", tmp_path / "plots")
    assert done.returncode == 0, done.stderr
    for words in ("topics_answered", "out_of_scope", "xyzzy plugh"):
        assert words in done.stdout
    assert {path.name for path in (tmp_path / "plots").iterdir()} == {"confusion.png", "risk_coverage.png"}


def test_a_model_that_is_older_than_the_data_is_told_on_standard_error(
    evaluate: Evaluate, file: Path, root: Path, tmp_path: Path
) -> None:
    model = tmp_path / "old.tar.gz"
    shutil.copy(root / "models/guiche.tar.gz", model)
    note = json.loads((root / "models/guiche.json").read_text())
    note["sources"]["data/nlu.yml"] = "of another day"
    model.with_name("old.json").write_text(json.dumps(note))
    done = evaluate(file, "--json", "--model", model)
    assert "mais antigo que data/nlu.yml" in done.stderr
    assert set(json.loads(done.stdout)) == KEYS


@pytest.mark.parametrize("what", ["a model from elsewhere", "no model", "no lines", "a bad line"])
def test_what_cannot_be_measured_is_one_line_and_code_2(
    evaluate: Evaluate, file: Path, root: Path, tmp_path: Path, what: str
) -> None:
    model = tmp_path / "guiche.tar.gz"
    if what == "a model from elsewhere":
        shutil.copy(root / "models/guiche.tar.gz", model)
    elif what != "no model":
        model = root / "models/guiche.tar.gz"
    if what == "no lines":
        file.unlink()
    elif what == "a bad line":
        file.write_text('{"text": "oi"}\n')
    done = evaluate(file, "--json", "--model", model)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("guiche evaluate: ")
    assert done.stderr.count("\n") == 1


TABLES = ("figures", "learning")


@pytest.fixture
def small(project: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of few examples and few test lines, with the trained model; the working directory."""
    inner = project / "inner"
    for name in ("data", "domain.yml"):
        (inner / name).parent.mkdir(exist_ok=True)
        (project / name).rename(inner / name)
    shutil.copy(root / "config.yml", inner / "config.yml")
    (inner / "models").symlink_to(root / "models")
    lines = "".join(json.dumps(line) + "\n" for line in LINES)
    for path in (inner / "tests/understanding/messages.jsonl", project / "shared/nlu-dev.jsonl"):
        path.parent.mkdir(parents=True)
        path.write_text(lines, encoding="utf-8")
    (inner / "docs").mkdir()
    page = "".join(f"<!-- table: {name} -->\nold\n<!-- end -->\nkept\n" for name in TABLES)
    (inner / "docs/understanding.md").write_text(page, encoding="utf-8")
    monkeypatch.chdir(inner)
    return inner


def tables(folder: Path) -> Dict[str, List[str]]:
    """name -> the lines between its marks."""
    found: Dict[str, List[str]] = {}
    for block in (folder / "docs/understanding.md").read_text(encoding="utf-8").split("<!-- table: ")[1:]:
        name, _, rest = block.partition(" -->\n")
        found[name] = rest.partition("<!-- end -->")[0].splitlines()
    return found


def test_make_evaluate_prints_draws_and_writes_its_table(
    small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(sys, "argv", ["make evaluate", "--images", "images"])
    assert whole_project.main() == 0
    printed = capsys.readouterr().out
    for words in ("== own set", "== outside set", "== cross-validation", "most frequent confusions"):
        assert words in printed
    for name in ("confusion", "risk-coverage"):
        assert (small / f"images/understanding-{name}.png").read_bytes().startswith(PNG)
    written = tables(small)
    assert written["figures"][0].startswith("|  | own set, 5 lines | outside set, 5 lines | cross-validation, ")
    assert any(row.startswith("| top1 | 0.800 | 0.800 | ") for row in written["figures"])
    assert written["learning"] == ["old"]


def test_make_evaluate_without_the_outside_set_leaves_the_page_alone(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (small.parent / "shared/nlu-dev.jsonl").unlink()
    monkeypatch.setattr(sys, "argv", ["make evaluate", "--images", "images"])
    assert whole_project.main() == 0
    assert tables(small)["figures"] == ["old"]


def test_make_learning_draws_and_writes_its_table(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["make learning", "--images", "images"])
    assert learning.main() == 0
    assert (small / "images/understanding-learning-curve.png").read_bytes().startswith(PNG)
    head, _, *rows = tables(small)["learning"]
    assert "1/16" in head
    assert "all lines" in head
    assert len(rows) == 3


def test_the_page_has_a_place_for_every_table(root: Path) -> None:
    page = (root / "docs/understanding.md").read_text(encoding="utf-8")
    for name in (*TABLES, "trials", "course", "side by side"):
        assert page.count(f"<!-- table: {name} -->\n|") == 1, name
    assert page.count("<!-- end -->") == len(TABLES) + 3


def test_a_page_without_a_place_is_an_error(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing")
    with pytest.raises(TablePlaceMissing):
        write_table("figures", [["a"], ["b"]], page)
