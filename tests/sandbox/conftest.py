"""The sandbox's world, and the sandbox itself in a thread."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import httpx
import pytest

from sandbox.portal.app import TOKEN, build_app
from sandbox.portal.build import build_world
from sandbox.portal.serving import running
from sandbox.portal.world import World

TODAY = dt.date(2026, 11, 22)
CREDENTIALS = ("guiche", "s3cret")


@pytest.fixture(scope="session")
def world() -> World:
    return build_world(TODAY)


@pytest.fixture(scope="session")
def address(world: World) -> Iterator[str]:
    app = build_app(world, client_id=CREDENTIALS[0], client_secret=CREDENTIALS[1], control=True)
    with running(app) as url:
        yield url


@pytest.fixture
def stranger(address: str) -> Iterator[httpx.Client]:
    """Somebody without a token."""
    with httpx.Client(base_url=address) as client:
        yield client
        client.delete("/_control/fault")


@pytest.fixture
def client(stranger: httpx.Client) -> httpx.Client:
    """Somebody with a token."""
    answer = stranger.post(TOKEN, data={"grant_type": "client_credentials"}, auth=CREDENTIALS)
    stranger.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return stranger
