"""A front desk with a stand-in for Rasa behind it and a stand-in for Telegram before it, all over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from bot.desk import FrontDesk
from sandbox.portal.serving import running
from sandbox.telegram.faults import Fault
from tests.bot.conftest import OpenDesk
from tests.bot.support.serving import until

TOKEN = "123456:token-of-the-tests"
SECRET = "secret-of-the-tests"
PERSON = 7001


class Telegram:
    """The stand-in's control API, and the webhook of the front desk that it calls."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.AsyncClient(base_url=url, trust_env=False, timeout=20)

    async def call(self, what: str, **body: Any) -> dict[str, Any]:
        answer = await self.http.post(f"/_control/{what}", json=body)
        answer.raise_for_status()
        return dict(answer.json()) if answer.content else {}

    async def say(self, text: str | None = None, chat: int = PERSON, **content: Any) -> dict[str, Any]:
        """A person writes ``text``, or sends fields of Message."""
        return await self.call("say", chat=chat, content=content if text is None else {"text": text, **content})

    async def press(self, message: dict[str, Any], title: str) -> dict[str, Any]:
        rows = message["reply_markup"]["inline_keyboard"]
        data = next(button["callback_data"] for row in rows for button in row if button["text"] == title)
        return await self.call("press", chat=message["chat"]["id"], message_id=message["message_id"], data=data)

    async def fault(self, kind: str, **options: Any) -> None:
        Fault(kind=kind, **options)  # type: ignore[arg-type]  # wrong names fail here
        await self.call("faults", kind=kind, **options)

    async def settings(self, **changes: Any) -> None:
        (await self.http.put("/_control/settings", json=changes)).raise_for_status()

    async def state(self) -> dict[str, Any]:
        return dict((await self.http.get("/_control")).json())

    async def arrived(self, chat: int = PERSON) -> list[dict[str, Any]]:
        """The bot's messages in a chat, in order."""
        return [item["message"] for item in (await self.state())["sent"] if item["message"]["chat"]["id"] == chat]

    async def texts(self, chat: int = PERSON) -> list[str]:
        """Their last paragraphs: without who speaks."""
        return [message["text"].split("\n\n")[-1] for message in await self.arrived(chat)]

    async def expect(self, count: int, chat: int = PERSON, within: float = 20) -> list[dict[str, Any]]:
        """Waits for so many messages."""

        async def there() -> bool:
            return len(await self.arrived(chat)) >= count

        await until(there, within)
        return await self.arrived(chat)

    async def api(self, method: str, **parameters: Any) -> httpx.Response:
        """A call of the Bot API."""
        return await self.http.post(f"/bot{TOKEN}/{method}", json=parameters)


type OpenTelegram = Callable[..., AbstractAsyncContextManager[tuple[str, FrontDesk]]]


@pytest.fixture
async def telegram() -> AsyncIterator[Telegram]:
    from sandbox.telegram.app import BotApi  # noqa: PLC0415  one for each test

    with running(BotApi(TOKEN).app) as url:
        client = Telegram(url)
        yield client
        await client.http.aclose()


@pytest.fixture
def open_telegram(open_desk: OpenDesk, telegram: Telegram) -> OpenTelegram:
    """A front desk that Telegram calls (``webhook=False``: that polls)."""

    @asynccontextmanager
    async def opened(webhook: bool = True, **changes: Any) -> AsyncIterator[tuple[str, FrontDesk]]:
        settings: dict[str, Any] = {
            "telegram_token": SecretStr(TOKEN),
            "telegram_secret": SecretStr(SECRET),
            "telegram_api_url": telegram.url,
            "public_url": "https://guiche.example" if webhook else None,
            "encryption_key": SecretStr(Fernet.generate_key().decode()),
            "secret_key": SecretStr("s" * 32),
            **changes,
        }
        async with open_desk(**settings) as (url, desk):
            if webhook:
                hook = {"url": f"{url}/telegram/webhook", "secret_token": SECRET}
                assert (await telegram.api("setWebhook", **hook)).json()["ok"]
            yield url, desk

    return opened
