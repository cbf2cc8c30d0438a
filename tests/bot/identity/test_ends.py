"""The end of an access: what it closes at once, who is told, and what keeps it from ending."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from sqlalchemy import text

from bot.delivery import Ledger
from bot.delivery.sender import Delivery
from bot.desk import FrontDesk
from bot.identity.sessions import Citizen
from bot.messages import Body, Bubble, Outcome
from bot.shown import shown
from bot.store import StoredInbound
from bot.store.delivery import Rule
from bot.store.logins import NewSession
from tests.bot.conftest import OpenDesk
from tests.bot.identity.conftest import NEEDED, OpenPlace, code_for
from tests.bot.support.browser import Browser
from tests.bot.support.postgres import Cluster
from tests.bot.support.serving import until

KEY = SecretStr(Fernet.generate_key().decode())
CPF, NAME = "11144477735", "Maria Aparecida de Souza"
MINE, ENDED = "não tem pendências abertas", "O seu acesso terminou"


async def run_out(desk: FrontDesk) -> None:
    """Thirty minutes without a message have passed, and no housekeeping yet."""
    await change(desk, "UPDATE citizen_sessions SET expires_at = 1")


async def change(desk: FrontDesk, statement: str, **values: Any) -> None:
    await desk.store.database.write(lambda connection: connection.execute(text(statement), values))


async def ends_at(desk: FrontDesk) -> float:
    query = text("SELECT expires_at FROM citizen_sessions")
    return float(await desk.store.database.read(lambda connection: connection.execute(query).scalar_one()))


@pytest.fixture
def idle() -> dict[str, Any]:
    """Settings with which nothing is cleared away while a test looks."""
    return {"sweep_seconds": 3_600.0}


async def test_what_ran_out_is_not_shown_again_before_it_is_cleared_away(
    open_desk: OpenDesk, idle: dict[str, Any]
) -> None:
    async with open_desk(**idle) as (url, desk), Browser(url) as browser:
        await browser.ask("oi")
        await desk.sessions.create(browser.conversation, CPF, NAME, ttl=600)
        assert MINE in (await browser.ask("pendências"))["text"]
        await run_out(desk)
        async with Browser(url, cookies=browser.http.cookies) as again:
            await until(lambda: len(again.said()) == 2)
            assert again.texts()[1] == desk.sentences.private.gone
            assert again.said()[1]["personal"] is True


async def test_what_ran_out_while_it_waited_is_not_delivered(open_desk: OpenDesk, idle: dict[str, Any]) -> None:
    async with open_desk(**idle) as (_, desk):
        message = StoredInbound("telegram", "c1", "c1", "c1:1", "m1", "oi", None, "c1", frozenset(), "(?)")
        await desk.store.receive(message, claim=False)
        await desk.sessions.create("c1", CPF, NAME, ttl=600)
        session = await desk.sessions.of("c1")
        claim = await desk.store.claim("c1")
        assert claim is not None
        assert session is not None
        secret = desk.vault.seal('{"text":"segredo"}')
        bubble = Bubble(Body("apagada", personal=True), secret=secret)
        await desk.store.finish(claim, Outcome([bubble], None, session_digest=session.digest))

        ledger, rule = Ledger(desk.store, desk.vault, 900), Rule(repeat=True)
        delivery, _ = await ledger.claim("c1", rule)
        assert isinstance(delivery, Delivery)
        assert [row.body.text for row in delivery.rows] == ["segredo"]
        await ledger.put_off(delivery, [row.id for row in delivery.rows], 0, None)
        await run_out(desk)
        delivery, _ = await ledger.claim("c1", rule)
        assert isinstance(delivery, Delivery)
        assert [row.body.text for row in delivery.rows] == ["apagada"]


@pytest.mark.parametrize("cleared", [False, True], ids=["at once", "after housekeeping"])
async def test_that_the_access_ran_out_is_told_once_with_the_next_personal_question(
    open_place: OpenPlace, cleared: bool
) -> None:
    async with open_place(sweep_seconds=3_600.0) as place, Browser(place.url) as browser:
        await browser.ask("oi")
        await place.desk.sessions.create(browser.conversation, CPF, NAME, ttl=600)
        assert MINE in (await browser.ask("pendências"))["text"]
        await run_out(place.desk)
        if cleared:
            assert await place.desk.store.end_expired_sessions() == [browser.conversation]
            assert ENDED not in (await browser.ask("bom dia"))["text"]
        told = await browser.ask("pendências")
        assert told["text"].startswith(ENDED)
        assert NEEDED in told["text"]
        assert [button["title"] for button in told["buttons"] if "url" in button] == ["Entrar com GOV.BR"]
        assert ENDED not in (await browser.ask("pendências"))["text"]
        _, code = await code_for(await place.link(browser))
        answer = await browser.ask(code)
        assert MINE in answer["text"]
        assert ENDED not in answer["text"]


async def test_who_left_is_not_told_that_the_access_ran_out(open_place: OpenPlace) -> None:
    async with open_place() as place, Browser(place.url) as browser:
        await browser.ask("oi")
        await place.desk.sessions.create(browser.conversation, CPF, NAME, ttl=600)
        await browser.ask("sair")
        assert ENDED not in (await browser.ask("pendências"))["text"]


@pytest.mark.parametrize("written", ["👍", "x" * 1_100, "bom dia"])
async def test_whatever_a_citizen_writes_keeps_the_access(
    open_desk: OpenDesk, idle: dict[str, Any], written: str
) -> None:
    async with open_desk(**idle) as (url, desk), Browser(url) as browser:
        await browser.ask("oi")
        await desk.sessions.create(browser.conversation, CPF, NAME, ttl=600)
        await change(desk, "UPDATE citizen_sessions SET expires_at = expires_at - 300")
        before = await ends_at(desk)
        await browser.ask(written)
        assert await ends_at(desk) > before


async def test_a_button_that_nobody_issued_keeps_the_access_too(open_desk: OpenDesk, idle: dict[str, Any]) -> None:
    async with open_desk(**idle) as (url, desk), Browser(url) as browser:
        await browser.ask("oi")
        await desk.sessions.create(browser.conversation, CPF, NAME, ttl=600)
        await change(desk, "UPDATE citizen_sessions SET expires_at = expires_at - 300")
        before = await ends_at(desk)
        await browser.answer(await browser.send(button="unknown"))
        assert await ends_at(desk) > before


async def test_a_session_serves_in_its_own_conversation_only(open_desk: OpenDesk, idle: dict[str, Any]) -> None:
    """Even if its sealed name got into another conversation's row."""
    async with open_desk(**idle) as (url, desk), Browser(url) as maria, Browser(url) as thief:
        for browser in (maria, thief):
            await browser.ask("oi")
        await desk.sessions.create(maria.conversation, CPF, NAME, ttl=600)
        moved = "UPDATE conversations SET session = (SELECT session FROM conversations WHERE id = :of) WHERE id = :to"
        await change(desk, moved, of=maria.conversation, to=thief.conversation)
        assert NEEDED in (await thief.ask("pendências"))["text"]
        assert MINE in (await maria.ask("pendências"))["text"]


async def test_an_open_stream_is_told_what_is_over_and_one_that_comes_back_too(open_desk: OpenDesk) -> None:
    async with open_desk() as (url, desk), Browser(url) as browser:
        await browser.ask("oi")
        await desk.sessions.create(browser.conversation, CPF, NAME, ttl=600)
        await browser.ask("pendências")
        last = max(int(number) for _, number, _ in browser.events if number)

        def erased(window: Browser) -> list[dict[str, Any]]:
            return [data for kind, _, data in window.events if kind == "erased"]

        assert erased(browser) == []
        async with Browser(url, cookies=browser.http.cookies, after=last) as back:
            await until(lambda: erased(back))
            (told,) = erased(back)
            (answer,) = [row for row in await desk.store.transcript(browser.conversation, 0) if row.secret]
            assert told["before"] == answer.id  # what the access shows stays
            await browser.ask("sair")
            for window in (browser, back):
                await until(lambda window=window: len(erased(window)) == (2 if window is back else 1))
                assert erased(window)[-1]["before"] > last
                assert desk.sentences.private.gone in erased(window)[-1]["html"]


async def test_a_page_at_another_node_is_told_too(open_desk: OpenDesk, postgres: Cluster) -> None:
    database = {"database_url": postgres.database(), "encryption_key": KEY, "secret_key": SecretStr("k" * 32)}
    async with (
        open_desk(**database) as (one, desk),
        open_desk(**database) as (two, _),
        Browser(one) as here,
        Browser(two, cookies=here.http.cookies) as there,
    ):
        await here.ask("oi")
        await desk.sessions.create(here.conversation, CPF, NAME, ttl=600)
        await here.ask("pendências")
        await until(lambda: any(MINE in text for text in there.texts()))
        await here.ask("sair")
        await until(lambda: [kind for kind, _, _ in there.events if kind == "erased"])
        await here.ask("bom dia")
        await until(lambda: len(there.said()) == 4)
        await desk.store.start_session(here.conversation, newer_session(desk), generation=10_000)
        sent = {"id": "late", "text": "oi"}
        assert (await there.http.post("/chat/messages", json=sent)).status_code == 409


def newer_session(desk: FrontDesk) -> NewSession:
    return desk.sessions.prepare(Citizen(CPF, NAME), 600)[1]


async def test_a_copied_cookie_of_before_is_refused_and_the_access_s_own_is_not(open_place: OpenPlace) -> None:
    async with open_place() as place, Browser(place.url) as browser:
        link = await place.link(browser)
        copied = {"guiche_session": browser.http.cookies["guiche_session"]}
        _, code = await code_for(link)
        assert MINE in (await browser.ask(code))["text"]
        assert browser.http.cookies["guiche_session"] != copied["guiche_session"]
        async with httpx.AsyncClient(base_url=place.url, trust_env=False, cookies=copied) as thief:
            refused = await thief.post("/chat/session", json={})
            assert refused.status_code == 409
            assert refused.json()["message"] == place.desk.sentences.error("session_elsewhere")
            assert "set-cookie" not in refused.headers
        await run_out(place.desk)
        async with httpx.AsyncClient(base_url=place.url, trust_env=False, cookies=copied) as before:
            again = await before.post("/chat/session", json={})
            assert again.json()["conversation"] == browser.conversation


async def test_a_number_that_is_no_code_changes_no_cookie(open_place: OpenPlace) -> None:
    async with open_place() as place, Browser(place.url) as browser:
        before = browser.http.cookies["guiche_session"]
        await browser.ask("123456")
        await place.link(browser)
        await browser.ask("123 456")
        assert browser.http.cookies["guiche_session"] == before
        rows = await place.desk.store.transcript(browser.conversation, 0)
        assert [shown(row, place.desk.vault, None).text for row in rows if row.author == "citizen"][-1] == "123 456"
