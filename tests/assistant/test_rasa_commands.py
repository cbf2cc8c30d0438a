"""Rasa's own commands work at the project's root, with telemetry off."""

import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

SILENCE_SECONDS = 60
RASA = Path(sys.executable).with_name("rasa")


def run(root: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "RASA_TELEMETRY_ENABLED": "false"}
    return subprocess.run(
        [str(RASA), *arguments], cwd=root, env=environment, capture_output=True, text=True, check=False, timeout=300
    )


def test_rasa_test_plays_the_stories(root: Path, tmp_path: Path) -> None:
    """Every story is predicted as written."""
    done = run(
        root,
        "test",
        "core",
        "-m",
        "models/guiche.tar.gz",
        "--stories",
        "tests/rasa",
        "--out",
        str(tmp_path),
        "--no-plot",
    )
    assert done.returncode == 0, done.stderr[-2000:]
    failed = (tmp_path / "failed_test_stories.yml").read_text()
    assert "story:" not in failed, failed


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
