"""Fixtures of the front desk's tests: settings in a temporary folder, a stand-in assistant, a served front desk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvloop
from cryptography.fernet import Fernet
from pydantic import SecretStr

from bot.app import create_app
from bot.desk import FrontDesk
from bot.settings import Settings
from tests.bot.support.assistant import SECRET, StandIn
from tests.bot.support.postgres import Cluster, cluster
from tests.bot.support.serving import serve

ROOT = Path(__file__).parents[2]
PRIVATE_SECRET = "private secret of the tests"
PUBLIC_KEYS = {"encryption_key": SecretStr(Fernet.generate_key().decode()), "secret_key": SecretStr("k" * 48)}
"""Without them a public address is refused."""

type MakeSettings = Callable[..., Settings]
type OpenDesk = Callable[..., AbstractAsyncContextManager[tuple[str, FrontDesk]]]


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loop that uvicorn serves on: its transports are not asyncio's."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
def make_settings(tmp_path: Path) -> MakeSettings:
    """Settings with a state folder of this test; keywords change fields."""

    def make(**changes: Any) -> Settings:
        values: dict[str, Any] = {
            "state_dir": tmp_path / "state",
            "data_dir": ROOT / "data",
            "rasa_secret": SecretStr(SECRET),
            "private_secret": SecretStr(PRIVATE_SECRET),
            "sweep_seconds": 0.2,
            "session_rate": "1000/second",
            "global_rate": "10000/second",
            **(PUBLIC_KEYS if changes.get("public_url") else {}),
            **changes,
        }
        return Settings(**values)

    return make


@pytest.fixture
def stand_in() -> StandIn:
    return StandIn()


@pytest.fixture
async def assistant_url(stand_in: StandIn) -> AsyncIterator[str]:
    async with serve(stand_in.app()) as url:
        yield url


@pytest.fixture
def open_desk(make_settings: MakeSettings, assistant_url: str) -> OpenDesk:
    """Opens a front desk on a free port, with the stand-in behind it unless ``rasa_url`` says otherwise."""

    @asynccontextmanager
    async def opened(port: int = 0, **changes: Any) -> AsyncIterator[tuple[str, FrontDesk]]:
        app = create_app(make_settings(**{"rasa_url": assistant_url, **changes}))
        async with serve(app, port) as url:
            yield url, app.state.desk

    return opened


@pytest.fixture
async def desk_url(open_desk: OpenDesk) -> AsyncIterator[str]:
    async with open_desk() as (url, _):
        yield url


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    with cluster() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind that is supported."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    running: Cluster = request.getfixturevalue("postgres")
    return running.database()
