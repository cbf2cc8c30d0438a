"""Rasa's own commands work at the project's root, with telemetry off."""

import os
import re
import select
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

SILENCE_SECONDS = 60
RASA = Path(sys.executable).with_name("rasa")


def run(root: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "RASA_TELEMETRY_ENABLED": "false"}
    return subprocess.run(
        [str(RASA), *arguments], cwd=root, env=environment, capture_output=True, text=True, check=False, timeout=300
    )


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
    environment = {**os.environ, "RASA_TELEMETRY_ENABLED": "false", "TERM": "dumb"}
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
