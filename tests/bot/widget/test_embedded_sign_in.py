"""Signing in from the widget on another site's page: the code, and the token that serves from then on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from pydantic import SecretStr
from starlette.responses import JSONResponse, Response

from bot.app import create_app
from bot.cli.ports import free_ports
from bot.settings import Settings
from sandbox.portal.serving import running
from tests.bot.cli.web_stub import in_thread
from tests.bot.identity.conftest import provider_at
from tests.bot.support.assistant import SECRET, StandIn
from tests.bot.widget.conftest import ROOT
from tests.bot.widget.embedding import Embedding, box, launcher
from tests.bot.widget.host import hosting

TITLE, MINE = "Entrar com GOV.BR", "não tem pendências abertas"


def script(body: dict[str, Any]) -> Response | None:
    """Personal data for whoever is signed in; others are asked to sign in."""
    if body["metadata"]["session"]:
        return JSONResponse(StandIn.answer(body, custom={"private": {"kind": "pendencies", "total": 0, "items": []}}))
    asked = {"command": "request_login", "purpose": "list_pendencies"}
    return JSONResponse(StandIn.answer(body, text="É preciso entrar.", custom=asked))


@pytest.fixture
def embedding(browser: Browser, tmp_path: Path) -> Iterator[Embedding]:
    ours, theirs, identity = free_ports(3)
    url = f"http://127.0.0.1:{ours}"
    provider, settings = provider_at(f"http://127.0.0.1:{identity}", url)
    with (
        in_thread(StandIn(script=script).app()) as rasa,
        hosting(url, theirs) as host,
        running(provider.app(), identity),
    ):
        settings |= {
            "state_dir": tmp_path,
            "data_dir": ROOT / "data",
            "rasa_url": rasa,
            "rasa_secret": SecretStr(SECRET),
            "port": ours,
            "widget_origins": (host.url,),
        }
        with Embedding(browser, host, lambda: in_thread(create_app(Settings(**settings)), ours)) as opened:
            yield opened


def test_the_code_is_typed_in_the_widget_and_every_window_of_it_goes_on(embedding: Embedding, browser: Browser) -> None:
    visit = embedding.visit()
    page = visit.page
    launcher(page).click()
    box(page).fill("minhas pendências")
    box(page).press("Enter")
    link = str(page.get_by_role("link", name=TITLE).get_attribute("href"))
    other = visit.window("plain")
    launcher(other).click()
    expect(other.get_by_role("link", name=TITLE)).to_be_visible()
    copied = page.evaluate("JSON.parse(localStorage.getItem('guiche.token')).token")

    # In the same browser, and still with a code: the widget's conversation is not the chat page's.
    phone = visit.context.new_page()
    phone.goto(link)
    phone.get_by_role("button", name=TITLE).click()
    phone.get_by_role("button", name="Maria Aparecida de Souza").click()
    code = phone.locator("#code").inner_text()

    box(page).fill(code)
    box(page).press("Enter")
    for window in (page, other):
        expect(window.locator(".personal")).to_have_count(1)
        expect(window.locator(".personal")).to_contain_text(MINE)
    assert page.evaluate("JSON.parse(localStorage.getItem('guiche.token')).token") != copied
    refused = page.evaluate(
        """async ([address, token]) => {
          const headers = {"Content-Type": "application/json", Authorization: `Bearer ${token}`};
          return (await fetch(address, {method: "POST", headers, body: "{}", credentials: "omit"})).status;
        }""",
        [f"{embedding.host.widget}/chat/session", copied],
    )
    assert refused == 409
    box(other).fill("sair")
    box(other).press("Enter")
    for window in (page, other):
        expect(window.locator(".personal")).to_have_count(0)
        expect(window.get_by_text("encerrei o seu acesso")).to_be_visible()
