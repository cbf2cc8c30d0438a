"""Limits of how much people write, through the webhook and through polling: one polite notice, nothing else is lost."""

from __future__ import annotations

import time

import pytest

from tests.bot.support.assistant import StandIn
from tests.bot.support.serving import until
from tests.bot.telegram.conftest import PERSON, OpenTelegram, Telegram
from tests.bot.telegram.test_facts import inbox, message, post, say

OTHER = 7002
WEBHOOK = pytest.mark.parametrize("webhook", [True, False], ids=["webhook", "polling"])


@WEBHOOK
async def test_who_sends_too_much_is_told_once_and_the_rest_is_answered(
    open_telegram: OpenTelegram, telegram: Telegram, stand_in: StandIn, webhook: bool
) -> None:
    async with open_telegram(webhook, session_rate="3/day") as (_, desk):
        for number in range(8):
            await telegram.say(f"m{number}")
        await telegram.say("oi", OTHER)  # another person's messages are their own
        await telegram.expect(4)
        await telegram.expect(1, OTHER)
        await until(lambda: _nothing_waits(telegram))
        assert (await telegram.texts()).count(desk.sentences.errors.too_many) == 1
        assert len(await inbox(desk)) == 4
    assert len(stand_in.seen) == 4


@WEBHOOK
async def test_when_all_together_send_too_much_each_is_told_once(
    open_telegram: OpenTelegram, telegram: Telegram, stand_in: StandIn, webhook: bool
) -> None:
    async with open_telegram(webhook, global_rate="2/day") as (_, desk):
        for number in range(2):
            await telegram.say(f"m{number}")
        await telegram.expect(2)
        for _ in range(3):
            await telegram.say("oi", OTHER)
        await telegram.expect(1, OTHER)
        await until(lambda: _nothing_waits(telegram))
        assert await telegram.texts(OTHER) == [desk.sentences.errors.too_busy]
    assert len(stand_in.seen) == 2


@WEBHOOK
async def test_what_waited_while_the_desk_was_away_is_answered_whole(
    open_telegram: OpenTelegram, telegram: Telegram, stand_in: StandIn, webhook: bool
) -> None:
    """Written one each five seconds, and delivered all at once: nobody was too fast."""
    began = int(time.time()) - 300
    for number in range(13):
        await telegram.say(f"m{number}", date=began + 5 * number)
    async with open_telegram(webhook, session_rate="10/second;90/minute", global_rate="10/second") as (_, desk):
        await telegram.expect(13)
        await until(lambda: _nothing_waits(telegram))
        assert len(await inbox(desk)) == 13
        assert all(": m" in said for said in await telegram.texts())


async def test_what_was_written_too_fast_is_refused_also_when_it_waited(
    open_telegram: OpenTelegram, telegram: Telegram, stand_in: StandIn
) -> None:
    for number in range(5):
        await telegram.say(f"m{number}", date=int(time.time()) - 300)
    async with open_telegram(session_rate="3/minute") as (_, desk):
        await telegram.expect(4)
        await until(lambda: _nothing_waits(telegram))
        assert (await telegram.texts()).count(desk.sentences.errors.too_many) == 1
    assert len(stand_in.seen) == 3


async def test_a_second_delivery_counts_against_nobody(
    open_telegram: OpenTelegram, telegram: Telegram, stand_in: StandIn
) -> None:
    async with open_telegram(session_rate="2/day") as (url, desk):
        await telegram.call("block", chat=PERSON, blocked=False)  # they opened the chat
        for _ in range(6):
            assert await post(url, message(5, 1)) == 200
        assert await post(url, message(6, 2)) == 200
        await telegram.expect(2)
        assert len(await inbox(desk)) == 2
    assert len(stand_in.seen) == 2


async def test_a_press_that_is_refused_can_be_made_again(
    open_telegram: OpenTelegram, telegram: Telegram, stand_in: StandIn
) -> None:
    """Its spinner stops and its keyboard stays."""
    say(stand_in, text="Qual?", buttons=[{"title": "Sim", "payload": {"intent": "affirm"}}])
    async with open_telegram(session_rate="1/day") as (_, desk):
        await telegram.say("oi")
        (asked,) = await telegram.expect(1)
        await telegram.press(asked, "Sim")  # presses have no date: they count apart
        await until(lambda: _answered(telegram, 1))
        await telegram.expect(2)
        last = (await telegram.arrived())[-1]
        await telegram.press(last, "Sim")
        await until(lambda: _answered(telegram, 2))
        await telegram.expect(3)
        assert (await telegram.texts())[-1] == desk.sentences.errors.too_many
        edits = (await telegram.state())["requests"]["editMessageReplyMarkup"]
        lines = (await telegram.http.get(f"/_control/chat/{PERSON}")).json()["lines"]
        (kept,) = [line for line in lines if line["message_id"] == last["message_id"]]
        assert "reply_markup" in kept
        assert edits == 1
    assert len(stand_in.seen) == 2


async def _answered(telegram: Telegram, count: int) -> bool:
    return sum((await telegram.state())["queries"].values()) >= count


async def _nothing_waits(telegram: Telegram) -> bool:
    return int((await telegram.state())["pending"]) == 0
