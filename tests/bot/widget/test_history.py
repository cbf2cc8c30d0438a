"""On another site's page nothing is lost and nothing comes twice: reloads, windows, sleep, a lost line."""

from __future__ import annotations

import threading
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.bot.support.assistant import StandIn
from tests.bot.widget.embedding import Embedding, ask, box, launcher, panel, script


def said(page: Page) -> list[str]:
    """Who said what, from top to bottom."""
    script = (
        "nodes => nodes.map(node => node.classList[1] + ': ' + node.querySelector('.bubble').textContent.slice(0, 12))"
    )
    lines: list[str] = page.locator(".message").evaluate_all(script)
    return lines


def send(page: Page, text: str) -> None:
    box(page).fill(text)
    box(page).press("Enter")


def test_a_reload_and_another_page_of_the_site_go_on(embedding: Embedding) -> None:
    page = embedding.visit().page
    ask(page, "um")
    ask(page, "dois")
    before = said(page)
    page.reload()
    expect(panel(page)).to_be_visible()
    expect(page.locator(".message")).to_have_count(4)
    assert said(page) == before
    assert page.evaluate("document.activeElement === document.body")  # a reload takes nobody's focus
    page.get_by_role("link", name="Outra página").click()
    expect(page.locator(".message")).to_have_count(4)
    page.get_by_role("button", name="Fechar a conversa").click()
    page.reload()
    expect(launcher(page)).to_be_visible()
    expect(panel(page)).to_be_hidden()
    expect(launcher(page)).to_have_accessible_name("Ajuda: conversar com o Guichê")  # nothing new


def test_two_windows_show_the_same_in_the_same_order(embedding: Embedding) -> None:
    visit = embedding.visit()
    first = visit.page
    ask(first, "um")
    second = visit.window("plain")
    launcher(second).click()
    expect(second.locator(".message")).to_have_count(2)
    for number, page in enumerate((first, second, second, first)):
        send(page, f"m{number}")
    for page in (first, second):
        expect(page.locator(".message")).to_have_count(10)
    first.reload()
    expect(first.locator(".message")).to_have_count(10)
    assert said(first) == said(second)


def test_a_new_conversation_in_one_window_is_the_other_windows_too(embedding: Embedding) -> None:
    visit = embedding.visit()
    first = visit.page
    ask(first, "um")
    second = visit.window("plain")
    launcher(second).click()
    expect(second.locator(".message")).to_have_count(2)
    first.get_by_role("button", name="Opções", exact=True).click()
    first.get_by_role("button", name="Nova conversa").click()
    first.get_by_role("button", name="Sim, começar outra").click()

    for page in (first, second):
        expect(page.locator(".message")).to_have_count(0)
        expect(page.locator("#welcome")).to_be_visible()
        expect(page.locator(".note")).to_be_hidden()
    ask(second, "dois")
    expect(first.locator(".citizen .bubble")).to_have_text(["dois"])


def test_a_frozen_window_catches_up(embedding: Embedding) -> None:
    visit = embedding.visit()
    sleeper = visit.page
    ask(sleeper, "um")
    other = visit.window("plain")
    launcher(other).click()
    expect(other.locator(".message")).to_have_count(2)
    devtools = visit.context.new_cdp_session(sleeper)
    devtools.send("Page.setWebLifecycleState", {"state": "frozen"})
    ask(other, "dois")
    devtools.send("Page.setWebLifecycleState", {"state": "active"})

    expect(sleeper.locator(".message")).to_have_count(4)
    assert said(sleeper) == said(other)


def test_a_lost_line_is_told_and_mends_itself(embedding: Embedding, stand_in: StandIn) -> None:
    visit = embedding.visit()
    page = visit.page
    ask(page, "um")
    visit.context.set_offline(True)
    embedding.stop()
    expect(page.locator("#status")).to_have_text("Sem conexão. Estou tentando de novo…", timeout=10_000)
    send(page, "dois")
    expect(page.get_by_text("Enviando…")).to_be_visible()
    embedding.start()
    visit.context.set_offline(False)

    expect(page.locator(".message")).to_have_count(4, timeout=20_000)
    expect(page.locator(".state")).to_have_count(0)
    expect(page.locator("#status")).not_to_have_text("Sem conexão. Estou tentando de novo…")
    assert [body["text"] for body in stand_in.seen] == ["um", "dois"]


def test_an_answer_that_comes_while_it_is_closed_is_counted_until_it_is_seen(
    embedding: Embedding, stand_in: StandIn
) -> None:
    page = embedding.visit().page
    ask(page, "um")
    gate = threading.Event()
    stand_in.script = lambda body: script(body) if gate.wait(6) else None
    send(page, "dois")
    expect(page.locator("#typing")).to_have_text("O Guichê está escrevendo…")
    page.get_by_role("button", name="Fechar a conversa").click()
    gate.set()

    expect(launcher(page)).to_have_accessible_name("Ajuda: conversar com o Guichê, 1 mensagem nova")
    expect(page.locator(".badge")).to_have_text("1")
    page.reload()
    expect(launcher(page)).to_have_accessible_name("Ajuda: conversar com o Guichê, 1 mensagem nova")
    launcher(page).click()
    expect(page.locator(".message")).to_have_count(4)
    page.get_by_role("button", name="Fechar a conversa").click()
    expect(launcher(page)).to_have_accessible_name("Ajuda: conversar com o Guichê")
    page.reload()
    expect(launcher(page)).to_have_accessible_name("Ajuda: conversar com o Guichê")


def test_a_token_that_ended_begins_a_new_conversation_and_says_so(embedding: Embedding) -> None:
    page = embedding.visit().page
    ask(page, "um")
    page.evaluate("localStorage['guiche.token'] = JSON.stringify({token: 'x.y.z', renew: 0})")
    send(page, "dois")

    expect(page.locator(".note")).to_contain_text("Esta é uma conversa nova")
    expect(page.locator(".citizen .bubble")).to_have_text(["dois"])
    expect(page.locator(".assistant")).to_have_count(1)


def test_the_conversation_is_saved_as_text(embedding: Embedding, tmp_path: Path) -> None:
    page = embedding.visit("hostile").page
    ask(page, "esqueci minha senha")
    page.get_by_role("button", name="Opções", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Salvar a conversa").click()
    assert download.value.suggested_filename == "conversa-guiche.txt"
    text = Path(download.value.path()).read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    assert text.startswith("Conversa com o Guichê, ")
    assert "\nesqueci minha senha\n" in text
    assert "1. Clique em Entrar.\n2. Veja o portal (https://exemplo.gov.br/ajuda).\n\n- item\n" in text


def test_the_conversation_alone_is_printed(embedding: Embedding) -> None:
    visit = embedding.visit()
    note = "window.print = () => console.info('PRINTED ' + document.body.innerText)"
    visit.context.add_init_script(note)
    page = visit.page
    page.reload()
    ask(page, "esqueci minha senha")
    page.get_by_role("button", name="Opções", exact=True).click()
    with page.expect_console_message(lambda line: line.text.startswith("PRINTED")) as printed:
        page.get_by_role("button", name="Imprimir a conversa").click()
    text = printed.value.text
    assert "Conversa com o Guichê" in text
    assert "esqueci minha senha" in text
    assert "Clique em Entrar." in text
    assert "Próximo" not in text  # buttons are no use on paper
    assert "Prefeitura\n\nOutra página" not in text
