"""A pressed button: its spinner stops and its used keyboard goes, whatever goes wrong with either request."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.channels.telegram import api, channel, courtesies
from tests.bot.support.assistant import StandIn
from tests.bot.support.serving import until
from tests.bot.telegram.conftest import PERSON, OpenTelegram, Telegram
from tests.bot.telegram.test_facts import post, say

SIGN_IN = "https://guiche.example/entrar/x"
FAULTS: dict[str, dict[str, Any]] = {
    "429": {"kind": "error", "code": 429, "description": "Too Many Requests: retry after 1", "retry_after": 1},
    "502": {"kind": "status", "code": 502},
    "500": {"kind": "error", "code": 500},
    "lost connection": {"kind": "reset"},
    "time-out": {"kind": "hang"},
    "done, and the answer lost": {"kind": "accept_then_reset"},
}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "Api", lambda token, url: api.Api(token, url, read_seconds=0.5))
    monkeypatch.setattr(courtesies, "FIRST_PAUSE", 0.05)


async def line(telegram: Telegram, number: int) -> dict[str, Any]:
    lines = (await telegram.http.get(f"/_control/chat/{PERSON}")).json()["lines"]
    return dict(next(item for item in lines if item["message_id"] == number))


async def done(telegram: Telegram, number: int) -> bool:
    """Every query is answered, and the message has no keyboard."""
    queries = (await telegram.state())["queries"]
    return bool(queries) and all(queries.values()) and "reply_markup" not in await line(telegram, number)


@pytest.mark.parametrize("method", ["answerCallbackQuery", "editMessageReplyMarkup"])
@pytest.mark.parametrize("fault", FAULTS)
async def test_is_paid_also_after(
    open_telegram: OpenTelegram, telegram: Telegram, stand_in: StandIn, method: str, fault: str
) -> None:
    say(stand_in, text="Qual?", buttons=[{"title": "Sim", "payload": {"intent": "affirm"}}])
    async with open_telegram():
        await telegram.say("oi")
        (asked,) = await telegram.expect(1)
        stand_in.script = None
        await telegram.fault(**FAULTS[fault], method=method, times=2)
        await telegram.press(asked, "Sim")
        await telegram.expect(2)  # the answer does not wait for it
        await until(lambda: done(telegram, asked["message_id"]))


async def test_what_cannot_be_done_is_not_tried_again(
    open_telegram: OpenTelegram, telegram: Telegram, stand_in: StandIn
) -> None:
    say(stand_in, text="Qual?", buttons=[{"title": "Sim", "payload": {"intent": "affirm"}}])
    await telegram.fault("error", method="answerCallbackQuery", code=400, description="Bad Request: query is too old")
    async with open_telegram():
        await telegram.say("oi")
        (asked,) = await telegram.expect(1)
        await telegram.press(asked, "Sim")
        await until(lambda: no_keyboard(telegram, asked["message_id"]))
        assert (await telegram.state())["requests"]["answerCallbackQuery"] == 1


async def no_keyboard(telegram: Telegram, number: int) -> bool:
    return "reply_markup" not in await line(telegram, number)


async def test_it_has_an_end(
    open_telegram: OpenTelegram, telegram: Telegram, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courtesies, "LONGEST", 0.3)
    say(stand_in, text="Qual?", buttons=[{"title": "Sim", "payload": {"intent": "affirm"}}])
    await telegram.fault("status", method="answerCallbackQuery", code=502, times=None)
    with capture_logs() as logs:
        async with open_telegram():
            await telegram.say("oi")
            (asked,) = await telegram.expect(1)
            await telegram.press(asked, "Sim")
            await telegram.expect(2)
            await until(lambda: [log for log in logs if log["event"] == "telegram_courtesy_given_up"])


async def test_every_press_of_a_flood_is_answered(
    open_telegram: OpenTelegram, telegram: Telegram, stand_in: StandIn
) -> None:
    """However many are on their way at once."""
    async with open_telegram():
        await telegram.say("oi")
        (asked,) = await telegram.expect(1)
        await telegram.fault("slow", method="answerCallbackQuery", seconds=0.05, times=None)
        for _ in range(60):
            await telegram.call("press", chat=PERSON, message_id=asked["message_id"], data="nothing")

        async def all_answered() -> bool:
            queries = (await telegram.state())["queries"]
            return len(queries) == 60 and all(queries.values())

        await until(all_answered)


async def test_a_query_from_a_group_is_answered_and_nothing_of_the_group_is_touched(
    open_telegram: OpenTelegram, telegram: Telegram
) -> None:
    query = {
        "id": "4242",
        "from": {"id": PERSON, "is_bot": False, "first_name": "Ana"},
        "message": {"message_id": 1, "date": 1, "chat": {"id": -100, "type": "supergroup", "title": "Bairro"}},
        "chat_instance": "1",
        "data": "abc",
    }
    async with open_telegram() as (url, _):
        assert await post(url, {"update_id": 5, "callback_query": query}) == 200

        async def asked() -> bool:
            return (await telegram.state())["requests"].get("answerCallbackQuery", 0) == 1

        await until(asked)
        assert "editMessageReplyMarkup" not in (await telegram.state())["requests"]


async def test_buttons_that_open_an_address_stay(
    open_telegram: OpenTelegram, telegram: Telegram, stand_in: StandIn
) -> None:
    """Whoever presses "agora não" beside them may still want to sign in."""
    async with open_telegram():
        await telegram.say("oi")
        await telegram.expect(1)
        shown = [[{"text": "Entrar com GOV.BR", "url": SIGN_IN}], [{"text": "Agora não", "callback_data": "abc"}]]
        markup = {"inline_keyboard": shown}
        sent = (await telegram.api("sendMessage", chat_id=PERSON, text="Entre:", reply_markup=markup)).json()["result"]
        await telegram.press(sent, "Agora não")

        async def only_the_link() -> bool:
            left = (await line(telegram, sent["message_id"])).get("reply_markup")
            return left == {"inline_keyboard": shown[:1]}

        await until(only_the_link)
