"""`python -m sandbox.portal` as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from portal import PortalClient, PortalSettings
from sandbox.portal.build import EXAMPLE

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "sandbox.portal"]
CREDENTIALS = {"SANDBOX_CLIENT_ID": "guiche", "SANDBOX_CLIENT_SECRET": "s3cret"}


def environment(**settings: str) -> dict[str, str]:
    ours = ("SANDBOX_", "PORTAL_", "GUICHE_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)} | settings


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"SANDBOX_CLIENT_ID": "guiche"},
        CREDENTIALS | {"SANDBOX_PORT": "porta"},
        CREDENTIALS | {"SANDBOX_PORT": "70000"},
    ],
)
def test_it_refuses_to_start_without_its_settings(settings: dict[str, str]) -> None:
    done = subprocess.run(
        COMMAND, check=False, cwd=ROOT, env=environment(**settings), capture_output=True, text=True, timeout=30
    )

    assert done.returncode == 2
    assert "SANDBOX_" in done.stderr
    assert "s3cret" not in done.stdout + done.stderr


@pytest.fixture(params=["SANDBOX", "PORTAL"])
def links(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """What the running command prints; the credentials come under either name."""
    settings = environment(**{f"{request.param}_CLIENT_ID": "guiche", f"{request.param}_CLIENT_SECRET": "s3cret"})
    with subprocess.Popen(COMMAND, cwd=ROOT, env=settings, stdout=subprocess.PIPE, text=True) as sandbox:
        assert sandbox.stdout is not None
        try:
            yield json.loads(sandbox.stdout.readline())
        finally:
            sandbox.terminate()
            assert sandbox.communicate(timeout=15)[0] == ""


async def test_it_tells_where_it_is_and_serves_the_real_client(links: dict[str, str]) -> None:
    settings = PortalSettings.from_env(links | {"PORTAL_CLIENT_ID": "guiche", "PORTAL_CLIENT_SECRET": "s3cret"})
    async with PortalClient(settings) as client:
        process = await client.find_process(*EXAMPLE)

    assert links["PORTAL_URL"].startswith("http://127.0.0.1:")
    assert process.reference == "PMP 2023/500100"


def test_it_is_healthy_and_without_control(links: dict[str, str]) -> None:
    assert httpx.get(f"{links['PORTAL_URL']}/health").status_code == 200
    assert httpx.get(f"{links['PORTAL_URL']}/_control").status_code == 404
