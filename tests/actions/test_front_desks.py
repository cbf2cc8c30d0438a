"""Several front desks: any of them says who asks, and one that is dead, hangs or errs costs the citizen nothing."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from actions.sessions import DEADLINE, CitizenSessions, FrontDeskUnavailable
from sandbox.portal.build import BUSY
from sandbox.portal.serving import running
from tests.actions.conftest import PRIVATE_SECRET, FrontDesk
from tests.bot.support.serving import free_port


@pytest.fixture(scope="module")
def other_server() -> Iterator[tuple[FrontDesk, str]]:
    desk = FrontDesk()
    with running(desk.app) as url:
        yield desk, url


@pytest.fixture
def other(other_server: tuple[FrontDesk, str]) -> tuple[FrontDesk, str]:
    desk, url = other_server
    desk.trouble = None
    desk.asked.clear()
    return desk, url


@asynccontextmanager
async def knowing(*urls: str, secret: str = PRIVATE_SECRET) -> AsyncIterator[CitizenSessions]:
    sessions = CitizenSessions(urls, secret)
    try:
        yield sessions
    finally:
        await sessions.aclose()


@pytest.mark.parametrize("trouble", ["dead", "hang", "500", "404", "rubbish"])
async def test_the_next_one_is_asked(
    front_desk: FrontDesk, front_desk_server: tuple[FrontDesk, str], other: tuple[FrontDesk, str], trouble: str
) -> None:
    front_desk.trouble = None if trouble == "dead" else trouble
    first = f"http://127.0.0.1:{free_port()}" if trouble == "dead" else front_desk_server[1]
    async with knowing(first, other[1]) as sessions:
        started = time.monotonic()
        citizen = await sessions.resolve("s-busy", "list_pendencies")
        assert citizen is not None
        assert citizen.document == BUSY.document
        assert time.monotonic() - started < DEADLINE + 0.5
        asked = len(front_desk.asked)
        assert await sessions.resolve("s-gone", "list_pendencies") is None
        assert await sessions.ready()
    assert other[0].asked == ["s-busy", "s-gone"]
    assert len(front_desk.asked) == asked  # the one that answered last is asked first


async def test_when_none_answers_nobody_knows_who_asks(
    front_desk: FrontDesk, front_desk_server: tuple[FrontDesk, str], other: tuple[FrontDesk, str]
) -> None:
    front_desk.trouble = other[0].trouble = "hang"
    async with knowing(front_desk_server[1], other[1], f"http://127.0.0.1:{free_port()}") as sessions:
        started = time.monotonic()
        with pytest.raises(FrontDeskUnavailable, match=r"TimeoutError.*ConnectError"):
            await sessions.resolve("s-busy", "list_pendencies")
        assert time.monotonic() - started < DEADLINE + 1.0


async def test_a_wrong_secret_is_no_unknown_session(other: tuple[FrontDesk, str]) -> None:
    async with knowing(other[1], secret="wrong") as sessions:
        with pytest.raises(FrontDeskUnavailable, match="status 401"):
            await sessions.resolve("s-busy", "list_pendencies")
        assert not await sessions.ready()
