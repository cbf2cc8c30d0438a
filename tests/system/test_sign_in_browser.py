"""Attacks with real browsers: what Chromium sends of a cookie, a form or a link that comes from somewhere else."""

from __future__ import annotations

import html
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from tests.bot.cli.web_stub import in_thread
from tests.bot.widget.browser import chromium
from tests.system.signing_in import TITLE, ask_for_link
from tests.whole_system import WholeSystem

NEEDED = "Só mostro aqui depois que você entra"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@contextmanager
def page_elsewhere(body: str) -> Iterator[str]:
    """A page of another site: another host name for the same machine, so that cookies are another site's."""

    async def page(_: object) -> Response:
        return HTMLResponse(f"<!doctype html><html><body>{body}</body></html>")

    with in_thread(Starlette(routes=[Route("/", page)])) as url:
        yield url.replace("127.0.0.1", "localhost")


def form(action: str, **fields: str) -> str:
    hidden = "".join(f'<input name="{name}" value="{html.escape(value)}">' for name, value in fields.items())
    return f'<form id="f" method="post" action="{action}">{hidden}</form><script>f.submit()</script>'


def field(page: Page, name: str) -> str:
    return str(page.locator(f'input[name="{name}"]').get_attribute("value"))


def sign_in(page: Page, link: str, person: str = "Maria Aparecida de Souza") -> None:
    page.goto(link)
    page.get_by_role("button", name=TITLE).click()
    page.get_by_role("button", name=person).first.click()


def open_chat(context: BrowserContext, system: WholeSystem) -> tuple[Page, str]:
    """The chat page, and the link that it offers."""
    chat = context.new_page()
    chat.goto(system.url)
    box = chat.get_by_label("Escreva sua mensagem")
    box.fill("minhas pendências")
    box.press("Enter")
    return chat, str(chat.get_by_role("link", name=TITLE).get_attribute("href"))


def test_a_form_on_another_site_cannot_say_yes_to_a_link(system: WholeSystem, browser: Browser) -> None:
    """Even with the right field in it: the victim's cookie does not come along, and the browser says where from."""
    citizen = system.citizen()
    link, _ = ask_for_link(citizen)
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(link)  # the victim has the page's cookie
        with page_elsewhere(form(link, csrf=field(page, "csrf"), answer="yes")) as evil:
            sent = page.goto(evil)
            assert sent is not None
            expect(page.locator("h1")).to_have_text("Não foi possível continuar")
    with browser.new_context() as context:
        sign_in(context.new_page(), link)  # and the link is not used up


def test_a_form_on_another_site_cannot_say_that_it_is_me(system: WholeSystem, browser: Browser) -> None:
    with browser.new_context() as context:
        chat, link = open_chat(context, system)
        page = context.new_page()
        sign_in(page, link)
        expect(page.locator("h1")).to_have_text("É você?")
        with page_elsewhere(form(f"{system.url}/entrar/codigo", csrf=field(page, "csrf"), answer="yes")) as evil:
            other = context.new_page()
            other.goto(evil)
            expect(other.locator("h1")).to_have_text("Não foi possível continuar")
        expect(chat.locator(".personal")).to_have_count(0)
        page.get_by_role("button", name="Não sou eu, cancelar").click()
        expect(page.locator("h1")).to_have_text("Acesso cancelado")
        expect(chat.locator("body")).to_contain_text("O acesso foi cancelado")


def test_a_page_of_another_site_gets_nothing_of_the_chat(system: WholeSystem, browser: Browser) -> None:
    """SameSite: neither the chat's cookie nor its answers go where another site's page asks for them."""
    with browser.new_context() as context:
        open_chat(context, system)
        asking = (
            f"<script>fetch('{system.url}/chat/session', {{method: 'POST', credentials: 'include', body: '{{}}', "
            "headers: {'Content-Type': 'application/json'}})"
            ".then(answer => answer.text(), () => 'blocked').then(text => document.title = text)</script>"
        )
        with page_elsewhere(asking) as evil:
            page = context.new_page()
            page.goto(evil)
            expect(page).to_have_title("blocked")
        with page_elsewhere(f'<iframe src="{system.url}"></iframe>') as evil:
            page.goto(evil)
            assert page.frames[-1].locator("guiche-chat").count() == 0
        cookies = {cookie["name"]: cookie for cookie in context.cookies(system.url)}
        assert cookies["guiche_session"]["sameSite"] == "Lax"
        assert cookies["guiche_session"]["httpOnly"] is True


def test_a_link_that_was_forwarded_shows_the_victim_s_browser_a_code_and_the_attacker_nothing(
    system: WholeSystem, browser: Browser
) -> None:
    with browser.new_context() as attackers, browser.new_context() as victims:
        attack, link = open_chat(attackers, system)
        open_chat(victims, system)  # the victim uses the chat too: its cookie is of another conversation
        page = victims.new_page()
        sign_in(page, link)
        expect(page.locator("#code")).to_be_visible()
        code = page.locator("#code").inner_text()
        # The attacker's browser, at every address of the way, shows neither code nor name.
        spy = attackers.new_page()
        for address in (link, f"{system.url}/entrar/codigo", page.url):
            spy.goto(address)
            assert code not in spy.content()
            assert "Maria" not in spy.content()
        box = attack.get_by_label("Escreva sua mensagem")
        box.fill("meus processos")
        box.press("Enter")
        expect(attack.locator(".assistant").last).to_contain_text("dado pessoal")
        expect(attack.locator(".personal")).to_have_count(0)


def test_a_button_that_is_pressed_twice_ends_where_once_does(system: WholeSystem, browser: Browser) -> None:
    citizen = system.citizen()
    link, _ = ask_for_link(citizen)
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(link)
        page.get_by_role("button", name=TITLE).dblclick(no_wait_after=True)
        page.get_by_role("button", name="Maria Aparecida de Souza").click()
        code = page.locator("#code").inner_text()
        assert "Pronto, Maria" in citizen.say(code).text
        assert "foi aberto de novo" not in str(citizen.history())
