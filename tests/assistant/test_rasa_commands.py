"""Rasa's own commands work at the project's root, with telemetry off."""

import os
import re
import select
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Callable, Dict, Tuple

import pytest
import yaml

SILENCE_SECONDS = 60
RASA = Path(sys.executable).with_name("rasa")


def run(root: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(RASA), *arguments], cwd=root, env=plain_shell(), capture_output=True, text=True, check=False, timeout=300
    )


def plain_shell(**environment: str) -> Dict[str, str]:
    """The environment of a shell in which nobody set anything for Rasa."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("RASA_", "GUICHE_"))}
    return {**ours, **environment}


def test_telemetry_is_off_in_a_plain_shell(root: Path, tmp_path: Path) -> None:
    """What each of Rasa's commands does first: where nobody said anything, it turns telemetry on."""
    asked = "from rasa import telemetry; print(telemetry.initialize_telemetry(), telemetry.is_telemetry_enabled())"
    command = [sys.executable, "-c", asked]
    environment = plain_shell(HOME=str(tmp_path))
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=True, timeout=300)
    assert done.stdout.split("\n")[-2] == "False False", done.stdout


@pytest.fixture
def scratch(root: Path, tmp_path: Path) -> Path:
    """A copy of what is trained from, for a test to break."""
    shutil.copytree(root / "data", tmp_path / "data")
    shutil.copytree(root / "assistant", tmp_path / "assistant", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("config.yml", "domain.yml", "endpoints.yml", "credentials.yml"):
        shutil.copy(root / name, tmp_path / name)
    return tmp_path


def _example_twice(text: str) -> str:
    """The first example of `vista` under `register` too."""
    register, vista = (f"  - intent: {intent}\n    examples: |\n" for intent in ("register", "vista"))
    example = text.split(vista)[1].split("\n", maxsplit=1)[0]
    return text.replace(register, f"{register}{example}\n")


def _without_examples(text: str) -> str:
    start = text.index("  - intent: sign_pin\n")
    return text[:start] + text[text.index("  - intent: ", start + 1) :]


@pytest.mark.parametrize(
    ("file", "change", "problem", "options"),
    [
        pytest.param(
            "data/nlu.yml",
            _without_examples,
            r"data/help_center\.yml:\d+: sign_pin: tem 0 exemplos",
            (),
            id="an intent without examples",
        ),
        pytest.param(
            "data/nlu.yml",
            _example_twice,
            r"data/nlu\.yml:\d+: o mesmo exemplo em dois assuntos",
            ("--skip-validation",),
            id="an example under two intents",
        ),
        pytest.param(
            "data/help_center.yml",
            lambda text: text.replace("title: Criar conta", "titulo: Criar conta"),
            r"data/help_center\.yml:\d+: register: falta title",
            (),
            id="no title",
        ),
    ],
)
def test_rasa_train_refuses_what_is_broken(
    scratch: Path, file: str, change: Callable[[str], str], problem: str, options: Tuple[str, ...]
) -> None:
    text = (scratch / file).read_text(encoding="utf-8")
    (scratch / file).write_text(change(text), encoding="utf-8")
    assert (scratch / file).read_text(encoding="utf-8") != text

    done = run(scratch, "train", *options)

    assert done.returncode == 1, done.stdout[-2000:]
    assert re.search(problem, done.stdout), (done.stdout + done.stderr)[-2000:]
    assert not (scratch / "models").exists()


UNCOVERED = """
  - story: a last action that no rule predicts
    steps:
      - intent: look_up_process
        entities:
          - agency: PMP
          - year: "2023"
          - number: "500100"
      - action: action_reset_process
      - action: process_form
      - active_loop: process_form
      - active_loop: null
      - slot_was_set:
          - requested_slot: null
      - action: action_show_process
      - action: utter_process_help
"""


def failed(root: Path, stories: Path, out: Path) -> list[str]:
    """The stories of a file or folder that the trained model does not predict as they are written."""
    done = run(
        root, "test", "core", "-m", "models/guiche.tar.gz", "--stories", str(stories), "--out", str(out), "--no-plot"
    )
    assert done.returncode == 0, done.stderr[-2000:]
    # What did not fail stands there only as a remark.
    content = yaml.safe_load((out / "failed_test_stories.yml").read_text(encoding="utf-8")) or {}
    return [re.sub(r" \(.*\)$", "", story["story"]) for story in content.get("stories", [])]


def test_rasa_test_plays_the_test_stories(root: Path, tmp_path: Path) -> None:
    assert failed(root, root / "tests" / "rasa", tmp_path) == []


def test_the_rules_predict_every_story_that_rasa_trains_on(root: Path, tmp_path: Path) -> None:
    """Training itself refuses only contradictions. The one that must fail shows that a failure would be seen."""
    stories = tmp_path / "stories.yml"
    stories.write_text((root / "data" / "stories.yml").read_text(encoding="utf-8") + UNCOVERED, encoding="utf-8")

    assert failed(root, stories, tmp_path / "out") == ["a last action that no rule predicts"]


@pytest.mark.skipif(sys.platform != "linux", reason="needs a pseudo terminal")
def test_rasa_shell_answers(root: Path, tmp_path: Path) -> None:
    """One question at the shell, through a pseudo terminal; the conversation lives in memory."""
    import pty  # noqa: PLC0415

    command = [str(RASA), "shell", "-m", "models/guiche.tar.gz"]
    environment = plain_shell(TERM="dumb")
    controller, terminal = pty.openpty()
    process = subprocess.Popen(command, cwd=root, env=environment, stdin=terminal, stdout=terminal, stderr=terminal)
    os.close(terminal)
    said, asked = "", False
    try:
        while "Esqueceu a senha?" not in said and select.select([controller], [], [], SILENCE_SECONDS)[0]:
            try:
                said += os.read(controller, 4096).decode(errors="replace")
            except OSError:
                break
            if "Your input ->" in said and not asked:
                os.write(controller, b"esqueci minha senha\r")
                asked = True
    finally:
        process.kill()
        process.wait(10)
        os.close(controller)
    assert "Esqueceu a senha?" in said, said[-2000:]
