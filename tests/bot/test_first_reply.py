"""Who speaks, said once; and what is said when personal data was covered."""

from __future__ import annotations

import pytest

from tests.bot.conftest import OpenDesk
from tests.bot.support.assistant import StandIn
from tests.bot.support.browser import Browser


async def test_the_first_reply_says_who_speaks_and_no_other_does(open_desk: OpenDesk) -> None:
    async with open_desk() as (url, desk), Browser(url) as browser:
        first = await browser.ask("bom dia")
        assert first["text"] == f"{desk.sentences.notice}\n\n1: bom dia"
        assert (await browser.ask("e aí?"))["text"] == "2: e aí?"
        await browser.http.post("/chat/session", json={"new": True})
        await browser.stop_listening()
        browser.listen()
        assert (await browser.ask("de novo"))["text"] == "1: de novo"
    async with open_desk() as (url, desk), Browser(url) as somebody_else:
        assert (await somebody_else.ask("oi"))["text"].startswith(desk.sentences.notice)


async def test_only_the_first_bubble_of_the_first_reply(open_desk: OpenDesk, stand_in: StandIn) -> None:
    def two(body: dict[str, object]) -> object:
        from starlette.responses import JSONResponse  # noqa: PLC0415

        return JSONResponse({"messages": [{"text": "um"}, {"text": "dois"}], "state": {}})

    stand_in.script = two  # type: ignore[assignment]
    async with open_desk() as (url, desk), Browser(url) as browser:
        await browser.ask("oi")
        assert browser.texts() == [f"{desk.sentences.notice}\n\num", "dois"]
        assert [data["final"] for data in browser.said()] == [False, True]


@pytest.mark.parametrize(
    ("typed", "stored", "sentence"),
    [
        ("meu cpf é 111.444.777-35", "meu cpf é [CPF]", "document"),
        ("cnpj 12.ABC.345/01DE-35", "cnpj [CNPJ]", "document"),
        ("cartão 4111 1111 1111 1111", "cartão [cartão]", "card"),
        ("escreva para maria_silva@gmail.com", "escreva para [e-mail]", "email"),
        ("minha senha é Pira123!", "minha senha é [senha]", "password"),
        ("cpf 11144477735 e maria@gmail.com", "cpf [CPF] e [e-mail]", "several"),
        ("cpf 11144477735, senha: abc", "cpf [CPF], senha: [senha]", "several_with_password"),
    ],
)
async def test_what_was_covered_is_said_and_goes_nowhere(
    open_desk: OpenDesk, stand_in: StandIn, typed: str, stored: str, sentence: str
) -> None:
    async with open_desk() as (url, desk), Browser(url) as browser:
        await browser.ask("oi")
        answer = await browser.ask(typed)
        assert answer["text"] == f"{getattr(desk.sentences.redacted, sentence)}\n\n2: {stored}"
        assert stand_in.seen[-1]["text"] == stored
        mine = [data["text"] for _, _, data in browser.events if data.get("from") == "citizen"]
        assert mine == ["oi", stored]
