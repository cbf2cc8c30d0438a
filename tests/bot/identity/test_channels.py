"""Signing in on each channel: the link goes out as that channel shows links, the code comes back, "sair" ends it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from starlette.responses import JSONResponse, Response

from sandbox.identity.app import Provider
from sandbox.portal.serving import running
from tests.bot.conftest import OpenDesk
from tests.bot.support.assistant import StandIn
from tests.bot.support.serving import free_port, until
from tests.bot.telegram.conftest import SECRET as TELEGRAM_SECRET
from tests.bot.telegram.conftest import TOKEN as TELEGRAM_TOKEN
from tests.bot.telegram.conftest import Telegram, telegram  # noqa: F401  a fixture
from tests.bot.whatsapp.conftest import Meta, meta  # noqa: F401  a fixture
from tests.bot.whatsapp.front_desk import settings as whatsapp_settings

_FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
_LINK = re.compile(r"http://127\.0\.0\.1:\d+/entrar/[\w-]+")


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
        return JSONResponse(stand_in.answer(body, text="É preciso entrar.", custom=asked))

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


async def code_for(link: str) -> tuple[str, str]:
    """Signs in in a browser of its own: the page that names the chat, and the code."""
    async with httpx.AsyncClient(trust_env=False, follow_redirects=True, timeout=20) as browser:
        page = (await browser.get(link)).text
        choose = await browser.post(link, data={**dict(_FIELD.findall(page)), "answer": "yes"})
        fields = dict(_FIELD.findall(choose.text))
        shown = await browser.post(str(choose.url.join("/authorize")), data={**fields, "account": "busy"})
        code = re.search(r'id="code">(\d{3}) (\d{3})<', shown.text)
        assert code, shown.text
        return page, code[1] + code[2]


async def has(texts: Callable[[], Any], part: str) -> None:
    async def there() -> bool:
        return any(part in text for text in await texts())

    await until(there)


async def test_on_telegram(open_desk: OpenDesk, telegram: Telegram) -> None:  # noqa: F811
    port, identity = free_port(), free_port()
    provider, settings = provider_at(f"http://127.0.0.1:{identity}", f"http://127.0.0.1:{port}")
    settings |= {
        "public_url": f"http://127.0.0.1:{port}",
        "telegram_token": SecretStr(TELEGRAM_TOKEN),
        "telegram_secret": SecretStr(TELEGRAM_SECRET),
        "telegram_api_url": telegram.url,
    }

    async def texts() -> list[str]:
        return [message["text"] for message in await telegram.arrived()]

    with running(provider.app(), identity):
        async with open_desk(port, **settings) as (url, _):
            hook = {"url": f"{url}/telegram/webhook", "secret_token": TELEGRAM_SECRET}
            assert (await telegram.api("setWebhook", **hook)).json()["ok"]
            await telegram.say("pendências")
            await has(texts, "É preciso entrar")
            (message,) = [item for item in await telegram.arrived() if "É preciso entrar" in item["text"]]
            (found,) = set(_LINK.findall(str(message)))
            page, code = await code_for(found)
            assert "Telegram, conversa terminada em 7001" in page
            await telegram.say(code)
            await has(texts, "Pronto, Maria")
            await has(texts, "não tem pendências abertas")
            await telegram.say("sair")
            await has(texts, "apague essas mensagens")


async def test_on_whatsapp(open_desk: OpenDesk, meta: Meta) -> None:  # noqa: F811
    identity = free_port()
    provider, settings = provider_at(f"http://127.0.0.1:{identity}", f"http://127.0.0.1:{meta.port}")
    settings["public_url"] = f"http://127.0.0.1:{meta.port}"

    async def texts() -> list[str]:
        return meta.texts()

    with running(provider.app(), identity):
        async with open_desk(meta.port, **whatsapp_settings(meta, **settings, session_rate="1000/second")):
            await meta.say("pendências")
            await has(texts, "É preciso entrar")
            (found,) = {link for text in meta.texts() for link in _LINK.findall(text)}
            page, code = await code_for(found)
            assert "WhatsApp, número terminado em 0001" in page
            await meta.say(code)
            await has(texts, "Pronto, Maria")
            await meta.say("Sair")
            await has(texts, "apague essas mensagens")
