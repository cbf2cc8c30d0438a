"""`guiche serve` as a person sees it: progress, one clear line when it fails, and no process left, ever."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.bot.cli.stub_parts import ROOT
from tests.bot.cli.web_stub import wait_until


def alive(pid: int) -> bool:
    """Whether the process runs; one that ended and waits for its parent does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


class Serve:
    """A running serve of stub parts."""

    def __init__(self, folder: Path, *parts: str) -> None:
        self.folder = folder
        command = [sys.executable, "-m", "tests.bot.cli.stub_parts", str(folder), *parts]
        with (folder / "output.txt").open("w") as output:
            self.process = subprocess.Popen(
                command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )

    @property
    def output(self) -> str:
        return (self.folder / "output.txt").read_text()

    def record(self) -> dict[str, Any]:
        return dict(json.loads((self.folder / "run.json").read_text()))

    def wait_open(self) -> list[int]:
        """The pids of the parts, once all are ready."""
        wait_until(lambda: "O Guichê está aberto" in self.output or self.process.poll() is not None, 30)
        assert self.process.poll() is None, self.output
        return [part["pid"] for part in self.record()["parts"].values()]

    def ended(self) -> int:
        return self.process.wait(timeout=30)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Any]:
    started: list[Serve] = []

    def start(*parts: str) -> Serve:
        started.append(Serve(tmp_path, *parts))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


def test_shows_each_step_and_what_to_try(serve: Any) -> None:
    running = serve("actions=serve", "rasa=serve", "front_desk=serve")
    running.wait_open()

    lines = running.output.splitlines()
    assert lines[:3] == ["Iniciando: servidor de ações…", "Iniciando: Rasa…", "Iniciando: balcão de atendimento…"]
    assert [line.partition(" (")[0] for line in lines[3:6]] == [
        "Pronto: servidor de ações",
        "Pronto: Rasa",
        "Pronto: balcão de atendimento",
    ]
    assert 'guiche ask "esqueci minha senha"' in running.output
    assert 'guiche ask "PMP 2023/500100"' in running.output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything_with_exit_code_0(serve: Any, number: signal.Signals) -> None:
    running = serve("rasa=serve", "front_desk=forks")
    pids = [*running.wait_open(), int((running.folder / "front_desk.child").read_text())]

    running.process.send_signal(number)

    assert running.ended() == 0
    assert [pid for pid in pids if alive(pid)] == []
    assert not (running.folder / "run.json").exists()


def test_ctrl_c_while_starting_ends_everything_too(serve: Any) -> None:
    running = serve("rasa=serve", "front_desk=deaf")
    wait_until(lambda: (running.folder / "run.json").exists() and len(running.record()["parts"]) == 2)
    pids = [part["pid"] for part in running.record()["parts"].values()]

    running.process.send_signal(signal.SIGINT)

    assert running.ended() in (0, 1)  # 1 when the second that a deaf part has was over first
    assert [pid for pid in pids if alive(pid)] == []


def test_a_part_that_ignores_sigterm_is_killed_after_the_grace(serve: Any) -> None:
    running = serve("rasa=stubborn")
    pids = running.wait_open()

    running.process.send_signal(signal.SIGTERM)

    assert running.ended() == 0
    assert not alive(pids[0])


def test_kill_9_of_the_supervisor_leaves_no_process(serve: Any) -> None:
    running = serve("rasa=serve", "front_desk=forks")
    pids = [*running.wait_open(), int((running.folder / "front_desk.child").read_text())]

    os.killpg(running.process.pid, signal.SIGKILL)
    running.ended()

    wait_until(lambda: not any(alive(pid) for pid in pids), 15)


def test_after_a_kill_9_the_same_folder_serves_again(serve: Any) -> None:
    first = serve("rasa=serve")
    first.wait_open()
    first.process.kill()
    first.ended()

    serve("rasa=serve").wait_open()


def test_a_part_that_dies_later_is_named_and_the_others_stopped(serve: Any) -> None:
    running = serve("actions=serve", "rasa=serve")
    pids = running.wait_open()

    os.kill(running.record()["parts"]["rasa"]["pid"], signal.SIGKILL)

    assert running.ended() == 1
    assert not any(alive(pid) for pid in pids)
    last = [line for line in running.output.splitlines() if line.startswith("Rasa")]
    assert last == [f"Rasa parou sozinho (código -9). O motivo está em {running.folder}/logs/rasa.log"]


def test_a_part_that_ends_with_code_0_while_starting_is_a_failure(serve: Any) -> None:
    running = serve("actions=serve", "rasa=die")

    assert running.ended() == 1
    assert f"Rasa parou sozinho (código 0). O motivo está em {running.folder}/logs/rasa.log" in running.output
    assert (running.folder / "logs" / "rasa.log").read_text() == "started die\n"


def test_a_part_that_is_not_ready_in_time_is_named(serve: Any) -> None:
    running = serve("rasa=deaf")

    assert running.ended() == 1
    assert "Rasa não ficou pronto em 1 s (ConnectionRefusedError)" in running.output


def test_a_second_serve_on_the_same_folder_is_refused_and_the_first_goes_on(serve: Any) -> None:
    first = serve("rasa=serve")
    pids = first.wait_open()
    second = subprocess.run(
        [sys.executable, "-m", "tests.bot.cli.stub_parts", str(first.folder), "rasa=serve"],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=30,
    )

    assert second.returncode == 1
    assert second.stderr.startswith(f"Já há um Guichê rodando com a pasta {first.folder}.")
    assert alive(pids[0])
    assert first.record()["pid"] == first.process.pid


def test_a_taken_port_is_refused_before_anything_is_started(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        environment = os.environ | {"GUICHE_PORT": str(port), "GUICHE_STATE_DIR": str(tmp_path / "state")}
        done = subprocess.run(
            [sys.executable, "-c", "from bot.cli import main; main()", "serve"],
            env=environment,
            check=False,
            capture_output=True,
            text=True,
            timeout=30,
        )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"A porta {port} de 127.0.0.1 já está em uso.")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("value", ["0", "65536", "porta", "-1", "８０"])
def test_a_port_that_is_none_is_named(value: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from bot.cli import main; main()", "serve"],
        env=os.environ | {"GUICHE_PORT": value},
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
    )

    assert (done.returncode, done.stderr) == (1, "GUICHE_PORT não é uma porta: use um número de 1 a 65535.\n")
