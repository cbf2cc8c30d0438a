"""Another program holds the lock of the SQLite file (a copy being made): what comes is refused, nothing is lost."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from bot.desk import FrontDesk
from bot.store import Store, StoreUnavailable, open_database
from tests.bot.conftest import OpenDesk
from tests.bot.support.assistant import StandIn
from tests.bot.support.browser import Browser
from tests.bot.support.serving import until
from tests.bot.test_store import message
from tests.bot.test_waiting import NOTICE, notices


@contextmanager
def locked(path: Path, how: str = "IMMEDIATE") -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute(f"BEGIN {how}")
        yield
        other.execute("ROLLBACK")


async def be_impatient(store: Store) -> None:
    """The usual patience is 5 s."""
    await store.database.write(lambda connection: connection.execute(text("PRAGMA busy_timeout=20")))


@pytest.mark.parametrize("together", [1, 10])
async def test_a_locked_file_is_unavailable_and_then_works_again(tmp_path: Path, together: int) -> None:
    path = tmp_path / "store.db"
    store = Store(open_database(f"sqlite:///{path}", 1), claim_seconds=20)
    await store.start()
    await be_impatient(store)
    with locked(path):
        writes = (store.receive(message(number), claim=False) for number in range(together))
        results = await asyncio.gather(*writes, return_exceptions=True)
        assert [type(result) for result in results] == [StoreUnavailable] * together
        assert await store.backlog()  # reading goes on
    for number in range(together):
        assert (await store.receive(message(number), claim=False)).inbox_id is not None
    await store.close()


async def test_a_file_that_is_locked_at_start_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = Store(open_database(f"sqlite:///{path}", 1), claim_seconds=20)
    with locked(path, "EXCLUSIVE"), pytest.raises(StoreUnavailable):
        await store.start()
    await store.close()


async def test_a_locked_front_desk_refuses_politely_and_answers_later(open_desk: OpenDesk, stand_in: StandIn) -> None:
    stand_in.hold = asyncio.Event()
    async with open_desk(max_tries=1) as (url, desk), Browser(url) as browser:
        await be_impatient(desk.store)
        taken = await browser.send("oi")
        await until(lambda: len(stand_in.seen) == 1)
        with locked(desk.settings.state_dir / "guiche.db"):
            refused = await browser.http.post("/chat/messages", json={"id": "recusada", "text": "oi"})
            assert (refused.status_code, refused.json()["error"]) == (503, "unavailable")
            with capture_logs() as logs:
                stand_in.hold.set()
                await until(lambda: [line for line in logs if line["event"] == "store_unavailable"])
            assert browser.said(final=True) == []
        assert (await browser.answer(taken))["text"].endswith("1: oi")
        assert await _tries(desk) == 0


async def test_who_waits_is_told_when_the_lock_is_gone(open_desk: OpenDesk, stand_in: StandIn) -> None:
    stand_in.hold = asyncio.Event()
    async with open_desk(notice_after=NOTICE) as (url, desk), Browser(url) as browser:
        await be_impatient(desk.store)
        waiting = await browser.send("oi")
        with locked(desk.settings.state_dir / "guiche.db"), capture_logs() as logs:
            await until(lambda: [line for line in logs if line["event"] == "notices_put_off"])
            assert notices(browser, desk.sentences) == []
        await until(lambda: notices(browser, desk.sentences))
        stand_in.hold.set()
        await browser.answer(waiting)
        assert len(notices(browser, desk.sentences)) == 1


async def _tries(desk: FrontDesk) -> object:
    tries = text("SELECT sum(tries) FROM inbox")
    return await desk.store.database.read(lambda connection: connection.execute(tries).scalar())
