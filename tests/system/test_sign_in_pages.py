"""The pages for signing in, in a real browser: without script, on a phone, and read by axe."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from bot.sentences import LoginEndings
from tests.bot.widget.browser import chromium
from tests.system.signing_in import TITLE, ask_for_link
from tests.whole_system import WholeSystem

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RULES = {"runOnly": {"type": "tag", "values": TAGS}}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


def phone(browser: Browser, *, script: bool, scheme: str = "light") -> BrowserContext:
    # With scripts off axe could not look either, so those pages are looked at with and walked through without.
    return browser.new_context(
        viewport={"width": 320, "height": 640},
        java_script_enabled=script,
        bypass_csp=script,
        color_scheme="dark" if scheme == "dark" else "light",
    )


def violations(page: Page) -> list[str]:
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{item['id']}: {[node['target'] for node in item['nodes']]}" for item in found]


def test_the_whole_way_without_script_on_a_phone(system: WholeSystem, browser: Browser) -> None:
    citizen = system.citizen()
    link, _ = ask_for_link(citizen)
    with phone(browser, script=False) as context:
        page = context.new_page()
        page.goto(link)
        page.get_by_role("button", name=TITLE).click()
        page.get_by_role("button", name="Maria Aparecida de Souza").click()
        expect(page).to_have_url(f"{system.url}/entrar/codigo")
        code = page.locator("#code").inner_text()
        assert "Pronto, Maria" in citizen.say(code).text
        page.reload()
        assert "A conversa já mostra os seus dados" in page.locator("main").inner_text()
        citizen.say("sair")
        page.go_back()
        assert code not in page.content()
        page.go_back()
        assert code not in page.content()


def test_in_the_chat_page_s_own_browser_no_code_is_asked_for(system: WholeSystem, browser: Browser) -> None:
    with browser.new_context() as context:
        chat = context.new_page()
        chat.goto(system.url)
        box = chat.get_by_role("textbox").first
        box.fill("minhas pendências")
        box.press("Enter")
        with context.expect_page() as opened:
            chat.get_by_role("link", name=TITLE).click()
        page = opened.value
        page.get_by_role("button", name=TITLE).click()
        page.get_by_role("button", name="Maria Aparecida de Souza").click()
        expect(page.locator("main")).to_contain_text("Você entrou como Maria")
        page.get_by_role("button", name="Continuar, sou eu").click()
        expect(page.locator("main")).to_contain_text("A conversa já mostra os seus dados")
        expect(chat.locator("body")).to_contain_text("14 pendências", timeout=20_000)


def test_the_code_of_a_phone_is_typed_in_the_chat_page_and_it_goes_on(system: WholeSystem, browser: Browser) -> None:
    """Its cookie changes with the message that brings the code; the open page gets the answer, also after a reload."""
    with browser.new_context() as computer, phone(browser, script=False) as other:
        chat = computer.new_page()
        chat.goto(system.url)
        box = chat.get_by_role("textbox").first
        box.fill("minhas pendências")
        box.press("Enter")
        page = other.new_page()
        page.goto(str(chat.get_by_role("link", name=TITLE).get_attribute("href")))
        page.get_by_role("button", name=TITLE).click()
        page.get_by_role("button", name="Maria Aparecida de Souza").click()
        before = {cookie["name"]: cookie["value"] for cookie in computer.cookies()}
        box.fill(page.locator("#code").inner_text())
        box.press("Enter")
        expect(chat.locator(".personal")).to_contain_text("14 pendências", timeout=20_000)
        after = {cookie["name"]: cookie["value"] for cookie in computer.cookies()}
        assert before["guiche_session"] != after["guiche_session"]
        chat.reload()
        expect(chat.locator(".personal")).to_contain_text("14 pendências", timeout=20_000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_an_accessibility_violation(system: WholeSystem, browser: Browser, scheme: str) -> None:
    citizen = system.citizen()
    link, _ = ask_for_link(citizen)
    with phone(browser, script=True, scheme=scheme) as context:
        page = context.new_page()
        page.goto(link)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        page.get_by_role("button", name=TITLE).click()
        assert violations(page) == []
        page.get_by_role("button", name="Maria Aparecida de Souza").click()
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        for reason in LoginEndings.model_fields:
            page.goto(f"{system.url}/entrar/aviso/{reason}")
            assert page.locator("h1").inner_text()
            assert (reason, violations(page)) == (reason, [])
            assert page.evaluate("document.documentElement.scrollWidth") <= 320
        page.goto(f"{system.url}/entrar/aviso/level")
        assert page.get_by_role("link", name="Aumentar o nível da conta").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_that_asks_whether_it_is_oneself_is_accessible(
    system: WholeSystem, browser: Browser, scheme: str
) -> None:
    citizen = system.citizen()
    link, _ = ask_for_link(citizen)
    with phone(browser, script=True, scheme=scheme) as context:
        context.add_cookies([{"name": "guiche_session", "value": citizen.cookies["guiche_session"], "url": system.url}])
        page = context.new_page()
        page.goto(link)
        page.get_by_role("button", name=TITLE).click()
        page.get_by_role("button", name="Maria Aparecida de Souza").click()
        expect(page.locator("h1")).to_have_text("É você?")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        for button in page.get_by_role("button").all():
            box = button.bounding_box()
            assert box is not None
            assert box["height"] >= 44
