"""`python -m actions` as a process of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest

from actions.settings import Settings
from portal import ConfigurationError
from sandbox.portal.app import TOKEN
from sandbox.portal.build import EXAMPLE
from sandbox.portal.faults import Faults

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "actions"]
SECRETS = {
    "GUICHE_ACTIONS_SECRET": "very-secret-a",
    "GUICHE_PRIVATE_SECRET": "very-secret-b",
    "PORTAL_CLIENT_SECRET": "s3cret",
}
SETTINGS = SECRETS | {
    "GUICHE_FRONT_DESK_URL": "http://127.0.0.1:9",
    "PORTAL_URL": "http://127.0.0.1:9",
    "PORTAL_TOKEN_URL": "http://127.0.0.1:9/token",
    "PORTAL_CLIENT_ID": "guiche",
}


def environment(settings: dict[str, str]) -> dict[str, str]:
    ours = ("SANDBOX_", "PORTAL_", "GUICHE_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)} | settings


def refused(settings: dict[str, str], folder: Path = ROOT) -> str:
    """What it prints when it does not start."""
    variables = environment(settings) | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(COMMAND, check=False, cwd=folder, env=variables, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stdout == ""
    assert not [secret for secret in SECRETS.values() if secret in done.stderr]
    return done.stderr


def test_it_does_not_start_without_its_secret() -> None:
    without = {name: value for name, value in SETTINGS.items() if name != "GUICHE_ACTIONS_SECRET"}

    assert refused(without) == "actions: GUICHE_ACTIONS_SECRET is not set\n"


@pytest.mark.parametrize("missing", sorted(SETTINGS))
def test_what_is_missing_is_named(missing: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{missing} is not set$"):
        Settings.from_env({name: value for name, value in SETTINGS.items() if name != missing})


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"GUICHE_ACTIONS_PORT": "porta"}, "GUICHE_ACTIONS_PORT"),
        ({"GUICHE_ACTIONS_PORT": "0"}, "GUICHE_ACTIONS_PORT"),
        ({"GUICHE_ACTIONS_SECRET": "  "}, "GUICHE_ACTIONS_SECRET"),
        ({"GUICHE_FRONT_DESK_URL": "127.0.0.1:8000"}, "GUICHE_FRONT_DESK_URL"),
        ({"PORTAL_URL": "http://portal.example"}, "PORTAL_URL"),
    ],
)
def test_what_is_unsafe_is_named(change: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        Settings.from_env(SETTINGS | change)


def test_no_secret_shows_itself() -> None:
    shown = repr(Settings.from_env(SETTINGS))

    assert not [secret for secret in SECRETS.values() if secret in shown]


def test_it_does_not_start_without_the_citys_agencies(tmp_path: Path) -> None:
    assert "city.yml" in refused(SETTINGS, tmp_path)


def wait_until_listening(port: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            probe.settimeout(0.2)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError("the action server did not start")


def test_it_serves_quietly_on_this_machine_only_and_stops_when_told(
    backend: tuple[Faults, str], unused_tcp_port: int
) -> None:
    settings = SETTINGS | {
        "GUICHE_ACTIONS_PORT": str(unused_tcp_port),
        "PORTAL_URL": backend[1],
        "PORTAL_TOKEN_URL": backend[1] + TOKEN,
    }
    with subprocess.Popen(
        COMMAND, cwd=ROOT, env=environment(settings), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            wait_until_listening(unused_tcp_port, process)
            listening = [
                link.laddr.ip for link in psutil.Process(process.pid).net_connections() if link.status == "LISTEN"
            ]
            slots = dict(zip(("agency", "year", "number"), map(str, EXAMPLE), strict=True))
            tracker = {"sender_id": "c", "slots": slots, "latest_message": {}, "events": []}
            answer = httpx.post(
                f"http://127.0.0.1:{unused_tcp_port}/webhook",
                headers={"Authorization": "Bearer very-secret-a"},
                json={"next_action": "action_show_process", "version": "3.6.21", "domain": {}, "tracker": tracker},
                timeout=10,
            )
        finally:
            process.send_signal(signal.SIGTERM)
            printed = process.communicate(timeout=30)[0]

    assert answer.json()["responses"][0]["response"] == "utter_process_found"
    assert listening == ["127.0.0.1"]
    assert process.returncode == 0
    assert printed == ""
