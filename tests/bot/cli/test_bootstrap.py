"""scripts/bootstrap.sh on machines that it has never seen: PATH holds only what each test puts there."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.cli.paths import ROOT

UTILITIES = ("sh", "cat", "cksum", "dirname", "mkdir", "rm", "chmod", "touch")
WORKING_UV = """
echo "$*" >>"$LOG"
case "$1" in
--version) echo "uv 1.2.3" ;;
venv)
    for last in "$@"; do :; done
    mkdir -p "$last/bin" "$last/lib/python3.10/site-packages"
    printf '#!/bin/sh\\nexit 0\\n' >"$last/bin/python"
    chmod +x "$last/bin/python"
    ;;
pip)
    if [ "$2" = sync ] && [ -n "${FAIL_SYNC:-}" ]; then exit 2; fi
    for last in "$@"; do :; done
    case "$last" in
    *rasa.txt) touch .venv-rasa/bin/rasa && chmod +x .venv-rasa/bin/rasa ;;
    .) touch .venv/bin/guiche && chmod +x .venv/bin/guiche ;;
    esac
    ;;
esac
"""
BROKEN_SHIM = 'echo "pyenv: command not found" >&2; exit 127'
PYTHON_WITH_PIP = """
echo "$0 $*" >>"$LOG"
if [ "$2 $3" = "pip install" ]; then
    mkdir -p .tools/bin
    cat "$UV_TO_INSTALL" >.tools/bin/uv
    chmod +x .tools/bin/uv
fi
"""
PYTHON_WITHOUT_PIP = 'if [ "$1" = -m ]; then exit 1; fi'


class Machine:
    """A folder with a fresh clone, an empty home, and a PATH of our own."""

    def __init__(self, root: Path) -> None:
        self.clone = root / "clone of guichê"
        self.home = root / "home"
        self.path = root / "bin"
        self.log = root / "log"
        for folder in (self.clone / "scripts", self.clone / "requirements", self.home, self.path):
            folder.mkdir(parents=True)
        shutil.copy(ROOT / "scripts" / "bootstrap.sh", self.clone / "scripts")
        for name in ("requirements/guiche.txt", "requirements/rasa.txt", "pyproject.toml"):
            (self.clone / name).write_text(name)
        for name in UTILITIES:
            program = shutil.which(name)
            assert program is not None
            (self.path / name).symlink_to(program)
        self.log.touch()
        self._script(root / "uv", WORKING_UV)

    def program(self, name: str, body: str, folder: Path | None = None) -> None:
        self._script((folder or self.path) / name, body)

    @staticmethod
    def _script(file: Path, body: str) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"#!/bin/sh\n{body}\n")
        file.chmod(0o755)

    def bootstrap(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": f"{self.home / 'empty'}:{self.path}",
            "HOME": str(self.home),
            "LOG": str(self.log),
            "UV_TO_INSTALL": str(self.log.parent / "uv"),
            **environ,
        }
        command = ["sh", str(self.clone / "scripts" / "bootstrap.sh"), *arguments]
        return subprocess.run(
            command, env=environment, cwd=self.home, check=False, capture_output=True, text=True, timeout=60
        )

    def did(self) -> str:
        text = self.log.read_text()
        self.log.write_text("")
        return text


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_working_uv_is_used(machine: Machine) -> None:
    machine.program("uv", WORKING_UV)

    done = machine.bootstrap("uv")

    assert (done.returncode, done.stdout) == (0, f"{machine.path}/uv\n")


def test_a_uv_that_only_looks_like_one_is_passed_over_for_the_next_on_path(machine: Machine) -> None:
    shims = machine.home / "shims"
    machine.program("uv", BROKEN_SHIM, shims)
    machine.program("uv", WORKING_UV)

    assert machine.bootstrap("uv", PATH=f"{shims}:{machine.path}").stdout == f"{machine.path}/uv\n"


def test_without_one_the_pinned_uv_is_installed_beside_the_project(machine: Machine) -> None:
    machine.program("uv", BROKEN_SHIM)
    machine.program("python3", PYTHON_WITH_PIP)

    done = machine.bootstrap("uv")

    assert (done.returncode, done.stdout) == (0, ".tools/bin/uv\n")
    assert "-m pip install" in machine.did()
    assert (machine.clone / ".tools" / "bin" / "uv").exists()
    machine.bootstrap("uv")
    assert "pip install" not in machine.did()  # once is enough


@pytest.mark.parametrize("broken", [BROKEN_SHIM, PYTHON_WITHOUT_PIP])
def test_pythons_that_cannot_install_are_passed_over(machine: Machine, broken: str) -> None:
    for name in ("python3", "python3.13", "python"):
        machine.program(name, broken)
    machine.program("python3.11", PYTHON_WITH_PIP)

    assert machine.bootstrap("uv").returncode == 0
    assert f"{machine.path}/python3.11 -m pip install" in machine.did()


def test_a_python_that_only_pyenv_knows_is_found(machine: Machine) -> None:
    machine.program("python", PYTHON_WITH_PIP, machine.home / ".pyenv" / "versions" / "3.12.1" / "bin")

    assert machine.bootstrap("uv").returncode == 0
    assert "versions/3.12.1/bin/python -m pip install" in machine.did()


def test_with_neither_it_says_so_in_one_line(machine: Machine) -> None:
    done = machine.bootstrap()

    assert (done.returncode, done.stdout) == (1, "")
    assert (
        done.stderr == "guiche: não há um uv que funcione nem um Python com pip; instale um dos dois e tente de novo\n"
    )


def test_both_environments_are_made_from_their_locks_with_hashes(machine: Machine) -> None:
    machine.program("uv", WORKING_UV)

    done = machine.bootstrap()

    assert done.returncode == 0, done.stderr
    commands = [line for line in machine.did().splitlines() if line != "--version"]
    assert commands == [
        "venv --quiet --python 3.13 .venv",
        "pip sync --quiet --compile-bytecode --require-hashes --python .venv/bin/python requirements/guiche.txt",
        "pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .",
        "venv --quiet --python 3.10 .venv-rasa",
        "pip sync --quiet --compile-bytecode --require-hashes --python .venv-rasa/bin/python requirements/rasa.txt",
    ]
    assert len(done.stderr.splitlines()) == 5


def test_every_program_of_rasas_environment_has_its_telemetry_off(machine: Machine) -> None:
    machine.program("uv", WORKING_UV)
    machine.bootstrap()
    packages = machine.clone / ".venv-rasa" / "lib" / "python3.10" / "site-packages"
    show = f"import os, site; site.addsitedir({str(packages)!r}); print(os.environ.get('RASA_TELEMETRY_ENABLED'))"

    def printed(**environ: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", show], env=environ, check=True, capture_output=True, text=True
        ).stdout

    assert printed() == "false\n"
    assert printed(RASA_TELEMETRY_ENABLED="true") == "true\n"


def test_a_second_time_does_nothing_and_says_nothing_at_once(machine: Machine) -> None:
    machine.program("uv", WORKING_UV)
    machine.bootstrap()
    machine.did()

    started = time.monotonic()
    done = machine.bootstrap()

    assert (done.returncode, done.stdout + done.stderr, machine.did()) == (0, "", "")
    assert time.monotonic() - started < 0.5


def test_a_new_lock_updates_its_environment_alone_and_in_place(machine: Machine) -> None:
    machine.program("uv", WORKING_UV)
    machine.bootstrap()
    machine.did()
    (machine.clone / "requirements" / "rasa.txt").write_text("newer")

    machine.bootstrap()

    did = machine.did()
    assert "requirements/rasa.txt" in did
    assert "venv --quiet" not in did
    assert "guiche.txt" not in did


@pytest.mark.parametrize("breakage", ["half made", "no interpreter", "broken interpreter", "no command", "moved"])
def test_a_broken_environment_is_made_again(machine: Machine, breakage: str) -> None:
    machine.program("uv", WORKING_UV)
    machine.bootstrap()
    machine.did()
    venv = machine.clone / ".venv"
    match breakage:
        case "half made":
            (venv / "guiche.stamp").unlink()
            (venv / "left-over").touch()
        case "no interpreter":
            (venv / "bin" / "python").unlink()
        case "broken interpreter":
            machine.program("python", "exit 127", venv / "bin")
        case "no command":
            (venv / "bin" / "guiche").unlink()
        case "moved":
            machine.clone = machine.clone.rename(machine.clone.with_name("elsewhere"))
            venv = machine.clone / ".venv"

    done = machine.bootstrap()

    assert done.returncode == 0, done.stderr
    did = machine.did()
    assert "guiche.txt" in did
    assert ("venv --quiet --python 3.13 .venv\n" in did) == (breakage != "no command")
    assert os.access(venv / "bin" / "python", os.X_OK)
    assert (venv / "bin" / "guiche").exists()
    assert not (venv / "left-over").exists()
    assert machine.bootstrap().stderr == ""


def test_a_failed_installation_is_named_and_not_taken_for_done(machine: Machine) -> None:
    machine.program("uv", WORKING_UV)

    failed = machine.bootstrap(FAIL_SYNC="1")

    assert failed.returncode == 1
    assert failed.stderr.splitlines()[-1] == "guiche: não consegui instalar requirements/guiche.txt em .venv"
    assert machine.bootstrap().returncode == 0
    assert "venv --quiet --python 3.13 .venv" in machine.did()


def test_no_registry_is_named() -> None:
    for name in ("scripts/bootstrap.sh", "Makefile", ".ci/run"):
        assert "://" not in (ROOT / name).read_text()
