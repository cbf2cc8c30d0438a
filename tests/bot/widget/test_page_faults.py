"""The chat page in a real browser when server or connection misbehave, against a double that can be told to."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from bot.cli.ports import free_ports
from tests.bot.cli.web_stub import WebStub, serving, wait_until

WEBSITE = Path(__file__).resolve().parents[3] / "bot" / "channels" / "web"


@pytest.fixture
def web() -> Iterator[WebStub]:
    with serving(WebStub(website=WEBSITE)) as stub:
        yield stub


@pytest.fixture
def page(browser: Browser, web: WebStub) -> Iterator[Page]:
    context = browser.new_context(locale="pt-BR")
    opened = context.new_page()
    opened.goto(web.url)
    expect(opened.locator("#welcome")).to_be_visible()
    yield opened
    context.close()


def say(page: Page, text: str) -> None:
    page.get_by_label("Escreva sua mensagem").fill(text)
    page.keyboard.press("Enter")


def test_a_message_that_did_not_arrive_is_sent_again_with_the_same_id(page: Page, web: WebStub) -> None:
    busy = {"error": "unavailable", "message": "Espere um pouco."}
    web.refuse = [(503, busy), (503, busy)]

    say(page, "oi")

    expect(page.get_by_text("Você disse: oi")).to_be_visible(timeout=10_000)
    assert len(web.received) == 1
    expect(page.locator(".citizen")).to_have_count(1)
    expect(page.locator(".state")).to_have_count(0)


def test_after_many_failures_the_person_can_try_again(page: Page, web: WebStub) -> None:
    ids: list[str] = []
    page.route("**/chat/messages", lambda route: (ids.append(route.request.post_data_json["id"]), route.abort()))
    page.clock.install()
    say(page, "oi")
    expect(page.get_by_text("Enviando…")).to_be_visible()
    again = page.get_by_role("button", name="Tentar de novo")
    for _ in range(20):
        page.clock.run_for(5_000)
        if again.is_visible():
            break
    expect(page.get_by_text("Não foi enviada.")).to_be_visible()

    page.unroute("**/chat/messages")
    again.click()

    expect(page.get_by_text("Você disse: oi")).to_be_visible()
    assert {message["id"] for message in web.received} == set(ids)
    expect(page.get_by_text("Não foi enviada.")).to_have_count(0)


def test_a_line_that_is_open_at_one_end_only_does_not_hold_a_message_for_ever(page: Page, web: WebStub) -> None:
    """The phone went from one network to another: nothing is refused, and nothing ever comes."""
    lost = never_answered_once(page, "**/chat/messages")
    page.clock.install()
    say(page, "oi")
    wait_for(page, lambda: lost)
    page.clock.run_for(14_000)
    expect(page.get_by_text("Enviando…")).to_be_visible()
    assert web.received == []

    page.clock.run_for(4_000)

    expect(page.get_by_text("Você disse: oi")).to_be_visible()
    assert [message["id"] for message in web.received] == [lost[0].post_data_json["id"]]
    expect(page.locator(".citizen")).to_have_count(1)


def never_answered_once(page: Page, pattern: str) -> list[Request]:
    """The first request to ``pattern`` gets no answer, later ones do; the list has it when it was made."""
    lost: list[Request] = []

    def handle(route: Route) -> None:
        if lost:
            route.continue_()
        else:
            lost.append(route.request)

    page.route(pattern, handle)
    return lost


def wait_for(page: Page, condition: Callable[[], object]) -> None:
    """For what a handler of Playwright's notes: it is called only while the page is asked something."""
    for _ in range(200):
        if condition():
            return
        page.wait_for_timeout(20)
    raise AssertionError("the condition did not come true")


def test_a_line_that_is_open_at_one_end_only_does_not_keep_the_conversation_closed(
    browser: Browser, web: WebStub
) -> None:
    context = browser.new_context(locale="pt-BR")
    page = context.new_page()
    page.clock.install()
    lost = never_answered_once(page, "**/chat/session")
    page.goto(web.url)
    wait_for(page, lambda: lost)
    page.clock.run_for(15_500)
    expect(page.locator("#status")).to_have_text("Não consegui abrir a conversa. Estou tentando de novo…")

    say(page, "oi")
    page.clock.run_for(2_000)

    expect(page.get_by_text("Você disse: oi")).to_be_visible()
    context.close()


def test_what_is_below_the_edge_is_told_and_one_press_away(browser: Browser, web: WebStub) -> None:
    web.answer = lambda _: [{"text": "\n\n".join(f"Linha {number}." for number in range(60)), "buttons": ["Próximo"]}]
    context = browser.new_context(locale="pt-BR", viewport={"width": 360, "height": 640})
    page = context.new_page()
    page.goto(web.url)
    more = page.get_by_role("button", name="Há mais abaixo")
    expect(page.locator("#welcome")).to_be_visible()
    say(page, "oi")
    expect(page.get_by_text("Linha 0.")).to_be_in_viewport()
    expect(page.get_by_role("button", name="Próximo")).not_to_be_in_viewport()
    for _ in range(12):
        if not more.is_visible():
            break
        more.click()
        expect(page.get_by_role("log")).to_be_focused()
        page.evaluate(
            "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )  # it scrolled
    expect(more).to_be_hidden()
    expect(page.get_by_role("button", name="Próximo")).to_be_in_viewport()
    context.close()


def test_the_keyboard_goes_on_in_the_conversation_when_what_it_was_on_goes_away(browser: Browser, web: WebStub) -> None:
    """An example that was pressed, the button that showed more: the next Tab would begin at the top of the page."""
    web.answer = lambda _: [{"text": "\n\n".join(f"Linha {number}." for number in range(60))}]
    page = browser.new_page(locale="pt-BR", viewport={"width": 360, "height": 640})
    page.goto(web.url)
    log, more = page.get_by_role("log"), page.get_by_role("button", name="Há mais abaixo")
    page.locator("#welcome").get_by_role("button").first.press("Enter")
    expect(page.locator("#welcome")).to_be_hidden()
    expect(log).to_be_focused()
    expect(more).to_be_visible()
    more.focus()
    log.evaluate("node => node.scrollTop = node.scrollHeight")
    expect(more).to_be_hidden()
    expect(log).to_be_focused()
    page.close()


def test_a_refused_message_says_why_and_the_next_one_goes(page: Page, web: WebStub) -> None:
    web.refuse = [(413, {"error": "too_large", "message": "A mensagem é grande demais."})]

    say(page, "longa")
    expect(page.get_by_text("A mensagem é grande demais.")).to_be_visible()
    say(page, "curta")

    expect(page.get_by_text("Você disse: curta")).to_be_visible()
    assert [message["text"] for message in web.received] == ["curta"]


def test_a_session_that_ended_is_opened_again_and_the_message_arrives(page: Page, web: WebStub) -> None:
    web.sessions.clear()

    say(page, "oi")

    expect(page.get_by_text("Você disse: oi")).to_be_visible()


def test_a_lost_connection_is_told_in_words_and_mends_itself(browser: Browser) -> None:
    port = free_ports(1)[0]
    stub = WebStub(website=WEBSITE)
    context = browser.new_context(locale="pt-BR")
    page = context.new_page()
    with serving(stub, port):
        page.goto(stub.url)
        say(page, "primeira")
        expect(page.get_by_text("Você disse: primeira")).to_be_visible()

    status = page.locator("#status")
    expect(status).to_have_text("Sem conexão. Estou tentando de novo…", timeout=10_000)
    say(page, "segunda")
    with serving(stub, port):
        expect(page.get_by_text("Você disse: segunda")).to_be_visible(timeout=30_000)
        expect(status).not_to_have_text("Sem conexão. Estou tentando de novo…", timeout=30_000)
        expect(page.locator(".assistant")).to_have_count(2)
    context.close()


def test_a_cut_stream_goes_on_without_losing_or_repeating(page: Page, web: WebStub) -> None:
    web.answer = lambda _: [{"text": "um", "final": False}, {"text": "dois", "final": False}, {"text": "três"}]
    web.cut_streams = 2

    say(page, "oi")

    expect(page.locator(".assistant .bubble")).to_have_text(["um", "dois", "três"], timeout=20_000)


def test_what_the_citizen_wrote_is_shown_as_text_and_replaced_by_what_was_stored(page: Page, web: WebStub) -> None:
    web.hold.set()
    say(page, "<img src=x onerror=alert(1)> minha senha é azul")
    bubble = page.locator(".citizen .bubble")
    expect(bubble).to_have_text("<img src=x onerror=alert(1)> minha senha é azul")
    wait_until(lambda: web.received)
    web.events[0]["text"] = "minha senha é ***"
    web.hold.clear()

    expect(bubble).to_have_text("minha senha é ***")
    assert page.locator(".citizen img").count() == 0


def test_typing_is_said_in_words_until_the_final_answer(page: Page, web: WebStub) -> None:
    web.answer = lambda _: [{"text": "Está demorando.", "final": False}]
    say(page, "oi")
    expect(page.get_by_text("Está demorando.")).to_be_visible()
    expect(page.locator("#typing")).to_have_text("O Guichê está escrevendo…")

    web.reply(web.received[0]["id"], text="Pronto.")

    expect(page.get_by_text("Pronto.")).to_be_visible()
    expect(page.locator("#typing")).to_have_text("")


def test_no_answer_is_read_aloud_while_history_comes_in(page: Page, web: WebStub) -> None:
    say(page, "oi")
    expect(page.locator(".assistant")).to_have_count(1)
    web.hold.set()
    page.reload()
    log = page.get_by_role("log")
    expect(log).to_have_attribute("aria-busy", "true")
    web.hold.clear()

    expect(page.locator(".message")).to_have_count(2)
    expect(log).not_to_have_attribute("aria-busy", "true")


def test_without_javascript_the_page_says_so(browser: Browser, web: WebStub) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(web.url)

    expect(page.get_by_text("pode ser antigo ou estar com o JavaScript desligado")).to_be_visible()
    assert "<noscript>" in page.content()
    expect(page.locator("form")).to_have_count(0)
    context.close()


def test_what_could_not_be_sent_is_sent_after_a_reload_with_the_same_id(page: Page, web: WebStub) -> None:
    ids: list[str] = []
    page.route("**/chat/messages", lambda route: (ids.append(route.request.post_data_json["id"]), route.abort()))
    say(page, "não se perca")
    wait_until(lambda: ids)
    page.unroute("**/chat/messages")
    page.reload()

    expect(page.get_by_text("Você disse: não se perca")).to_be_visible()
    assert [message["id"] for message in web.received] == ids[:1]
    expect(page.locator(".citizen")).to_have_count(1)


def test_markup_that_the_server_never_makes_comes_out_as_text(page: Page, web: WebStub) -> None:
    html = (
        '<p onclick="alert(1)">fulano_da_silva@x.gov.br <strong>a &lt; b &amp; c</strong><img src=x onerror="alert(2)">'
        '<a href="javascript:alert(3)">um</a> <a href="https://exemplo.gov.br/a_b?c=1&amp;d=2">dois</a></p>'
        '<script>alert(4)</script><ol start="3"><li>três</li></ol>'
    )
    web.answer = lambda _: [{"text": "x", "html": html}]
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    say(page, "oi")

    bubble = page.locator(".assistant .bubble")
    expect(bubble.locator("strong")).to_have_text("a < b & c")
    expect(bubble).to_contain_text("fulano_da_silva@x.gov.br")
    expect(bubble).to_contain_text("<script>alert(4)</script>")
    assert bubble.locator("a").evaluate_all("links => links.map(link => [link.textContent, link.href])") == [
        ["dois", "https://exemplo.gov.br/a_b?c=1&d=2"]
    ]
    assert bubble.locator("img, script, [onclick]").count() == 0
    expect(bubble.locator("ol")).to_have_attribute("start", "3")
    assert dialogs == []


def test_a_button_with_an_address_is_a_link_and_an_unsafe_one_is_not_shown(page: Page, web: WebStub) -> None:
    web.answer = lambda _: [
        {
            "text": "Entre com a sua conta.",
            "buttons": [
                {"title": "Entrar com gov.br", "url": "https://sso.exemplo.gov.br/entrar?a=1"},
                {"title": "Entrar aqui", "url": f"{web.url}/entrar"},
                {"title": "Roubar", "url": "javascript:alert(1)"},
                {"title": "Sem cadeado", "url": "http://exemplo.gov.br/"},
                "Agora não",
            ],
        }
    ]
    say(page, "oi")

    link = page.get_by_role("link", name="Entrar com gov.br (abre em outra aba)")
    expect(link).to_have_attribute("href", "https://sso.exemplo.gov.br/entrar?a=1")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    expect(link).to_have_attribute("target", "_blank")
    expect(page.get_by_role("link", name="Entrar aqui")).to_be_visible()
    expect(page.get_by_role("button", name="Agora não")).to_be_visible()
    for unsafe in ("Roubar", "Sem cadeado"):
        expect(page.get_by_text(unsafe)).to_have_count(0)


def test_a_message_says_that_it_was_delivered(page: Page, web: WebStub) -> None:
    web.answer = lambda _: []
    say(page, "oi")
    expect(page.locator(".citizen .who")).to_contain_text("Entregue")
