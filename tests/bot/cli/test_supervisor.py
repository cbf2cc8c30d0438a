"""The supervisor as the system tests use it: the whole started in one call, single parts killed and started again."""

import http.client
import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cli.supervisor import PartDied, Supervisor
from tests.bot.cli.stub_parts import stub_part
from tests.bot.cli.test_serve import alive
from tests.bot.cli.web_stub import wait_until


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Supervisor]:
    parts = [stub_part("rasa", "serve", tmp_path), stub_part("front_desk", "forks", tmp_path)]
    with Supervisor(parts, tmp_path / "state", grace=2.0) as supervisor:
        yield supervisor


def answers(supervisor: Supervisor, name: str) -> bool:
    return supervisor.parts[name].ready() is None


def test_start_returns_when_every_part_answers(two: Supervisor) -> None:
    two.start()

    assert all(answers(two, name) for name in two.parts)


def test_a_killed_part_is_gone_with_its_children_and_the_others_stay(two: Supervisor, tmp_path: Path) -> None:
    two.start()
    pid, grandchild = two.pid("front_desk"), int((tmp_path / "front_desk.child").read_text())

    two.kill_part("front_desk")

    assert not two.is_running("front_desk")
    wait_until(lambda: not alive(pid) and not alive(grandchild))
    assert answers(two, "rasa")


def test_a_restarted_part_has_the_same_port_and_another_pid(two: Supervisor) -> None:
    two.start()
    before = two.pid("rasa")

    two.restart_part("rasa")

    assert two.pid("rasa") != before
    assert answers(two, "rasa")


def test_a_part_that_died_by_itself_can_be_started_again(two: Supervisor) -> None:
    two.start()
    os.kill(two.pid("rasa"), signal.SIGKILL)
    wait_until(lambda: not two.is_running("rasa"))

    two.restart_part("rasa")

    assert answers(two, "rasa")


def test_watch_tells_of_a_death_but_not_of_one_that_was_ordered(two: Supervisor) -> None:
    two.start()
    two.kill_part("rasa")
    os.kill(two.pid("front_desk"), signal.SIGKILL)

    with pytest.raises(PartDied) as died:
        two.watch()

    assert died.value.name == "front_desk"


def test_nothing_is_left_after_the_block(tmp_path: Path) -> None:
    with Supervisor([stub_part("rasa", "serve", tmp_path)], tmp_path / "state") as supervisor:
        supervisor.start()
        pid = supervisor.pid("rasa")

    assert not alive(pid)
    assert not (tmp_path / "state" / "run.json").exists()
    supervisor.stop()  # twice is harmless


def test_logs_are_private_begin_anew_and_keep_the_run_before(tmp_path: Path) -> None:
    for _ in range(3):
        with Supervisor([stub_part("rasa", "serve", tmp_path)], tmp_path / "state") as supervisor:
            supervisor.start()
    logs = tmp_path / "state" / "logs"

    assert sorted(log.name for log in logs.iterdir()) == ["rasa.log", "rasa.log.1"]
    assert (logs / "rasa.log").read_text() == "started serve\n"
    assert stat.S_IMODE((logs / "rasa.log").stat().st_mode) == 0o600


def test_a_restart_adds_to_the_log_of_the_same_run(two: Supervisor) -> None:
    two.start()
    two.restart_part("rasa")

    assert two.log("rasa").read_text() == "started serve\n" * 2


def test_parts_do_not_get_each_others_files(two: Supervisor) -> None:
    """A child that held the lock or the guardian's pipe would outlive what they stand for."""
    two.start()
    descriptors = Path(f"/proc/{two.pid('rasa')}/fd").iterdir()
    targets = {os.readlink(descriptor) for descriptor in descriptors}

    assert not [target for target in targets if "run.lock" in target or target.startswith("pipe:")]


def test_the_probe_wants_its_field_to_be_true(tmp_path: Path) -> None:
    part = stub_part("rasa", "serve", tmp_path)
    with Supervisor([part], tmp_path / "state") as supervisor:
        supervisor.start()
        connection = http.client.HTTPConnection("127.0.0.1", part.port)
        connection.request("GET", "/")
        assert connection.getresponse().status == 200  # it answers 200, but not {"ready": true}
        connection.close()

        wanting = type(part.ready)(part.port, "/", field="ready")  # type: ignore[call-arg]
        assert wanting() == "ready is not true"
