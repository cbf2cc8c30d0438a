"""axe over every state of the widget: not only closed and open, but waiting, failing, offline, renewed, with news."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.bot.support.assistant import StandIn
from tests.bot.widget.embedding import (
    DESKTOP,
    PHONE,
    Embedding,
    ask,
    box,
    contrasts_below_seven,
    launcher,
    panel,
    violations,
)

SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])


def options(page: Page) -> None:
    page.get_by_role("button", name="Opções", exact=True).click()


def with_options(page: Page, _: Embedding, __: StandIn) -> None:
    ask(page, "oi")
    options(page)
    expect(page.get_by_role("button", name="Salvar a conversa")).to_be_visible()


def asked_whether_to_begin_anew(page: Page, _: Embedding, __: StandIn) -> None:
    ask(page, "oi")
    options(page)
    page.get_by_role("button", name="Nova conversa").click()
    expect(page.get_by_role("button", name="Sim, começar outra")).to_be_visible()


def typing(page: Page, _: Embedding, stand_in: StandIn) -> None:
    launcher(page).click()
    stand_in.delay = 4.0  # long enough to be looked at
    box(page).fill("oi")
    box(page).press("Enter")
    expect(page.locator("#typing")).to_have_text("O Guichê está escrevendo…")


def failed(page: Page, _: Embedding, __: StandIn) -> None:
    launcher(page).click()
    expect(page.locator("#welcome")).to_be_visible()
    page.route("**/chat/messages", lambda route: route.abort())
    page.clock.install()
    box(page).fill("oi")
    box(page).press("Enter")
    again = page.get_by_role("button", name="Tentar de novo")
    for _ in range(20):
        page.clock.run_for(5_000)
        if again.is_visible():
            break
    page.clock.resume()
    expect(page.get_by_text("Não foi enviada.")).to_be_visible()
    expect(again).to_be_visible()


def offline(page: Page, embedding: Embedding, _: StandIn) -> None:
    ask(page, "oi")
    embedding.stop()
    expect(page.locator("#status")).to_have_text("Sem conexão. Estou tentando de novo…", timeout=15_000)


def renewed(page: Page, _: Embedding, __: StandIn) -> None:
    ask(page, "oi")
    page.evaluate("localStorage['guiche.token'] = JSON.stringify({token: 'gone', renew: Date.now() + 1e9})")
    box(page).fill("e agora?")
    box(page).press("Enter")
    expect(page.get_by_text("Esta é uma conversa nova.")).to_be_visible()
    expect(page.locator(".assistant")).to_have_count(1)


def news(page: Page, _: Embedding, stand_in: StandIn) -> None:
    launcher(page).click()
    expect(page.locator("#welcome")).to_be_visible()
    stand_in.delay = 1.0
    box(page).fill("oi")
    box(page).press("Enter")
    expect(page.locator("#typing")).to_have_text("O Guichê está escrevendo…")
    page.get_by_role("button", name="Fechar a conversa").click()
    expect(page.locator(".badge")).to_have_text("1")
    expect(panel(page)).to_be_hidden()


type Reach = Callable[[Page, Embedding, StandIn], None]
STATES: dict[str, Reach] = {
    "options": with_options,
    "new conversation, asked": asked_whether_to_begin_anew,
    "typing": typing,
    "failed": failed,
    "offline": offline,
    "renewed": renewed,
    "unread": news,
}
STATE = pytest.mark.parametrize("state", STATES)


@SIZES
@STATE
@pytest.mark.parametrize("look", ["light", "dark", "hostile"])
def test_no_accessibility_violation(
    embedding: Embedding, stand_in: StandIn, size: tuple[int, int], state: str, look: Any
) -> None:
    scheme = "dark" if look == "dark" else "light"
    page = embedding.visit("hostile" if look == "hostile" else "plain", size, color_scheme=scheme).page
    expect(launcher(page)).to_be_visible()
    STATES[state](page, embedding, stand_in)
    assert violations(page) == []


@STATE
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_who_asks_for_more_contrast_gets_seven_to_one(
    embedding: Embedding, stand_in: StandIn, state: str, scheme: Any
) -> None:
    page = embedding.visit("plain", DESKTOP, color_scheme=scheme, contrast="more").page
    expect(launcher(page)).to_be_visible()
    STATES[state](page, embedding, stand_in)
    assert contrasts_below_seven(page) == []
    assert violations(page) == []


PAIR = "node => { const s = getComputedStyle(node); return [s.color, s.backgroundColor, s.borderColor]; }"
BLACK, WHITE = "rgb(0, 0, 0)", "rgb(255, 255, 255)"


@pytest.mark.parametrize(("scheme", "ink", "paper"), [("light", BLACK, WHITE), ("dark", WHITE, BLACK)])
def test_more_contrast_is_black_and_white_with_edges(embedding: Embedding, scheme: Any, ink: str, paper: str) -> None:
    page = embedding.visit("plain", DESKTOP, color_scheme=scheme, contrast="more").page
    ask(page, "oi")
    for bubble in (".assistant .bubble", ".citizen .bubble"):
        assert page.locator(bubble).evaluate(PAIR) == [ink, paper, ink]


def test_a_site_chooses_the_colours_of_more_contrast_by_custom_properties(embedding: Embedding) -> None:
    page = embedding.visit("plain", DESKTOP, contrast="more").page
    expect(launcher(page)).to_be_visible()
    page.evaluate(
        "() => { const style = document.querySelector('guiche-chat').style;"
        " style.setProperty('--guiche-brand', 'rgb(90, 140, 200)');"  # its everyday colour would not do
        " style.setProperty('--guiche-brand-contrast', 'rgb(0, 0, 60)'); }"
    )
    assert launcher(page).evaluate(PAIR)[1] == "rgb(0, 0, 60)"
