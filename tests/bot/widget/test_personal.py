"""What is personal leaves the open page with the access: "sair", expiry, other windows, a page that was left."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pydantic import SecretStr
from starlette.responses import JSONResponse, Response

from bot.app import create_app
from bot.cli.ports import free_ports
from bot.identity.sessions import Citizen, CitizenSessions
from bot.settings import Settings, encryption_key
from bot.store import Store, open_database
from bot.vault import Vault
from tests.bot.cli.web_stub import in_thread
from tests.bot.support.assistant import SECRET, StandIn
from tests.bot.widget.browser import chromium
from tests.bot.widget.conftest import ROOT

SECRET_WORDS = "Assinatura de documentos"
BUTTON = "1. Assinatura"
GONE = "Esta resposta tinha dados pessoais e foi apagada"


def script(body: dict[str, Any]) -> Response | None:
    """Personal data, with a button, for whoever is signed in."""
    if not body["metadata"]["session"]:
        return None
    item = {"type": SECRET_WORDS, "process": "PMP 2023/500100", "deadline": None, "created": "2026-11-01"}
    private = {"kind": "pendencies", "total": 1, "items": [item]}
    buttons = [{"title": BUTTON, "payload": {"intent": "own_item", "entities": {"ref": "x"}}}]
    return JSONResponse(StandIn.answer(body, custom={"private": private}, buttons=buttons))


class Chat:
    """A front desk whose citizens can be signed in, and the windows on its page."""

    def __init__(self, url: str, settings: Settings, context: BrowserContext) -> None:
        self.url, self.context = url, context
        self._settings = settings

    def window(self) -> Page:
        page = self.context.new_page()
        page.goto(self.url)
        return page

    def sign_in(self, page: Page, ttl: float = 600) -> None:
        """The conversation of the window belongs to somebody for so many seconds."""
        self._change(page, lambda sessions, name: sessions.create(name, "11144477735", "Maria de Souza", ttl))

    def sign_in_elsewhere(self, page: Page) -> None:
        """As above, by a browser that got a newer cookie of the conversation than this window's."""

        async def start(sessions: CitizenSessions, name: str) -> None:
            _, session = sessions.prepare(Citizen("11144477735", "Maria de Souza"), 600)
            await sessions._store.start_session(name, session, generation=10_000)

        self._change(page, start)

    def sign_out(self, page: Page) -> None:
        """The access ends, and nothing is said about it."""
        self._change(page, lambda sessions, name: sessions.end(name))

    def _change(self, page: Page, work: Callable[[CitizenSessions, str], Awaitable[object]]) -> None:
        conversation = str(page.evaluate("JSON.parse(localStorage.getItem('guiche.conversation'))"))

        async def change() -> None:
            store = Store(open_database(self._settings.database, 1), claim_seconds=1)
            await store.database.start()
            try:
                await work(CitizenSessions(store, Vault(encryption_key(self._settings))), conversation)
            finally:
                await store.close()

        with ThreadPoolExecutor() as thread:  # Playwright's own loop runs in this one
            thread.submit(asyncio.run, change()).result()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """As people have it: a page that is left may be shown again as it was."""
    with chromium(back_forward_cache=True) as running:
        yield running


@pytest.fixture
def chat(browser: Browser, tmp_path: Path) -> Iterator[Chat]:
    (port,) = free_ports(1)
    with in_thread(StandIn(script=script).app()) as rasa:
        settings = Settings(
            state_dir=tmp_path, data_dir=ROOT / "data", rasa_url=rasa, rasa_secret=SecretStr(SECRET), port=port
        )
        with in_thread(create_app(settings), port) as url, browser.new_context(locale="pt-BR") as context:
            yield Chat(url, settings, context)


def say(page: Page, text: str) -> None:
    before = page.locator(".assistant").count()
    box = page.get_by_label("Escreva sua mensagem")
    box.fill(text)
    box.press("Enter")
    expect(page.locator(".assistant")).to_have_count(before + 1)


def shown_to(chat: Chat, ttl: float = 600) -> Page:
    """A window with a personal answer, and one more for the button of it that was pressed."""
    page = chat.window()
    say(page, "oi")
    chat.sign_in(page, ttl)
    say(page, "minhas pendências")
    before = page.locator(".assistant").count()
    page.get_by_role("button", name=BUTTON).click()
    expect(page.locator(".assistant")).to_have_count(before + 1)
    expect(page.locator(".personal")).to_have_count(3)
    return page


def expect_erased(page: Page, within: float = 20_000) -> None:
    expect(page.get_by_text(GONE)).to_have_count(2, timeout=within)
    everything = str(page.locator("guiche-chat").evaluate("node => node.shadowRoot.textContent"))
    assert [words for words in (SECRET_WORDS, BUTTON) if words in everything] == []


def test_leaving_takes_what_was_personal_from_every_window(chat: Chat) -> None:
    page = shown_to(chat)
    other = chat.window()
    expect(other.locator(".personal")).to_have_count(3)
    say(page, "sair")
    for window in (page, other):
        expect_erased(window)
    page.reload()
    expect_erased(page)


def test_an_access_that_runs_out_takes_it_without_anybody_writing(chat: Chat) -> None:
    page = shown_to(chat, ttl=15)
    expect_erased(page, within=60_000)


def test_a_new_access_leaves_nothing_of_the_one_before(chat: Chat) -> None:
    page = shown_to(chat)
    chat.sign_in(page)
    say(page, "minhas pendências")
    expect(page.get_by_text(GONE)).to_have_count(2)
    expect(page.locator(".personal")).to_have_count(1)
    expect(page.locator(".personal").get_by_text(SECRET_WORDS)).to_be_visible()


def test_a_window_that_was_left_and_is_shown_again_shows_nothing_that_is_over(chat: Chat) -> None:
    page = shown_to(chat)
    page.evaluate("window.same = true")
    page.goto(f"{chat.url}/static/icon.svg")
    chat.sign_out(page)
    page.go_back(wait_until="commit")
    expect_erased(page)
    assert page.evaluate("window.same") is True  # it was kept, and not loaded anew


def test_without_a_connection_a_window_that_was_left_shows_nothing_personal(chat: Chat) -> None:
    page = shown_to(chat)
    page.goto(f"{chat.url}/static/icon.svg")
    chat.context.set_offline(True)
    page.go_back(wait_until="commit")
    expect(page.get_by_text("oi", exact=True)).to_be_visible()
    expect(page.locator(".personal .bubble").first).to_be_hidden()
    chat.context.set_offline(False)
    expect(page.locator(".personal .bubble").first).to_be_visible(timeout=60_000)  # the access lasts


def test_a_window_whose_cookie_is_an_older_one_is_told_and_may_begin_another_conversation(chat: Chat) -> None:
    page = chat.window()
    say(page, "oi")
    chat.sign_in_elsewhere(page)
    box = page.get_by_label("Escreva sua mensagem")
    box.fill("minhas pendências")
    box.press("Enter")
    expect(page.locator(".state.failed")).to_contain_text("mostra dados pessoais em outra janela ou aparelho")
    expect(page.locator(".personal")).to_have_count(0)
    page.get_by_role("button", name="Opções", exact=True).click()
    page.get_by_role("button", name="Nova conversa").click()
    page.get_by_role("button", name="Sim, começar outra").click()
    expect(page.locator(".message")).to_have_count(0)
    say(page, "bom dia")


def test_a_window_whose_cookie_is_an_older_one_goes_on_when_the_access_is_over(chat: Chat) -> None:
    page = chat.window()
    say(page, "oi")
    chat.sign_in_elsewhere(page)
    page.reload()
    expect(page.locator("#status")).to_contain_text("mostra dados pessoais em outra janela ou aparelho")
    chat.sign_out(page)
    expect(page.get_by_text("oi", exact=True)).to_be_visible(timeout=60_000)


def test_what_is_not_personal_stays(chat: Chat) -> None:
    page = shown_to(chat)
    say(page, "sair")
    expect_erased(page)
    expect(page.get_by_text("oi", exact=True)).to_be_visible()
    expect(page.get_by_text("Pronto, encerrei o seu acesso")).to_be_visible()
