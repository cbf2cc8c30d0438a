"""The fake Cloud API on a real socket, and a client of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from bot.channels.whatsapp.client import CloudApi
from sandbox.portal.serving import running
from sandbox.whatsapp.app import Account
from sandbox.whatsapp.app import CloudApi as FakeCloudApi
from tests.bot.support.serving import DEADLINE, free_port

TOKEN, APP_SECRET, VERIFY_TOKEN, NUMBER = "EAAtoken", "app secret of the tests", "verify token", "106540352242922"


@dataclass
class Meta:
    """The fake as a test sees it: what citizens do, what goes wrong, what arrived."""

    url: str
    port: int
    """Where the front desk has to listen to hear it."""
    fake: FakeCloudApi

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        async with httpx.AsyncClient(base_url=f"{self.url}/_control", trust_env=False, timeout=DEADLINE) as http:
            answer = await http.request(method, path, json=body)
            answer.raise_for_status()
            return answer.json() if answer.content else None

    async def say(self, text: str, wa_id: str | None = "5519987650001", **more: Any) -> str:
        return await self.send({"type": "text", "text": {"body": text}}, wa_id, **more)

    async def send(self, message: dict[str, Any], wa_id: str | None = "5519987650001", **more: Any) -> str:
        told = await self.control("POST", "/say", {"wa_id": wa_id, "message": message, **more})
        return str(told["id"])

    async def post(self, payload: dict[str, Any]) -> int:
        return int((await self.control("POST", "/post", payload))["status"])

    async def fault(self, kind: str, **options: Any) -> None:
        await self.control("POST", "/faults", {"kind": kind, **options})

    async def settings(self, **values: Any) -> None:
        await self.control("PUT", "/settings", values)

    async def status(self, wamid: str, status: str, code: int | None = None) -> int:
        body = {"id": wamid, "status": status, **({} if code is None else {"code": code})}
        return int((await self.control("POST", "/statuses", body))["status"])

    def sent(self, wa_id: str | None = None) -> list[dict[str, Any]]:
        """What was accepted, in order."""
        return [item.message for item in list(self.fake.number.sent) if wa_id in (None, item.person.wa_id)]

    def texts(self, wa_id: str | None = None) -> list[str]:
        return [body_of(message) for message in self.sent(wa_id)]


def body_of(message: dict[str, Any]) -> str:
    content = message["text"]["body"] if message["type"] == "text" else message["interactive"]["body"]["text"]
    return str(content)


@pytest.fixture
def meta() -> Iterator[Meta]:
    port = free_port()
    webhook = f"http://127.0.0.1:{port}/whatsapp/webhook"
    fake = FakeCloudApi(Account(TOKEN, APP_SECRET, VERIFY_TOKEN, NUMBER, webhook))
    with running(fake.app) as url:
        yield Meta(url, port, fake)


@pytest.fixture
async def api(meta: Meta) -> Any:
    async with CloudApi(TOKEN, NUMBER, url=meta.url, version="v26.0") as client:
        yield client
