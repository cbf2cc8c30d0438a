"""Signing in at a front desk with a stand-in assistant and the real provider of the sandbox, in this process."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from starlette.responses import JSONResponse, Response

from bot.desk import FrontDesk
from sandbox.identity.app import Provider
from sandbox.portal.serving import running
from tests.bot.conftest import OpenDesk
from tests.bot.support.assistant import StandIn
from tests.bot.support.browser import Browser
from tests.bot.support.serving import free_port

FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
NEEDED = "É preciso entrar."


@pytest.fixture(autouse=True)
def personal(stand_in: StandIn) -> None:
    """Answers "pendências" with personal data to whoever is signed in, and asks others to sign in."""

    def script(body: dict[str, Any]) -> Response | None:
        if body["text"] != "pendências":
            return None
        if body["metadata"]["session"]:
            private = {"kind": "pendencies", "total": 0, "items": []}
            return JSONResponse(stand_in.answer(body, custom={"private": private}))
        asked = {"command": "request_login", "purpose": "list_pendencies"}
        return JSONResponse(stand_in.answer(body, text=NEEDED, custom=asked))

    stand_in.script = script


def provider_at(url: str, back: str) -> tuple[Provider, dict[str, Any]]:
    """A provider for the front desk at ``back``, and the front desk's settings for it."""
    provider = Provider(f"{url}/", "guiche", "secret of the client", f"{back}/entrar/retorno")
    return provider, {
        "oidc_issuer": f"{url}/",
        "oidc_authorize_url": f"{url}/authorize",
        "oidc_token_url": f"{url}/token",
        "oidc_jwks_url": f"{url}/jwk",
        "oidc_client_id": "guiche",
        "oidc_client_secret": SecretStr("secret of the client"),
    }


async def code_for(link: str, cookies: httpx.Cookies | None = None) -> tuple[str, str]:
    """Signs in in a browser of its own, or one with these cookies: the page that names the chat, and the code."""
    async with httpx.AsyncClient(trust_env=False, follow_redirects=True, timeout=20, cookies=cookies) as browser:
        page = (await browser.get(link)).text
        choose = await browser.post(link, data={**dict(FIELD.findall(page)), "answer": "yes"})
        fields = dict(FIELD.findall(choose.text))
        shown = await browser.post(str(choose.url.join("/authorize")), data={**fields, "account": "busy"})
        code = re.search(r'id="code">(\d{3}) (\d{3})<', shown.text)
        assert code, shown.text
        return page, code[1] + code[2]


@dataclass
class Place:
    """A front desk where citizens can sign in."""

    url: str
    desk: FrontDesk
    provider: Provider

    async def link(self, browser: Browser, text: str = "pendências") -> str:
        """Ask something personal; the link that is offered."""
        reply = await browser.ask(text)
        (button,) = [button for button in reply["buttons"] if "url" in button]
        return str(button["url"])


type OpenPlace = Callable[..., AbstractAsyncContextManager[Place]]


@pytest.fixture
def open_place(open_desk: OpenDesk) -> OpenPlace:
    """Opens a front desk with a provider; keywords change settings."""

    @asynccontextmanager
    async def opened(**changes: Any) -> AsyncIterator[Place]:
        port, identity = free_port(), free_port()
        provider, settings = provider_at(f"http://127.0.0.1:{identity}", f"http://127.0.0.1:{port}")
        settings["public_url"] = f"http://127.0.0.1:{port}"
        with running(provider.app(), identity):
            async with open_desk(port, **settings, **changes) as (url, desk):
                yield Place(url, desk, provider)

    return opened
