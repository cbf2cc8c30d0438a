"""Two front desks on one PostgreSQL: either may take a message, both show every answer."""

from __future__ import annotations

import asyncio

from pydantic import SecretStr
from sqlalchemy import text

from bot.store import Store, open_database
from tests.bot.conftest import OpenDesk
from tests.bot.support.assistant import StandIn
from tests.bot.support.browser import Browser
from tests.bot.support.postgres import Cluster
from tests.bot.support.serving import until

KEYS = {
    "secret_key": SecretStr("the same on all nodes" * 2),
    "encryption_key": SecretStr("QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI="),
}


async def test_messages_through_either_node_are_answered_once_in_order_and_seen_on_both(
    open_desk: OpenDesk, stand_in: StandIn, postgres: Cluster
) -> None:
    database = postgres.database()
    async with (
        open_desk(database_url=database, **KEYS) as (one, _),
        open_desk(database_url=database, **KEYS) as (two, _),
        Browser(one) as first,
        Browser(two, cookies=first.http.cookies) as second,
    ):
        assert first.conversation == second.conversation
        sent = []
        for number in range(12):
            sent.append(await (first, second)[number % 2].send(f"m{number}"))
        await asyncio.gather(first.answer(sent[-1]), second.answer(sent[-1]))
        for browser in (first, second):
            assert [data["in_reply_to"] for data in browser.said()] == sent
            assert [said.split(": ")[-1] for said in browser.texts()] == [f"m{number}" for number in range(12)]
    assert [body["text"] for body in stand_in.seen] == [f"m{number}" for number in range(12)]
    assert stand_in.overlaps == 0


async def test_a_claim_that_expired_is_taken_over_and_answered_once(
    open_desk: OpenDesk, stand_in: StandIn, postgres: Cluster
) -> None:
    database = postgres.database()
    stand_in.hold = asyncio.Event()
    async with (
        open_desk(database_url=database, **KEYS) as (one, desk),
        open_desk(database_url=database, **KEYS) as (two, _),
        Browser(one) as browser,
        Browser(two, cookies=browser.http.cookies) as other,
    ):
        reference = await browser.send("oi")
        await until(lambda: len(stand_in.seen) == 1)
        await desk.store.database.write(
            lambda connection: connection.execute(text("UPDATE inbox SET claimed_until = 1"))
        )
        await until(lambda: len(stand_in.seen) == 2)
        stand_in.hold.set()
        await asyncio.gather(browser.answer(reference), other.answer(reference))
        assert (await browser.ask("e depois?"))["text"] == "2: e depois?"
        assert len(browser.said(reference, final=True)) == 1


async def test_news_travels_between_nodes_without_a_sweep(
    open_desk: OpenDesk, stand_in: StandIn, postgres: Cluster
) -> None:
    """Replies reach a stream at the other node, and its message is taken up when this one lets the conversation go."""
    database = postgres.database()
    never = {"database_url": database, "sweep_seconds": 3600.0, **KEYS}
    async with (
        open_desk(**never) as (one, _),
        open_desk(**never) as (two, _),
        Browser(one) as first,
        Browser(two, cookies=first.http.cookies) as second,
    ):
        stand_in.hold = asyncio.Event()
        asked = await first.send("um")
        await until(lambda: len(stand_in.seen) == 1)
        behind = await second.send("dois")  # its node cannot have it: the other one is at work in the conversation
        stand_in.hold.set()
        await asyncio.gather(second.answer(asked, within=5), first.answer(behind, within=5))
    assert [body["text"] for body in stand_in.seen] == ["um", "dois"]


async def test_a_node_with_more_work_than_workers_offers_it(
    open_desk: OpenDesk, stand_in: StandIn, postgres: Cluster
) -> None:
    database = postgres.database()
    never = {"database_url": database, "sweep_seconds": 3600.0, **KEYS}
    stand_in.hold = asyncio.Event()
    async with (
        open_desk(workers=1, **never) as (one, _),
        open_desk(workers=8, **never),
        Browser(one) as first,
        Browser(one) as second,
    ):
        await first.send("um")
        await until(lambda: len(stand_in.seen) == 1)
        await second.send("dois")
        await until(lambda: len(stand_in.seen) == 2, within=5)
        stand_in.hold.set()


async def test_the_claims_of_a_node_that_is_gone_are_free_at_once(
    open_desk: OpenDesk, stand_in: StandIn, postgres: Cluster
) -> None:
    """Long before they expire; the claims of a node that lives are not touched."""
    database = postgres.database()
    stand_in.hold = asyncio.Event()
    settings = {"database_url": database, "claim_seconds": 250.0, **KEYS}
    async with (
        open_desk(**settings) as (one, _),
        open_desk(**settings) as (two, _),
        Browser(one) as living,
        Browser(two) as orphan,
    ):
        await living.send("vivo")
        await until(lambda: len(stand_in.seen) == 1)
        reference = await orphan.send("órfão")
        await until(lambda: len(stand_in.seen) == 2)
        store = Store(open_database(database, 1), claim_seconds=3600)
        await store.database.start()
        # As if its node had died: the token names one that nobody holds the lock of.
        await store.database.write(
            lambda connection: connection.execute(
                text("UPDATE inbox SET token = 'dead:1' WHERE reference = :of"), {"of": reference}
            )
        )
        await until(lambda: len(stand_in.seen) == 3)
        assert [body["text"] for body in stand_in.seen] == ["vivo", "órfão", "órfão"]
        stand_in.hold.set()
        await orphan.answer(reference)
        assert len(orphan.said(final=True)) == 1
        assert len(stand_in.seen) == 3
        await store.close()
