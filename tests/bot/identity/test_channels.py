"""Signing in on each channel: the link goes out as that channel shows links, the code comes back, "sair" ends it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import httpx
from pydantic import SecretStr

from bot.shown import shown
from sandbox.portal.serving import running
from tests.bot.conftest import OpenDesk
from tests.bot.identity.conftest import code_for, provider_at
from tests.bot.support.serving import free_port, until
from tests.bot.telegram.conftest import SECRET as TELEGRAM_SECRET
from tests.bot.telegram.conftest import TOKEN as TELEGRAM_TOKEN
from tests.bot.telegram.conftest import Telegram, telegram  # noqa: F401  a fixture
from tests.bot.whatsapp.conftest import Meta, meta  # noqa: F401  a fixture
from tests.bot.whatsapp.front_desk import settings as whatsapp_settings

SITE = "https://www.cidade.example"
_LINK = re.compile(r"http://127\.0\.0\.1:\d+/entrar/[\w-]+")


async def has(texts: Callable[[], Any], part: str) -> None:
    async def there() -> bool:
        return any(part in text for text in await texts())

    await until(there)


async def until_asked_again(texts: Callable[[], Any]) -> None:
    """Nobody is signed in any more: the same question asks for it a second time."""

    async def twice() -> bool:
        return sum("É preciso entrar" in text for text in await texts()) == 2

    await until(twice)


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
            assert 'Telegram, conversa de "Cidadã"' in html.unescape(page)
            await telegram.say(code)
            await has(texts, "Pronto, Maria")
            await has(texts, "não tem pendências abertas")
            await telegram.say("sair")
            await has(texts, "apague essas mensagens")
            await telegram.say("pendências")
            await until_asked_again(texts)


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
            await meta.say("pendências")
            await until_asked_again(texts)


async def test_on_another_site_s_page_the_code_is_needed_whatever_the_browser_holds_besides(
    open_desk: OpenDesk,
) -> None:
    """The widget's token is not the chat page's cookie, even where one browser has both."""
    port, identity = free_port(), free_port()
    provider, settings = provider_at(f"http://127.0.0.1:{identity}", f"http://127.0.0.1:{port}")
    settings |= {"public_url": f"http://127.0.0.1:{port}", "widget_origins": (SITE,)}
    with running(provider.app(), identity):
        async with open_desk(port, **settings) as (url, desk), httpx.AsyncClient(base_url=url, trust_env=False) as http:
            assert "guiche_session" in (await http.post("/chat/session", json={})).cookies
            opened = (await http.post("/chat/session", json={}, headers={"Origin": SITE})).json()
            conversation, token = opened["conversation"], {"Origin": SITE, "Authorization": f"Bearer {opened['token']}"}

            async def texts() -> list[str]:
                rows = await desk.store.transcript(conversation, 0)
                return [shown(row, desk.vault, await desk.store.access(conversation)).text for row in rows]

            async def say(number: str, text: str) -> httpx.Response:
                answer = await http.post("/chat/messages", json={"id": number, "text": text}, headers=token)
                assert answer.status_code == 202, answer.text
                return answer

            await say("1", "pendências")
            await has(texts, "É preciso entrar")
            (row,) = [row for row in await desk.store.transcript(conversation, 0) if row.secret]
            (button,) = shown(row, desk.vault, None).buttons
            page, code = await code_for(str(button.url), http.cookies)
            assert "chat do site www.cidade.example" in page
            old = token
            answer = (await say("2", code)).json()
            await has(texts, "Pronto, Maria")
            token = {"Origin": SITE, "Authorization": f"Bearer {answer['token']}"}
            assert (await http.post("/chat/session", json={}, headers=old)).status_code == 409
            assert (await http.post("/chat/session", json={}, headers=token)).json()["conversation"] == conversation
            await say("3", "sair")
            await has(texts, "encerrei o seu acesso")
            assert (await http.post("/chat/session", json={}, headers=old)).json()["conversation"] == conversation
