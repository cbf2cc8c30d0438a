"""What goes wrong with PostgreSQL itself: read only after a failover, a silent line, a migration that waits."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
import pytest
from sqlalchemy import Connection, make_url, text

from bot.store import Store, neighbours, open_database
from bot.store.neighbours import Item, Neighbours
from bot.store.postgres import MIGRATION_LOCK
from tests.bot.conftest import OpenDesk
from tests.bot.support.browser import Browser
from tests.bot.support.postgres import Cluster
from tests.bot.support.serving import until
from tests.bot.test_two_nodes import KEYS


def on_server(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)  # type: ignore[arg-type]


async def test_two_front_desks_start_at_once_on_an_empty_database(postgres: Cluster) -> None:
    url = postgres.database()
    stores = [Store(open_database(url, 2), claim_seconds=20) for _ in range(4)]
    await asyncio.gather(*(store.start() for store in stores))
    for store in stores:
        assert (await store.backlog()).open == 0
        await store.close()


async def test_a_migration_may_take_longer_than_a_statement(postgres: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here it waits for somebody else's."""
    monkeypatch.setattr("bot.store.postgres.STATEMENT_MS", 50)
    url = postgres.database()
    store = Store(open_database(url, 2), claim_seconds=20)
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as other:
        await other.execute(f"SELECT pg_advisory_lock({MIGRATION_LOCK})")
        starting = asyncio.create_task(store.start())
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND wait_event = 'advisory' AND now() - query_start > '0.5 s'"
        )

        async def has_waited() -> bool:
            assert not starting.done(), starting.exception()
            row = await (await other.execute(waiting)).fetchone()
            return row is not None and row[0] == 1

        await until(has_waited)
        await other.execute(f"SELECT pg_advisory_unlock({MIGRATION_LOCK})")
        await starting
    assert (await store.backlog()).open == 0
    await store.close()


async def test_a_database_that_is_read_only_for_a_while_is_unavailable_and_no_bug(
    open_desk: OpenDesk, postgres: Cluster
) -> None:
    """As a standby is, between two primaries. Afterwards everything goes on, also what the nodes tell each other."""
    url = postgres.database()
    name = make_url(url).database
    never = {"database_url": url, "sweep_seconds": 3600.0, **KEYS}
    async with (
        open_desk(**never) as (one, _),
        open_desk(**never) as (two, _),
        Browser(one) as first,
        Browser(two, cookies=first.http.cookies) as second,
    ):
        await first.ask("oi")
        on_server(
            url,
            f"ALTER DATABASE {name} SET default_transaction_read_only = on",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND application_name <> 'guiche-neighbours'",
        )

        async def status() -> int:
            return (await first.http.post("/chat/messages", json={"id": "a", "text": "oi"})).status_code

        assert {await status() for _ in range(5)} == {503}
        on_server(
            url, "SET default_transaction_read_only = off", f"ALTER DATABASE {name} RESET default_transaction_read_only"
        )
        await until(lambda: taken(status()))
        await second.answer("a", within=5)


async def taken(status: object) -> bool:
    return await status == 202  # type: ignore[misc]


async def test_news_that_cannot_be_told_does_not_end_the_telling(
    open_desk: OpenDesk, postgres: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    never = {"database_url": postgres.database(), "sweep_seconds": 3600.0, **KEYS}
    real, failures = neighbours._send, 0

    def broken(connection: Connection, payload: str) -> None:
        nonlocal failures
        failures += 1
        if failures == 1:
            connection.execute(text("SELECT * FROM nothing_like_it"))
        real(connection, payload)

    monkeypatch.setattr(neighbours, "_send", broken)
    async with (
        open_desk(**never) as (one, _),
        open_desk(**never) as (two, _),
        Browser(one) as first,
        Browser(two, cookies=first.http.cookies) as second,
    ):
        await first.ask("oi")
        await until(lambda: failures >= 1)
        await second.answer(await first.send("e depois?"), within=5)


class Line:
    """A proxy to the server that can go silent: connections stay open, and nothing comes or goes."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._loud = asyncio.Event()
        self._loud.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def silence(self) -> None:
        self._loud.clear()

    def speak(self) -> None:
        self._loud.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            away, back = await asyncio.open_connection("127.0.0.1", self._port)
            for task in (
                asyncio.create_task(self._carry(reader, back)),
                asyncio.create_task(self._carry(away, writer)),
            ):
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                await self._loud.wait()
                writer.write(data)
        finally:
            writer.close()


async def test_a_line_that_goes_silent_is_given_up_and_opened_anew(
    postgres: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbours, "PROBE_SECONDS", 0.1)
    monkeypatch.setattr(neighbours, "ANSWER_SECONDS", 0.5)
    url = postgres.database()
    store = Store(open_database(url, 2), claim_seconds=20)
    await store.start()
    heard: list[Item] = []
    line = Line(postgres.port)
    async with line.open():
        address = make_url(url).set(port=line.port).render_as_string(hide_password=False)
        deaf = Neighbours(store.database, address, "deaf", heard.append)
        teller = Neighbours(store.database, url, "teller", lambda _: None)
        for one in (deaf, teller):
            one.start()
            await asyncio.wait_for(one.connected.wait(), 10)
        line.silence()
        await until(lambda: not deaf.connected.is_set())
        line.speak()
        await asyncio.wait_for(deaf.connected.wait(), 20)
        teller.tell("c1", 7)
        await until(lambda: heard)
        assert heard[-1].conversation == "c1"
        assert await teller.free_the_dead() == []
        for one in (deaf, teller):
            await one.stop()
    await store.close()
