"""A missing or unreadable model is not "ready": nobody is let in to a Guichê that understands nothing."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from bot.cli.model import MODEL
from bot.cli.paths import ROOT
from bot.cli.ports import free_ports
from bot.cli.seal import seal
from bot.cli.system import FRONT_DESK, RASA_SERVER, System, SystemSettings
from tests.citizen import wait_until

# `guiche serve` after its training, with the model that the first argument names.
SERVE = """
import sys
from dataclasses import replace
from pathlib import Path
from bot.cli import serve
from bot.cli.system import System, SystemSettings
from bot.cli.terminal import Terminal

terminal = Terminal.load()
progress = serve.ProgressLines(terminal)
system = System(replace(SystemSettings.from_environment(), model=Path(sys.argv[1])), progress)
serve.stop_on_signals(system)
sys.exit(serve.run(terminal, system, progress, system.url, "guiche"))
"""


@pytest.fixture
def settings(tmp_path: Path) -> SystemSettings:
    return SystemSettings(state_dir=tmp_path / "state", port=free_ports(1)[0])


@pytest.fixture(params=["missing", "no archive", "cut off"])
def unreadable(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    model = tmp_path / "guiche.tar.gz"
    match request.param:
        case "no archive":
            model.write_bytes(b"not an archive")
        case "cut off":
            whole = MODEL.read_bytes()
            model.write_bytes(whole[: len(whole) // 2])
    return model


def test_an_unreadable_model_is_one_line_and_nothing_is_started(settings: SystemSettings, unreadable: Path) -> None:
    """Rasa itself would take another model that it finds, or start without one and answer nobody."""
    environment = os.environ | {"GUICHE_PORT": str(settings.port), "GUICHE_STATE_DIR": str(settings.state_dir)}
    done = subprocess.run(
        [sys.executable, "-c", SERVE, str(unreadable)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"O modelo {unreadable} não existe ou está danificado.")
    assert done.stderr.count("\n") == 1
    assert not settings.state_dir.exists()


@pytest.fixture
def hollow(settings: SystemSettings, tmp_path: Path) -> Iterator[System]:
    """Rasa and the front desk with a whole archive that is no model: Rasa serves, and has loaded nothing."""
    model = tmp_path / "hollow.tar.gz"
    with tarfile.open(model, "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("metadata.json"), io.BytesIO())
    model.with_name("hollow.json").write_text(json.dumps({"seal": seal(model)}))
    with System(replace(settings, model=model)) as system:
        system.spawn(RASA_SERVER)
        system.spawn(FRONT_DESK)
        yield system


def test_while_rasa_has_no_model_neither_it_nor_the_front_desk_is_ready(hollow: System) -> None:
    secret = {"Authorization": f"Bearer {hollow.secrets['GUICHE_RASA_SECRET']}"}
    rasa = f"http://127.0.0.1:{hollow.ports[RASA_SERVER]}"
    with httpx.Client(trust_env=False, timeout=10) as http:

        def answers(url: str) -> bool:
            try:
                return bool(http.get(url).status_code)
            except httpx.TransportError:
                return False

        wait_until(lambda: answers(f"{hollow.url}/health"), 60)
        before = http.get(f"{hollow.url}/ready")
        wait_until(lambda: answers(rasa), 120)
        health = http.get(f"{rasa}/webhooks/front_desk/ready", headers=secret)
        turn = {"conversation": "c", "message_id": "m", "state": None, "text": "oi"}
        answer = http.post(f"{rasa}/webhooks/front_desk/webhook", headers=secret, json=turn)
        after = http.get(f"{hollow.url}/ready")

    assert (before.status_code, before.json()) == (503, {"ready": False, "reason": "assistant"})
    assert (health.status_code, health.json()) == (503, {"ready": False, "reason": "model_not_loaded"})
    assert (answer.status_code, answer.json()) == (503, {"error": "not_ready"})
    assert (after.status_code, after.json()) == (503, {"ready": False, "reason": "assistant"})
    assert hollow.parts[RASA_SERVER].ready() is not None
