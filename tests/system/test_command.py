"""`guiche serve` with the real parts: a citizen is served, and nothing of it is left running, however it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bot.cli.paths import ROOT
from bot.cli.ports import free_ports
from tests.bot.support.postgres import cluster
from tests.whole_system import PARTS, RASA, WholeSystem, wait_until

GUICHE = ROOT / ".venv" / "bin" / "guiche"
OPEN = "O Guichê está aberto"
SANDBOX = "Nenhum portal configurado (PORTAL_URL): uso o portal de demonstração."
START_SECONDS = 240
END_SECONDS = 30


class Served:
    """A `guiche serve` of its own, in a process group of its own as a terminal would give it."""

    def __init__(self, folder: Path, **environ: str) -> None:
        self.state = folder / "state"
        self._log = folder / "serve.log"
        ours = ("GUICHE_", "PORTAL_", "SANDBOX_")
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(ours)},
            "GUICHE_PORT": str(free_ports(1)[0]),
            "GUICHE_STATE_DIR": str(self.state),
            "XDG_CONFIG_HOME": str(folder / "config"),
            **environ,
        }
        with self._log.open("wb") as output:
            self.process = subprocess.Popen(
                [GUICHE, "serve"],
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self) -> list[str]:
        return self._log.read_text(errors="replace").splitlines()

    def wait(self, condition: Callable[[], bool]) -> None:
        """Until the condition holds; what was said shows why when the command ended before."""
        wait_until(lambda: condition() or self.process.poll() is not None, START_SECONDS)
        assert self.process.poll() is None, self.said()

    def wait_open(self) -> None:
        self.wait(lambda: any(line.startswith(OPEN) for line in self.said()))

    def parts(self) -> dict[str, int]:
        """Pids of the parts that were started, as the supervisor notes them."""
        try:
            record: dict[str, Any] = json.loads((self.state / "run.json").read_text())
        except FileNotFoundError:
            return {}
        return {name: part["pid"] for name, part in record["parts"].items()}

    def ask(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [GUICHE, "ask", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def left(self) -> list[int]:
        """Every process of this serve that still runs: all of them inherit a variable that is only its."""
        mark = f"XDG_CONFIG_HOME={self.environment['XDG_CONFIG_HOME']}".encode()
        return [pid for pid in _pids() if mark in _read(pid, "environ").split(b"\0") and _runs(pid)]


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").glob("[0-9]*")]


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:  # it ended, or is somebody else's
        return b""


def _runs(pid: int) -> bool:
    """One that ended and waits for its parent does not."""
    return _read(pid, "stat").rpartition(b")")[2].split()[:1] not in ([], [b"Z"], [b"X"])


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    running = Served(tmp_path)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.send_signal(signal.SIGTERM)
            running.process.wait(END_SECONDS)


def test_a_citizen_is_served_and_ctrl_c_leaves_nothing(served: Served) -> None:
    served.wait_open()
    assert SANDBOX in served.said()
    password = served.ask("esqueci minha senha")
    assert (password.returncode, "Redefinir Senha" in password.stdout) == (0, True)
    facts = ("Encontrei o processo PMP 2023/500100.", "Situação: Em andamento", "Assunto: Alvará de construção")
    for question in ("PMP 2023/500100", "em que pé está o processo 500100 de 2023 da prefeitura?"):
        process = served.ask(question)
        assert process.returncode == 0, process.stderr
        assert [fact for fact in facts if fact not in process.stdout] == [], question
    parts = served.parts()
    assert set(parts) == set(PARTS)
    assert set(parts.values()) < set(served.left())

    os.killpg(served.process.pid, signal.SIGINT)

    assert served.process.wait(END_SECONDS) == 0
    assert served.left() == []
    assert served.ask("oi").returncode == 1


def test_with_a_database_url_everything_is_kept_in_postgresql(tmp_path: Path) -> None:
    with cluster() as postgres:
        url = postgres.database()
        served = Served(tmp_path, GUICHE_DATABASE_URL=url)
        try:
            served.wait_open()
            first = served.ask("--conversation", "eu", "PMP 2023/500100")
            assert "PMP 2023/500100" in first.stdout
            assert served.ask("--conversation", "eu", "e o 500101?").returncode == 0
        finally:
            served.process.send_signal(signal.SIGINT)
            assert served.process.wait(END_SECONDS) == 0
        with psycopg.connect(url) as connection:
            (answered,) = connection.execute("SELECT count(*) FROM inbox WHERE status = 'done'").fetchone() or (0,)
        assert answered == 2
    assert list(served.state.rglob("*.db*")) == []


def test_kill_9_of_the_command_leaves_nothing(served: Served) -> None:
    """While Rasa is still loading its model, when it listens to nobody."""
    served.wait(lambda: len(served.parts()) == len(PARTS))
    assert len(served.left()) > len(PARTS)

    os.killpg(served.process.pid, signal.SIGKILL)

    served.process.wait(END_SECONDS)
    wait_until(lambda: served.left() == [], END_SECONDS)


def test_a_part_that_dies_is_named_in_one_line_and_the_others_are_stopped(served: Served) -> None:
    served.wait_open()
    before = served.said()

    os.kill(served.parts()[RASA], signal.SIGKILL)

    assert served.process.wait(END_SECONDS) == 1
    assert served.left() == []
    line = f"Rasa parou sozinho (código -9). O motivo está em {served.state}/logs/rasa.log"
    assert served.said() == [*before, line]


def test_a_taken_port_is_one_line_and_disturbs_nobody(system: WholeSystem, tmp_path: Path) -> None:
    second = Served(tmp_path, GUICHE_PORT=str(system.parts.settings.port))

    assert second.process.wait(END_SECONDS) == 1
    assert len(second.said()) == 1
    assert second.said()[0].startswith(f"A porta {system.parts.settings.port} de 127.0.0.1 já está em uso.")
    assert not second.state.exists()
    assert "Redefinir Senha" in system.citizen().say("esqueci minha senha").text
