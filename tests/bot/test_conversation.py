"""A citizen and the front desk: what is asked, what comes back, what the assistant is given."""

from __future__ import annotations

import time

from tests.bot.support.assistant import StandIn
from tests.bot.support.browser import Browser


async def test_a_message_is_answered_and_the_state_goes_round(desk_url: str, stand_in: StandIn) -> None:
    started = time.time()
    async with Browser(desk_url) as browser:
        assert (await browser.ask("bom dia"))["text"].endswith("1: bom dia")
        second = await browser.ask("e depois?")
    assert second["text"] == "2: e depois?"
    assert second["final"] is True
    assert [body["state"] for body in stand_in.seen] == [None, {"turn": 1}]
    assert {body["conversation"] for body in stand_in.seen} == {browser.conversation}
    for body in stand_in.seen:
        received_at = body["metadata"].pop("received_at")
        assert started - 1 < received_at < time.time() + 1  # by the database's clock
        assert body["metadata"] == {"channel": "web", "session": None}


async def test_many_at_once(desk_url: str, stand_in: StandIn) -> None:
    async with Browser(desk_url) as browser:
        ids = [await browser.send(f"m{number}") for number in range(20)]
        await browser.answer(ids[-1])
        assert [data["in_reply_to"] for data in browser.said()] == ids
        assert [text.split(": ")[-1] for text in browser.texts()] == [f"m{number}" for number in range(20)]
    assert stand_in.overlaps == 0
