"""The widget as a citizen finds it on a page of another site."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Self

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request, expect
from starlette.responses import JSONResponse, Response

from tests.bot.support.assistant import StandIn
from tests.bot.widget.host import Host

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
DESKTOP, PHONE = (1280, 800), (360, 640)
STEPS = "Siga os passos:\n\n1. Clique em **Entrar**.\n2. Veja [o portal](https://exemplo.gov.br/ajuda).\n\n- item"


def script(body: dict[str, Any]) -> Response | None:
    """Answers with steps and two buttons, and with a plain text to a button."""
    if "payload" in body:
        return JSONResponse(StandIn.answer(body, text=f"Apertou {body['payload']['intent']}"))
    buttons = [
        {"title": "Próximo", "payload": {"intent": "next", "entities": {}}},
        {"title": "Falar com uma pessoa", "payload": {"intent": "human", "entities": {}}},
    ]
    return JSONResponse(StandIn.answer(body, text=STEPS, buttons=buttons))


def violations(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 A and AA."""
    return _found(page, "tag", WCAG)


def contrasts_below_seven(page: Page) -> list[str]:
    """Texts that WCAG AAA would have with more contrast."""
    return _found(page, "rule", ["color-contrast-enhanced"])


def _found(page: Page, kind: str, values: list[str]) -> list[str]:
    results = Axe().run(page, options={"runOnly": {"type": kind, "values": values}})
    assert results.response["passes"]  # it looked
    return [f"{fault['id']}: {fault['nodes'][0]['html']}" for fault in results.response["violations"]]


class Visit:
    """One browser on the other site, with a notebook of what went wrong and what was asked."""

    def __init__(self, context: BrowserContext, host: Host, kind: str) -> None:
        self.context = context
        self.host = host
        self.faults: list[str] = []
        self.requests: list[Request] = []
        self.page = self.window(kind)

    def window(self, kind: str) -> Page:
        """One more window of the same browser."""
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda line: self.faults.append(line.text) if line.type in ("error", "warning") else None)
        page.on("request", lambda request: self.requests.append(request))  # noqa: PLW0108  Playwright marks it
        page.goto(f"{self.host.url}/{kind}")
        return page


def launcher(page: Page) -> Locator:
    return page.get_by_role("button", name="Ajuda: conversar com o Guichê")


def panel(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Guichê")


def box(page: Page) -> Locator:
    return page.get_by_label("Escreva sua mensagem")


def ask(page: Page, text: str) -> None:
    """Open the panel if need be, ask, and wait for the answer."""
    if not panel(page).is_visible():
        launcher(page).click()
    before = page.locator(".assistant").count()
    box(page).fill(text)
    box(page).press("Enter")
    expect(page.locator(".assistant")).to_have_count(before + 1)


class Embedding:
    """A front desk that can be stopped and started, a host page, and the visits to it."""

    def __init__(self, browser: Browser, host: Host, serve: Callable[[], AbstractContextManager[str]]) -> None:
        self.host = host
        self._browser = browser
        self._serve = serve
        self._serving: AbstractContextManager[str] | None = None
        self._contexts: list[BrowserContext] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        for context in self._contexts:
            context.close()
        self.stop()

    def start(self) -> None:
        self._serving = self._serve()
        self._serving.__enter__()

    def stop(self) -> None:
        if self._serving is not None:
            self._serving.__exit__(None, None, None)
        self._serving = None

    def visit(self, kind: str = "plain", size: tuple[int, int] = DESKTOP, **options: Any) -> Visit:
        """Somebody who was never here."""
        context = self._browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="pt-BR", **options)
        self._contexts.append(context)
        return Visit(context, self.host, kind)
