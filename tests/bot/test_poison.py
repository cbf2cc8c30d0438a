"""A message that kills the assistant or keeps it busy for ever is given up; an outage gives nothing up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text

from bot.assistant import TURN_SECONDS
from bot.desk import FrontDesk
from bot.dispatcher import MAX_LOST
from tests.bot.conftest import OpenDesk
from tests.bot.support.assistant import StandIn
from tests.bot.support.browser import Browser
from tests.bot.support.postgres import Cluster
from tests.bot.support.serving import until
from tests.bot.support.stand_in_process import DEADLY, STICKY, MortalStandIn
from tests.bot.test_two_nodes import KEYS

SHORT_PATIENCE, PATIENCE = 0.3, 3.0
"""Seconds for a turn, instead of 7.5."""


async def dead_letters(desk: FrontDesk) -> list[tuple[str, int]]:
    query = text("SELECT reason, tries FROM dead_letters")
    rows = await desk.store.database.read(lambda connection: connection.execute(query).all())
    return [(str(row.reason), int(row.tries)) for row in rows]


@asynccontextmanager
async def chatting(url: str, citizens: int) -> AsyncIterator[list[str]]:
    """Others who write all the time; at the end everybody has been answered. Their answers."""
    said: list[str] = []
    over = asyncio.Event()

    async def chat(number: int) -> None:
        async with Browser(url) as browser:
            turn = 0
            while not over.is_set():
                turn += 1
                answer = await browser.ask(f"c{number} m{turn}", within=90)
                assert answer["text"].endswith(f"{turn}: c{number} m{turn}"), answer
                said.append(answer["text"])

    async with asyncio.TaskGroup() as group:
        for number in range(citizens):
            group.create_task(chat(number))
        try:
            yield said
        finally:
            over.set()


@pytest.mark.parametrize("nodes", [1, 2])
async def test_a_message_that_kills_every_server_is_given_up_and_all_others_are_answered(
    open_desk: OpenDesk, postgres: Cluster, nodes: int
) -> None:
    database = {"database_url": postgres.database(), **KEYS} if nodes == 2 else {}
    async with MortalStandIn() as one, MortalStandIn() as other:
        settings = {"rasa_url": f"{one.url} {other.url}", "max_tries": 10, **database}
        async with open_desk(**settings) as (url, desk), open_desk(**settings) if nodes == 2 else nothing() as second:
            await until(desk.assistant.ready, within=60)
            at_other = second[0] if second else url
            async with chatting(url, 4) as said, chatting(at_other, 4) as said_there, Browser(url) as browser:
                await until(lambda: len(said) > 8 and len(said_there) > 8, within=60)
                poison = await browser.send(DEADLY)
                after = await browser.send("e agora?")
                assert (await browser.answer(poison, within=120))["text"].endswith(desk.sentences.apology)
                assert (await browser.answer(after, within=60))["text"].endswith("1: e agora?")
            assert one.deaths + other.deaths == MAX_LOST
            assert await dead_letters(desk) == [("AssistantLost", MAX_LOST)]


@asynccontextmanager
async def nothing() -> AsyncIterator[None]:
    yield None


async def test_it_does_not_kill_the_second_server_at_once(open_desk: OpenDesk) -> None:
    """The server that is left goes on answering; the message is tried again a moment later, alone."""
    async with (
        MortalStandIn() as one,
        MortalStandIn() as other,
        open_desk(rasa_url=f"{one.url} {other.url}") as (url, desk),
        Browser(url) as browser,
    ):
        await until(desk.assistant.ready, within=60)
        await browser.send(DEADLY)
        await until(lambda: one.deaths + other.deaths == 1)
        async with Browser(url) as somebody:
            await somebody.ask("oi", within=60)


async def test_a_message_that_nobody_gets_over_is_given_up(open_desk: OpenDesk) -> None:
    """Each server that was asked it answers nobody any more, until somebody starts it anew."""
    async with (
        MortalStandIn() as one,
        MortalStandIn() as other,
        open_desk(rasa_url=f"{one.url} {other.url}") as (url, desk),
        Browser(url) as browser,
    ):
        await until(desk.assistant.ready, within=60)
        desk.assistant._turn_seconds = PATIENCE
        poison = await browser.send(STICKY)
        while not browser.said(poison, final=True):
            await until(lambda: browser.said(poison, final=True) or stuck(desk), within=60)
            for server in (one, other):
                server.kill()
            await until(desk.assistant.ready, within=60)
        assert (await browser.answer(poison))["text"].endswith(desk.sentences.apology)
        assert await dead_letters(desk) == [("AssistantSlow", MAX_LOST)]
        assert (await browser.ask("e agora?", within=60))["text"].endswith("1: e agora?")


async def stuck(desk: FrontDesk) -> bool:
    return not await desk.assistant.ready()


async def test_a_hanging_assistant_gives_nothing_up(open_desk: OpenDesk, stand_in: StandIn) -> None:
    """Every message was in the middle of its turn, and is tried again and again while nothing answers."""
    async with open_desk() as (url, desk), Browser(url) as one, Browser(url) as two:
        desk.assistant._turn_seconds = SHORT_PATIENCE
        stand_in.hold_all = asyncio.Event()
        sent = [(browser, await browser.send(f"m{number}")) for browser in (one, two) for number in range(2)]

        async def waited() -> bool:
            query = text("SELECT sum(waits) FROM inbox")
            total = await desk.store.database.read(lambda connection: connection.execute(query).scalar())
            return int(total or 0) >= 4 * MAX_LOST

        await until(waited, within=60)
        assert await dead_letters(desk) == []
        desk.assistant._turn_seconds = TURN_SECONDS
        stand_in.hold_all.set()
        for browser, reference in sent:
            await browser.answer(reference)
        assert all(desk.sentences.apology not in said for browser in (one, two) for said in browser.texts())


async def test_servers_that_are_killed_over_and_over_give_nothing_up(open_desk: OpenDesk) -> None:
    async with (
        MortalStandIn() as one,
        MortalStandIn() as other,
        open_desk(rasa_url=f"{one.url} {other.url}") as (url, desk),
    ):
        await until(desk.assistant.ready, within=60)
        async with chatting(url, 8) as said:
            for number in range(2 * MAX_LOST):
                answered = len(said)
                await until(lambda answered=answered: len(said) > answered + 8, within=90)  # type: ignore[misc]
                (one, other)[number % 2].kill()
        assert await dead_letters(desk) == []
