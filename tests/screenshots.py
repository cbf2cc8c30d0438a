"""Makes the README's pictures anew: ``python -m tests.screenshots [folder]``, docs/images unless it says otherwise.

The whole system runs, with the model as trained and the stand-ins of the channels; the browser is Chromium.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from bot.cli.paths import ROOT
from bot.cli.ports import free_ports
from tests.bot.cli.web_stub import in_thread
from tests.bot.widget.browser import chromium
from tests.bot.widget.embedding import DESKTOP, PHONE, ask, launcher, panel
from tests.whole_system import WholeSystem

CHAT = (480, 940)
"""A phone's chat, with room for one answer."""
CITY_HALL = """<!doctype html><html lang="pt-BR"><head><meta charset="utf-8"><title>Prefeitura Municipal</title><style>
body { margin: 0; font: 17px/1.6 Georgia, "DejaVu Serif", serif; color: #222; }
.top { background: #235a7c; color: #fff; padding: 20px 48px; font-size: 24px; }
nav { background: #e4ecf4; padding: 12px 48px; display: flex; gap: 28px; }
nav a { color: #10283c; } main { padding: 24px 48px; max-width: 660px; } h1 { font-size: 35px; }
[vw] { position: fixed; right: 0; top: 373px; width: 54px; height: 54px; background: #1b4fa3; color: #fff;
  border-radius: 8px 0 0 8px; font: 12px sans-serif; display: grid; place-items: center; }
</style><script src="%s/widget.js" defer></script></head><body><div class="top">Prefeitura Municipal</div>
<nav><a href="#">Serviços</a><a href="#">Secretarias</a><a href="#">Transparência</a></nav>
<main><h1>Processos sem papel</h1><p>Abra, acompanhe e assine seus processos pela internet, sem sair de casa.</p>
<h2>Antes de começar</h2><p>Você precisa do cadastro no Portal de Atendimento. Ele é gratuito e serve para todos os
serviços.</p></main><div vw>VLibras</div></body></html>"""
AGAIN = """async ([home, text]) => {
  const { token } = JSON.parse(localStorage["guiche.token"]);
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  const body = JSON.stringify({ id: crypto.randomUUID(), text });
  await fetch(`${home}/chat/messages`, { method: "POST", headers, body });
}"""


@contextmanager
def page(browser: Browser, url: str, size: tuple[int, int], **options: Any) -> Iterator[Page]:
    """A window of somebody who was never here."""
    viewport = {"width": size[0], "height": size[1]}
    context = browser.new_context(viewport=viewport, locale="pt-BR", **options)  # type: ignore[arg-type]
    opened = context.new_page()
    opened.goto(url)
    yield opened
    context.close()


def chat(browser: Browser, url: str, text: str, to: Path, size: tuple[int, int], **options: Any) -> None:
    """The page at ``/`` after one question."""
    with page(browser, url, size, **options) as window:
        expect(window.locator("#welcome")).to_be_visible()
        window.get_by_label("Escreva sua mensagem").fill(text)
        window.keyboard.press("Enter")
        expect(window.locator(".assistant")).to_have_count(1)
        expect(window.get_by_role("log")).not_to_have_attribute("aria-busy", "true")
        window.screenshot(path=to)


def widget(browser: Browser, site: str, home: str, folder: Path) -> None:
    """On a city hall's page: open, and closed with an answer that nobody has seen yet."""
    with page(browser, site, DESKTOP) as window:
        expect(launcher(window)).to_be_visible()
        ask(window, "esqueci minha senha")
        window.screenshot(path=folder / "widget.png")
        window.get_by_role("button", name="Fechar a conversa").click()
        expect(panel(window)).to_be_hidden()
        window.evaluate(AGAIN, [home, "como assino um documento?"])
        expect(window.locator(".badge")).to_have_text("1")
        window.mouse.move(10, 700)
        window.screenshot(path=folder / "widget-closed.png")


def stand_in(browser: Browser, url: str, answered: str, to: Path) -> None:
    """A stand-in's own page, on which a person writes as a citizen."""
    with page(browser, url, CHAT) as window:
        window.get_by_label("Mensagem").fill("esqueci minha senha")
        window.keyboard.press("Enter")
        expect(window.locator(answered)).to_be_visible(timeout=20_000)
        window.screenshot(path=to)


def main(folder: Path) -> None:
    port = free_ports(1)[0]
    site = f"http://localhost:{port}"
    settings = {"GUICHE_SANDBOX_CHANNELS": "1", "GUICHE_NOTICE_AFTER": "8", "GUICHE_WIDGET_ORIGINS": site}
    with tempfile.TemporaryDirectory() as state, WholeSystem(Path(state), **settings) as system, chromium() as browser:

        async def city_hall(_: Request) -> Response:
            return HTMLResponse(CITY_HALL % system.url)

        chat(browser, system.url, "esqueci minha senha", folder / "chat.png", (1280, 840))
        chat(browser, system.url, "como assino um documento?", folder / "chat-phone.png", PHONE)
        chat(browser, system.url, "PMP 2023/500100", folder / "chat-dark.png", PHONE, color_scheme="dark")
        with in_thread(Starlette(routes=[Route("/", city_hall)]), port):
            widget(browser, site, system.url, folder)
        for channel in system.parts.channels:
            answered = ".row >> nth=0" if channel.name == "telegram" else ".options >> nth=0"
            stand_in(browser, system.parts.page(channel), answered, folder / f"{channel.name}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images")
