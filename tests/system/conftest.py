"""One system for these tests, apart from the one of the dialogues: it is killed often, and its files are looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.whole_system import WholeSystem


@pytest.fixture(scope="package")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """HOME and, in it, TMPDIR of every process of the system."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "tmp").mkdir()
    return folder


@pytest.fixture(scope="package")
def system(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Iterator[WholeSystem]:
    """The whole of Guichê. After each test it is healed."""
    folder = tmp_path_factory.mktemp("hurt")
    with WholeSystem(folder, HOME=str(home), TMPDIR=str(home / "tmp")) as running:
        yield running


@pytest.fixture(scope="package")
def everywhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeSystem]:
    """A system of its own, with the stand-ins of Telegram and WhatsApp beside it. Nobody hurts it."""
    settings = {"GUICHE_SANDBOX_CHANNELS": "1", "GUICHE_NOTICE_AFTER": "8"}  # the longest there is: machines are busy
    with WholeSystem(tmp_path_factory.mktemp("everywhere"), **settings) as running:
        yield running


@pytest.fixture(scope="package")
def http() -> Iterator[httpx.Client]:
    """Somebody on this machine."""
    with httpx.Client(trust_env=False, timeout=20) as client:
        yield client


type Faulty = Callable[[str | None], None]


@pytest.fixture
def faulty(system: WholeSystem) -> Iterator[Faulty]:
    """Sets what goes wrong at the identity provider; right again afterwards."""

    def put(kind: str | None) -> None:
        address = f"{system.parts.identity_url}/_control/fault"
        httpx.put(address, json={"kind": kind}, trust_env=False).raise_for_status()

    yield put
    put(None)


@pytest.fixture(autouse=True)
def _healed(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test killed runs again before the next one."""
    yield
    if "system" in request.fixturenames:
        request.getfixturevalue("system").heal()
