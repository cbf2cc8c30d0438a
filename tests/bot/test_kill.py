"""kill -9 of a real front desk under load: what was acknowledged is answered, once, in order, from the right state."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.bot.support.assistant import StandIn
from tests.bot.support.browser import Browser
from tests.bot.support.process import FrontDeskProcess
from tests.bot.support.serving import until

CITIZENS = 6
MESSAGES = 25
KILLS = 3


@pytest.fixture
async def front_desk(tmp_path: Path, assistant_url: str) -> AsyncIterator[FrontDeskProcess]:
    process = FrontDeskProcess(tmp_path, assistant_url)
    await process.start()
    yield process
    await process.kill()


async def send_surely(browser: Browser, text: str) -> str:
    """What a page does with a lost connection: the same message with the same id, until it is acknowledged."""
    reference = str(uuid.uuid4())
    while True:
        try:
            return await browser.send(text, id=reference)
        except httpx.TransportError:
            await asyncio.sleep(0.05)


async def chat(browser: Browser, done: list[int]) -> list[str]:
    """Messages without waiting for answers, so that there are always some on the way."""
    references = []
    for number in range(MESSAGES):
        references.append(await send_surely(browser, f"m{number}"))
        done[0] += 1
        if number % 5 == 4:
            await browser.answer(references[-1], within=60)
    await browser.answer(references[-1], within=60)
    return references


async def test_nothing_is_lost_and_nothing_answered_twice(front_desk: FrontDeskProcess, stand_in: StandIn) -> None:
    stand_in.delay = 0.01
    chance = random.Random(20261122)
    browsers = [Browser(front_desk.url) for _ in range(CITIZENS)]
    for browser in browsers:
        await browser.__aenter__()
    done = [0]
    chats = asyncio.gather(*(chat(browser, done) for browser in browsers))
    for kill in range(1, KILLS + 1):
        await until(lambda: done[0] >= CITIZENS * MESSAGES * kill / (KILLS + 1), within=60)  # noqa: B023  # awaited here
        await asyncio.sleep(chance.random() / 20)  # any moment of a turn
        await front_desk.kill()
        await front_desk.start()
    sent = await chats
    for browser, references in zip(browsers, sent, strict=True):
        finals = browser.said(final=True)
        assert [data["in_reply_to"] for data in finals] == references
        # The stand-in numbers a conversation's turns in the state: a lost or doubled turn shows.
        said = [data["text"].split("\n")[-1] for data in finals]
        assert said == [f"{number + 1}: m{number}" for number in range(MESSAGES)]
        await browser.__aexit__()


async def test_a_stop_is_clean_and_quick(front_desk: FrontDeskProcess) -> None:
    async with Browser(front_desk.url) as browser:
        await browser.ask("oi")
        assert await front_desk.stop() == 0  # with an open stream
    log = front_desk.log.read_text(encoding="utf-8")
    assert "front_desk_closed" in log
    assert '"level": "error"' not in log
