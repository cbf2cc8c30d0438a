"""The chat page in a real browser, served by the real front desk with a stand-in for Rasa behind it."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect
from pydantic import SecretStr
from starlette.responses import JSONResponse

from bot.app import create_app
from bot.channels.web.api import PAGE, WIDGET
from bot.cli.ports import free_ports
from bot.settings import Settings
from tests.bot.cli.web_stub import in_thread
from tests.bot.support.assistant import SECRET, StandIn
from tests.bot.widget.conftest import ROOT
from tests.bot.widget.embedding import DESKTOP, PHONE, violations


@pytest.fixture
def url(stand_in: StandIn, tmp_path: Path) -> Iterator[str]:
    port = free_ports(1)[0]
    with in_thread(stand_in.app()) as rasa:
        settings = Settings(
            state_dir=tmp_path, data_dir=ROOT / "data", rasa_url=rasa, rasa_secret=SecretStr(SECRET), port=port
        )
        with in_thread(create_app(settings), port) as address:
            yield address


class Window:
    """A page with a notebook of what went wrong in it."""

    def __init__(self, browser: Browser, url: str, size: tuple[int, int] = DESKTOP, **options: Any) -> None:
        self.context = browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="pt-BR", **options)
        self.page = self.context.new_page()
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda line: self.faults.append(line.text) if line.type == "error" else None)
        self.page.goto(url)
        expect(self.page.locator("#welcome")).to_be_visible()

    def ask(self, text: str) -> None:
        before = self.page.locator(".assistant").count()
        self.page.get_by_label("Escreva sua mensagem").fill(text)
        self.page.keyboard.press("Enter")
        expect(self.page.locator(".assistant")).to_have_count(before + 1)


@pytest.fixture
def window(browser: Browser, url: str) -> Iterator[Window]:
    opened = Window(browser, url)
    yield opened
    opened.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE, (320, 256)], ids=["desktop", "phone", "zoomed"])
def test_no_accessibility_violation(browser: Browser, url: str, size: tuple[int, int], scheme: Any) -> None:
    window = Window(browser, url, size, color_scheme=scheme)
    assert violations(window.page) == []
    window.ask("esqueci minha senha")
    window.ask("e agora?")
    assert violations(window.page) == []
    window.page.locator(".assistant button").first.focus()
    assert violations(window.page) == []
    window.context.close()


def test_a_question_gets_its_answer_with_bold_lists_and_links(window: Window) -> None:
    window.ask("esqueci minha senha")

    bubble = window.page.locator(".assistant .bubble")
    expect(bubble.locator("strong").last).to_have_text("Entrar")
    expect(bubble.locator("ol li")).to_have_count(2)
    expect(bubble.get_by_role("link", name="o portal")).to_have_attribute("href", "https://exemplo.gov.br/ajuda")
    expect(window.page.locator(".citizen .bubble")).to_have_text("esqueci minha senha")
    expect(window.page.get_by_label("Escreva sua mensagem")).to_have_value("")
    assert window.faults == []


def test_a_button_sends_the_payload_that_the_server_kept(window: Window, stand_in: StandIn) -> None:
    window.ask("oi")
    window.page.get_by_role("button", name="Próximo").click()

    expect(window.page.get_by_text("Apertou next")).to_be_visible()
    assert stand_in.seen[-1]["payload"] == {"intent": "next", "entities": {}}
    expect(window.page.locator(".citizen .bubble").last).to_have_text("Próximo")


def test_the_latest_buttons_stand_out_and_older_ones_still_work(window: Window) -> None:
    window.ask("um")
    window.ask("dois")
    choices = window.page.locator(".assistant .choices")
    expect(choices.first).not_to_have_class("choices latest")
    expect(choices.last).to_have_class("choices latest")

    choices.first.get_by_role("button", name="Falar com uma pessoa").click()

    expect(window.page.get_by_text("Apertou human")).to_be_visible()


def test_an_example_of_the_welcome_starts_the_conversation(window: Window, stand_in: StandIn) -> None:
    window.page.get_by_role("button", name="Esqueci minha senha").click()

    expect(window.page.locator(".assistant")).to_have_count(1)
    assert stand_in.seen[0]["text"] == "Esqueci minha senha"
    expect(window.page.locator("#welcome")).to_be_hidden()


def test_a_reload_shows_the_whole_conversation_again(window: Window) -> None:
    window.ask("um")
    window.ask("dois")
    window.page.reload()

    expect(window.page.locator(".citizen .bubble")).to_have_text(["um", "dois"])
    expect(window.page.locator(".assistant")).to_have_count(2)
    expect(window.page.locator("#welcome")).to_be_hidden()


def test_a_password_is_covered_on_the_screen_too(window: Window) -> None:
    window.ask("minha senha: cavalo99")

    expect(window.page.locator(".citizen .bubble")).not_to_contain_text("cavalo99")


def test_a_new_conversation_begins_empty_and_only_after_asking(window: Window) -> None:
    page = window.page
    window.ask("oi")
    page.get_by_role("button", name="Opções", exact=True).click()
    page.get_by_role("button", name="Nova conversa").click()
    expect(page.get_by_role("button", name="Sim, começar outra")).to_be_focused()
    page.get_by_role("button", name="Não, continuar nesta").click()
    expect(page.locator(".message")).to_have_count(2)

    page.get_by_role("button", name="Nova conversa").click()
    page.get_by_role("button", name="Sim, começar outra").click()

    expect(page.locator(".message")).to_have_count(0)
    expect(page.locator("#welcome")).to_be_visible()
    expect(page.get_by_label("Escreva sua mensagem")).to_be_focused()
    window.ask("de novo")
    page.reload()
    expect(page.locator(".citizen .bubble")).to_have_text(["de novo"])


def test_the_keyboard_alone_is_enough(window: Window, stand_in: StandIn) -> None:
    keyboard, page = window.page.keyboard, window.page
    keyboard.press("Tab")
    expect(page.get_by_role("link", name="Ir para a caixa de mensagem")).to_be_focused()
    expect(page.get_by_role("link", name="Ir para a caixa de mensagem")).to_be_in_viewport()
    keyboard.press("Enter")
    expect(page.get_by_label("Escreva sua mensagem")).to_be_focused()
    keyboard.type("linha um")
    keyboard.press("Shift+Enter")
    keyboard.type("linha dois")
    keyboard.press("Enter")
    expect(page.locator(".assistant")).to_have_count(1)
    assert stand_in.seen[0]["text"].split() == ["linha", "um", "linha", "dois"]

    keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Falar com uma pessoa")).to_be_focused()
    outline = page.get_by_role("button", name="Falar com uma pessoa").evaluate(
        "node => getComputedStyle(node).outlineStyle"
    )
    assert outline == "solid"
    keyboard.press("Enter")
    expect(page.get_by_text("Apertou human")).to_be_visible()


@pytest.mark.parametrize("size", [(320, 568), (320, 256), (640, 400)], ids=["320px", "400% zoom", "200% zoom"])
def test_nothing_is_cut_or_scrolls_sideways(browser: Browser, url: str, size: tuple[int, int]) -> None:
    window = Window(browser, url, size)
    window.ask("palavra" * 40)
    page = window.page
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Opções", exact=True).click()
    assert page.locator("#log").evaluate("log => log.scrollWidth <= log.clientWidth")
    for target in ("button", "textarea"):
        for box in page.locator(f"{target}:visible").all():
            measured = box.bounding_box()
            assert measured is not None
            assert measured["height"] >= 44
            assert measured["width"] >= 44
            assert measured["x"] >= 0
            assert measured["x"] + measured["width"] <= size[0]
    window.context.close()


def test_a_long_answer_is_shown_from_its_beginning(browser: Browser, url: str, stand_in: StandIn) -> None:
    stand_in.script = lambda body: JSONResponse(StandIn.answer(body, text="\n\n".join(["Linha."] * 60)))
    window = Window(browser, url, PHONE)
    window.ask("oi")

    expect(window.page.locator(".assistant .who")).to_be_in_viewport()
    window.context.close()


@pytest.mark.parametrize(("motion", "animations"), [("reduce", 0), ("no-preference", 1)])
def test_nothing_moves_for_who_wants_no_motion(
    browser: Browser, url: str, stand_in: StandIn, motion: Any, animations: int
) -> None:
    stand_in.delay = 3.0
    window = Window(browser, url, reduced_motion=motion)
    window.page.get_by_role("button", name="Esqueci minha senha").click()
    expect(window.page.locator("#typing")).to_have_text("O Guichê está escrevendo…")

    assert window.page.locator("guiche-chat").evaluate("node => node.shadowRoot.getAnimations().length") == animations
    window.context.close()


def test_the_widget_is_light_enough_for_a_cheap_phone() -> None:
    files = [file for folder in (PAGE, WIDGET) for file in folder.iterdir() if file.is_file()]
    assert sum(len(gzip.compress(file.read_bytes())) for file in files) <= 25_000


def test_the_widget_travels_compressed(url: str) -> None:
    for name in ("element.js", "widget.css"):
        answer = httpx.get(f"{url}/widget/{name}", trust_env=False)
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.headers["cache-control"] == "no-cache"


def test_the_page_asks_nobody_else_for_anything(browser: Browser, url: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    with page.expect_request("**/chat/events"):
        page.goto(url)
    expect(page.locator("#welcome")).to_be_visible()

    assert [address for address in asked if not address.startswith(url)] == []
    context.close()
