"""Buttons: only those that the front desk issued, pressed or typed."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from starlette.responses import JSONResponse, Response

from tests.bot.conftest import OpenDesk
from tests.bot.support.assistant import StandIn
from tests.bot.support.browser import Browser

SIGN_IN = {"title": "Entrar no portal", "payload": {"intent": "sign_in", "entities": {}}}
PASSWORD = {"title": "Recuperar senha", "payload": {"intent": "reset_password", "entities": {"a": "1"}}}


@pytest.fixture
def offering(stand_in: StandIn) -> StandIn:
    """Offers two buttons on "menu", asks for a number on "número", and otherwise answers plainly."""

    def script(body: dict[str, Any]) -> Response | None:
        if body["text"] == "menu":
            return JSONResponse(stand_in.answer(body, text="Escolha:", buttons=[SIGN_IN, PASSWORD]))
        if body["text"] == "número":
            return JSONResponse(stand_in.answer(body, text="Qual número?", custom={"expects": "number"}))
        return None

    stand_in.script = script
    return stand_in


async def test_a_pressed_button_carries_its_payload_and_not_its_id(open_desk: OpenDesk, offering: StandIn) -> None:
    async with open_desk() as (url, _), Browser(url) as browser:
        menu = await browser.ask("menu")
        assert [button["title"] for button in menu["buttons"]] == ["Entrar no portal", "Recuperar senha"]
        assert set(menu["buttons"][0]) == {"id", "title"}
        pressed = await browser.send(button=menu["buttons"][1]["id"])
        assert (await browser.answer(pressed))["text"] == '2: (reset_password) {"a": "1"}'
        assert offering.seen[-1]["payload"] == PASSWORD["payload"]
        assert offering.seen[-1]["text"] == "Recuperar senha"
        echo = [data for _, _, data in browser.events if data.get("id") == pressed]
        assert [data["text"] for data in echo] == ["Recuperar senha"]


async def test_an_old_button_of_this_conversation_works_until_it_expires(
    open_desk: OpenDesk, offering: StandIn
) -> None:
    async with open_desk() as (url, desk), Browser(url) as browser:
        old = (await browser.ask("menu"))["buttons"][0]["id"]
        await browser.ask("menu")
        assert "(sign_in)" in (await browser.answer(await browser.send(button=old)))["text"]
        await desk.store.database.write(
            lambda connection: connection.execute(text("UPDATE buttons SET created_at = created_at - 31 * 86400"))
        )
        answer = await browser.answer(await browser.send(button=old))
        assert answer["text"] == desk.sentences.button_expired


async def test_a_foreign_or_invented_button_is_refused_truthfully(open_desk: OpenDesk, offering: StandIn) -> None:
    async with open_desk() as (url, desk), Browser(url) as mine, Browser(url) as other:
        foreign = (await mine.ask("menu"))["buttons"][0]["id"]
        asked = len(offering.seen)
        for button in (foreign, "inventado"):
            answer = await other.answer(await other.send(button=button))
            assert answer["text"].endswith(desk.sentences.button_unknown)
        assert len(offering.seen) == asked


@pytest.mark.parametrize("typed", ["2", "opção 2", "a segunda", "recuperar a senha", "RECUPERAR SENHA"])
async def test_typed_text_chooses_of_the_last_buttons(open_desk: OpenDesk, offering: StandIn, typed: str) -> None:
    async with open_desk() as (url, _), Browser(url) as browser:
        await browser.ask("menu")
        await browser.ask("outra coisa no meio")
        assert "(reset_password)" in (await browser.ask(typed))["text"]


async def test_a_digit_answers_the_form_that_asks_for_a_number(open_desk: OpenDesk, offering: StandIn) -> None:
    async with open_desk() as (url, _), Browser(url) as browser:
        await browser.ask("menu")
        await browser.ask("número")
        assert (await browser.ask("2"))["text"] == "3: 2"
        assert "(reset_password)" in (await browser.ask("2"))["text"]  # nobody asks for a number any more


@pytest.mark.parametrize("typed", ["/sign_in", '/sign_in{"a":"1"}', "/restart", " \u200b/session_start"])
async def test_a_typed_command_is_text(open_desk: OpenDesk, offering: StandIn, typed: str) -> None:
    async with open_desk() as (url, _), Browser(url) as browser:
        await browser.ask("menu")
        await browser.ask(typed)
        assert "payload" not in offering.seen[-1]
        assert offering.seen[-1]["text"] == typed
