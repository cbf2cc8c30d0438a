"""Many at once, one that floods, a full disk, a long conversation: others are served, and the cost does not grow."""

from __future__ import annotations

import asyncio
import statistics
from pathlib import Path

from sqlalchemy import Connection, create_engine, event, text

from bot.store import Store, open_database
from tests.bot.conftest import OpenDesk
from tests.bot.support.assistant import StandIn
from tests.bot.support.browser import Browser
from tests.bot.support.serving import until
from tests.bot.test_store import claimed, message, reply


async def test_conversations_are_answered_in_parallel(open_desk: OpenDesk, stand_in: StandIn) -> None:
    stand_in.hold = asyncio.Event()
    async with open_desk(workers=4) as (url, _), asyncio.TaskGroup() as group:
        browsers = [await Browser(url).__aenter__() for _ in range(6)]
        references = [await browser.send("oi") for browser in browsers]
        await until(lambda: len(stand_in.seen) == 4)
        stand_in.hold.set()
        for browser, reference in zip(browsers, references, strict=True):
            await browser.answer(reference)
            group.create_task(browser.__aexit__())


async def test_a_flood_in_one_conversation_delays_no_other(open_desk: OpenDesk, stand_in: StandIn) -> None:
    stand_in.hold = asyncio.Event()
    async with open_desk(workers=1) as (url, _), Browser(url) as flood, Browser(url) as other:
        flooding = [await flood.send(f"m{number}") for number in range(30)]
        asked = await other.send("oi")
        stand_in.hold.set()
        await flood.answer(flooding[-1])
        answered = (await other.answer(asked))["id"]
        assert len([data for data in flood.said(final=True) if data["id"] < answered]) == 1


async def test_a_full_disk_refuses_politely_and_loses_nothing(open_desk: OpenDesk) -> None:
    async with open_desk() as (url, desk), Browser(url) as browser:
        await browser.ask("oi")

        async def limit(pages: str) -> None:
            pragma = text(f"PRAGMA max_page_count={pages}")
            await desk.store.database.write(lambda connection: connection.execute(pragma))

        await limit("1")  # SQLite makes it the size the file has
        statuses = set()
        for number in range(60):
            body = {"id": f"cheio{number}", "text": "palavra " * 120}
            answer = await browser.http.post("/chat/messages", json=body)
            statuses.add(answer.status_code)
            if answer.status_code == 503:
                assert answer.json() == {"error": "unavailable", "message": desk.sentences.errors.unavailable}
                break
        assert 503 in statuses
        await limit("100000")
        accepted = [data["id"] for _, _, data in browser.events if data.get("from") == "citizen"]
        last = await browser.send("depois")
        await browser.answer(last, within=30)
        answered = [data["in_reply_to"] for data in browser.said(final=True)]
        assert answered == [*accepted, last]


async def test_every_statement_of_a_turn_uses_an_index(tmp_path: Path) -> None:
    """What a message costs must not grow with what is stored: no statement reads a whole table."""
    path = tmp_path / "store.db"
    store = Store(open_database(f"sqlite:///{path}", 2), claim_seconds=20)
    await store.start()
    statements: list[tuple[str, object]] = []
    engine = store.database._writer._engine, store.database._reader._engine  # type: ignore[attr-defined]
    for one in engine:

        @event.listens_for(one, "before_cursor_execute")
        def note(_c: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
            statements.append((statement, parameters))

    received = await store.receive(message(1), claim=True)
    assert received.claim is not None
    await store.finish(received.claim, reply("um"))
    await store.receive(message(2, text=None, button="b"), claim=False)
    await store.notice("c1", (await store.unnotified())[0].inbox_id, "a", "b")
    await store.finish(await claimed(store), reply("dois"))
    await store.transcript("c1", 1)
    await store.unanswered("c1")
    await store.waiting()
    await store.close()
    assert len(statements) > 15
    plain = create_engine(f"sqlite:///{path}")
    with plain.connect() as connection:
        for statement, parameters in statements:
            if not statement.lstrip().startswith(("SELECT", "UPDATE")):
                continue
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()  # type: ignore[arg-type]
            for row in plan:
                assert not row[3].startswith("SCAN inbox") or "INDEX ix_inbox_open" in row[3], (statement, row[3])
                assert not row[3].startswith(("SCAN outbox", "SCAN conversations", "SCAN buttons")), (statement, row[3])
    plain.dispose()


async def test_turn_300_is_as_much_work_for_the_database_as_turn_5(open_desk: OpenDesk) -> None:
    """Counts the steps of SQLite's virtual machine: exact, whatever else the computer is doing."""
    steps = [0]

    def step() -> int:
        steps[0] += 1
        return 0

    def count(connection: Connection) -> None:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.set_progress_handler(step, 1)

    async with open_desk(sweep_seconds=600) as (url, desk), Browser(url) as browser:
        await desk.store.database.write(count)
        await desk.store.database.read(count)
        work = []
        for number in range(305):
            before = steps[0]
            await browser.ask(f"m{number}")
            work.append(steps[0] - before)
    early, late = statistics.median(work[3:8]), statistics.median(work[298:303])
    assert early > 100
    assert late <= 1.3 * early
