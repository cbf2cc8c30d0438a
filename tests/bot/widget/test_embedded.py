"""The widget on a page of another site, under a strict policy and hostile styles, with the real front desk."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import FloatRect, Locator, expect

from tests.bot.support.assistant import StandIn
from tests.bot.widget.embedding import DESKTOP, PHONE, Embedding, ask, box, launcher, panel, violations

SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])


def place(locator: Locator) -> FloatRect:
    measured = locator.bounding_box()
    assert measured is not None
    return measured


def test_one_line_is_enough_under_a_strict_policy_and_hostile_styles(embedding: Embedding) -> None:
    visit = embedding.visit("hostile")
    page = visit.page
    expect(launcher(page)).to_be_in_viewport(ratio=1)
    assert place(launcher(page))["height"] >= 44

    ask(page, "esqueci minha senha")

    expect(panel(page)).to_be_in_viewport(ratio=1)
    expect(page.locator(".assistant strong").last).to_have_text("Entrar")
    looks = page.locator(".assistant .bubble").evaluate(
        "node => { const style = getComputedStyle(node);"
        " return [style.fontSize, style.direction, style.textTransform, style.letterSpacing, style.visibility]; }"
    )
    assert looks == ["17px", "ltr", "none", "normal", "visible"]
    page.get_by_role("button", name="Próximo").click()
    expect(page.get_by_text("Apertou next")).to_be_visible()
    assert visit.faults == []  # not one violation of the policy


def test_the_page_around_keeps_its_names_and_nobody_else_is_asked(embedding: Embedding) -> None:
    visit = embedding.visit()
    names = "Object.getOwnPropertyNames(window).filter(name => !(name in blank.contentWindow)).sort()"
    probe = f"() => {{ const blank = document.createElement('iframe'); document.body.append(blank); return {names}; }}"
    page = visit.page
    expect(launcher(page)).to_be_visible()
    assert [name for name in page.evaluate(probe) if not name.isdigit()] == []
    ask(page, "oi")
    assert [name for name in page.evaluate(probe) if not name.isdigit()] == []
    asked = {request.url.split("?")[0] for request in visit.requests}
    ours, theirs = embedding.host.widget, embedding.host.url
    assert all(address.startswith((ours, theirs, "data:")) for address in asked)
    assert page.evaluate("document.querySelectorAll('guiche-chat').length") == 1


def test_a_visit_that_asks_nothing_opens_no_conversation(embedding: Embedding) -> None:
    visit = embedding.visit()
    expect(launcher(visit.page)).to_be_visible()
    visit.page.reload()
    expect(launcher(visit.page)).to_be_visible()

    assert [request.url for request in visit.requests if "/chat/" in request.url] == []
    assert visit.page.evaluate("localStorage.length") == 0


def test_the_token_travels_in_a_header_and_no_cookie_is_set(embedding: Embedding) -> None:
    visit = embedding.visit()
    ask(visit.page, "oi")
    token = visit.page.evaluate("JSON.parse(localStorage['guiche.token']).token")

    chat = [request for request in visit.requests if "/chat/" in request.url and request.method != "OPTIONS"]
    assert {request.url.rpartition("/")[2] for request in chat} == {"session", "messages", "events"}
    assert [request.url for request in visit.requests if token in request.url] == []
    assert all(
        request.all_headers().get("authorization") == f"Bearer {token}"
        for request in chat
        if "session" not in request.url
    )
    assert [request for request in chat if "cookie" in request.all_headers()] == []
    assert visit.context.cookies() == []


def test_a_site_that_is_not_allowed_gets_nothing_and_is_not_hurt(embedding: Embedding) -> None:
    visit = embedding.visit()
    stranger = embedding.host.url.replace("localhost", "127.0.0.1")
    page = visit.context.new_page()
    warnings: list[str] = []
    page.on("console", lambda line: warnings.append(line.text))
    with page.expect_console_message(lambda line: "GUICHE_WIDGET_ORIGINS" in line.text):
        page.goto(f"{stranger}/plain")

    expect(page.get_by_role("heading", name="Prefeitura")).to_be_visible()
    expect(page.locator("guiche-chat")).to_have_count(0)


@SIZES
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_accessibility_violation_closed_or_open(embedding: Embedding, size: tuple[int, int], scheme: Any) -> None:
    page = embedding.visit("plain", size, color_scheme=scheme).page
    expect(launcher(page)).to_be_visible()
    assert violations(page) == []
    launcher(page).click()
    expect(page.locator("#welcome")).to_be_visible()
    assert violations(page) == []
    ask(page, "esqueci minha senha")
    page.get_by_role("button", name="Opções", exact=True).click()
    assert violations(page) == []
    page.get_by_role("button", name="Nova conversa").click()
    assert violations(page) == []


@SIZES
def test_no_accessibility_violation_under_hostile_styles(embedding: Embedding, size: tuple[int, int]) -> None:
    """With every state: test_states.py."""
    page = embedding.visit("hostile", size).page
    expect(launcher(page)).to_be_visible()
    assert violations(page) == []
    ask(page, "oi")
    assert violations(page) == []


def test_the_keyboard_opens_uses_and_closes_it_and_the_focus_comes_back(embedding: Embedding) -> None:
    page = embedding.visit().page
    expect(launcher(page)).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Outra página")).to_be_focused()
    page.keyboard.press("Tab")
    expect(launcher(page)).to_be_focused()
    page.keyboard.press("Enter")
    expect(box(page)).to_be_focused()
    page.keyboard.type("oi")
    page.keyboard.press("Enter")
    expect(page.locator(".assistant")).to_have_count(1)
    expect(box(page)).to_be_focused()

    page.get_by_role("button", name="Opções", exact=True).press("Enter")
    expect(page.get_by_role("button", name="Salvar a conversa")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Salvar a conversa")).to_be_hidden()
    expect(page.get_by_role("button", name="Opções", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(panel(page)).to_be_hidden()
    expect(launcher(page)).to_be_focused()


def test_on_a_phone_the_focus_stays_in_what_covers_the_page(embedding: Embedding) -> None:
    page = embedding.visit("plain", PHONE, has_touch=True).page
    launcher(page).press("Enter")
    expect(panel(page)).to_have_attribute("aria-modal", "true")
    inside = "document.activeElement.localName === 'guiche-chat'"
    for _ in range(14):
        page.keyboard.press("Tab")
        assert page.evaluate(inside)
    for _ in range(14):
        page.keyboard.press("Shift+Tab")
        assert page.evaluate(inside)
    page.keyboard.press("Escape")
    expect(launcher(page)).to_be_focused()


def test_a_touch_screen_does_not_get_its_keyboard_in_the_way(embedding: Embedding) -> None:
    page = embedding.visit("plain", PHONE, has_touch=True, is_mobile=True).page
    launcher(page).tap()
    expect(page.get_by_role("heading", name="Guichê")).to_be_focused()
    expect(page.locator("#welcome")).to_be_visible()


@SIZES
def test_vlibras_has_its_room(embedding: Embedding, size: tuple[int, int]) -> None:
    page = embedding.visit("plain", size).page
    other = place(page.locator("[vw]"))

    def apart(locator: Locator) -> bool:
        mine = place(locator)
        beside = mine["x"] + mine["width"] <= other["x"]
        return beside or mine["y"] + mine["height"] <= other["y"] or mine["y"] >= other["y"] + other["height"]

    assert apart(launcher(page))
    launcher(page).click()
    if size == DESKTOP:
        assert apart(panel(page))
    assert apart(page.locator("#form"))
    assert apart(page.get_by_role("button", name="Opções", exact=True))
    assert apart(page.get_by_role("button", name="Fechar a conversa"))
    on_top = f"document.elementFromPoint({other['x'] + 20}, {other['y'] + 20}).hasAttribute('vw')"
    assert page.evaluate(on_top)  # also where the panel covers a phone's page


@pytest.mark.parametrize("size", [(360, 640), (320, 568), (320, 256), (640, 400)], ids=["phone", "320", "400%", "200%"])
def test_large_text_on_a_small_screen_is_all_within_reach(embedding: Embedding, size: tuple[int, int]) -> None:
    page = embedding.visit("plain", size).page
    ask(page, "palavra" * 30)
    page.get_by_role("button", name="Opções", exact=True).click()
    larger = page.get_by_role("button", name="Aumentar")
    for _ in range(5):
        larger.click()
    expect(larger).to_have_attribute("aria-disabled", "true")
    expect(page.locator("#status")).to_have_text("Texto em 200 por cento")
    page.reload()  # the size is remembered, and so is the open panel
    expect(page.locator(".assistant")).to_have_count(1)
    page.get_by_role("button", name="Opções", exact=True).click()

    assert page.locator(".bubble").first.evaluate("node => getComputedStyle(node).fontSize") == "34px"
    assert panel(page).evaluate("node => node.scrollWidth <= node.clientWidth")
    assert page.locator("#log").evaluate("node => node.scrollWidth <= node.clientWidth")
    for target in page.locator(".panel button:visible, textarea").all():
        measured = place(target)
        assert measured["height"] >= 44
        assert measured["width"] >= 44
        assert measured["x"] >= 0
        assert measured["x"] + measured["width"] <= size[0]
        target.scroll_into_view_if_needed()
        expect(target).to_be_in_viewport()


def test_forced_colours_leave_edges_and_the_focus_to_be_seen(embedding: Embedding, stand_in: StandIn) -> None:
    page = embedding.visit(forced_colors="active").page
    ask(page, "oi")
    for part in (".assistant .bubble", ".citizen .bubble", ".assistant button", "textarea"):
        style = page.locator(part).first.evaluate(
            "node => { const s = getComputedStyle(node); return [s.borderStyle, s.borderWidth]; }"
        )
        assert style == ["solid", "2px"]
    page.get_by_role("button", name="Opções", exact=True).focus()
    page.keyboard.press("Tab")
    assert (
        page.get_by_role("button", name="Fechar a conversa").evaluate("node => getComputedStyle(node).outlineStyle")
        == "solid"
    )


def test_a_site_chooses_colours_by_custom_properties(embedding: Embedding) -> None:
    page = embedding.visit().page
    expect(launcher(page)).to_be_visible()
    page.evaluate(
        "() => { const style = document.querySelector('guiche-chat').style;"
        " style.setProperty('--guiche-brand', 'rgb(1, 2, 80)'); style.setProperty('--guiche-right', '200px'); }"
    )
    assert launcher(page).evaluate("node => getComputedStyle(node).backgroundColor") == "rgb(1, 2, 80)"
    measured = place(launcher(page))
    assert round(measured["x"] + measured["width"]) == DESKTOP[0] - 200


def test_hidden_means_hidden_and_the_page_prints_without_it(embedding: Embedding) -> None:
    page = embedding.visit().page
    expect(launcher(page)).to_be_visible()
    page.emulate_media(media="print")
    expect(launcher(page)).to_be_hidden()
    page.emulate_media(media="screen")
    page.evaluate("document.querySelector('guiche-chat').hidden = true")
    expect(launcher(page)).to_be_hidden()
