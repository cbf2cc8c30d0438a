"""Commands that run in Rasa's environment: what goes in and comes out is theirs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli.app import BOXED
from bot.cli.paths import ROOT

RUN = "from bot.cli.boxed import run_boxed; import sys; run_boxed(sys.argv[1], sys.argv[2:])"


def run(module: str, *arguments: str, folder: Path = ROOT, given: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", RUN, module, *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, cwd=folder, env=environment, input=given, check=False, capture_output=True, text=True, timeout=60
    )


def test_input_output_and_exit_code_pass_through() -> None:
    done = run("tokenize", "--exact", given="x = 1\n")  # any module that reads standard input will do

    assert "NAME" in done.stdout
    assert done.returncode == 0
    assert run("tokenize", "no-such-file").returncode == 1
    assert run("py_compile", "--no-such-option").returncode == 2


def test_it_is_python_3_10_in_the_projects_folder_without_telemetry(tmp_path: Path) -> None:
    script = tmp_path / "probe.py"
    script.write_text("import os, sys; print(sys.version_info[:2], os.getcwd(), os.environ['RASA_TELEMETRY_ENABLED'])")

    done = run("runpy_probe", folder=tmp_path)
    assert done.returncode == 1  # only modules of the project and of Rasa's environment: not of where one happens to be

    done = run(
        "trace", "--trackcalls", "probe.py", folder=tmp_path
    )  # its file argument is found from there all the same
    assert f"(3, 10) {ROOT} false" in done.stdout


def test_a_file_argument_is_read_from_where_one_is(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("x = (\n")

    done = run("tokenize", "broken.py", folder=tmp_path)

    assert str(tmp_path / "broken.py") in done.stderr


@pytest.mark.parametrize("name", BOXED)
def test_options_are_the_modules_own_even_help(name: str) -> None:
    """The command adds nothing: `--help` and unknown options arrive."""
    code = (
        "import bot.cli.app as app; app.run_boxed = lambda module, words: print(module, *words); "
        f"app.app(['{name}', '--help', '--json', '-x', 'file'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=60, cwd=ROOT
    )

    assert done.stdout.split()[1:] == ["--help", "--json", "-x", "file"]
