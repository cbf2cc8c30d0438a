"""Two front desks on one PostgreSQL: either may take a message, both show every answer."""

from __future__ import annotations

import asyncio

from pydantic import SecretStr
from sqlalchemy import text

from tests.bot.conftest import OpenDesk
from tests.bot.support.assistant import StandIn
from tests.bot.support.browser import Browser
from tests.bot.support.postgres import Cluster
from tests.bot.support.serving import until

KEYS = {
    "secret_key": SecretStr("the same on all nodes"),
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
