"""A citizen's browser: the cookie, the messages, the event stream; nothing a real one does not have."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from typing import Any, Self

import httpx

from tests.bot.support.serving import DEADLINE, until


class Browser:
    """One window: ``async with Browser(url) as browser``; ``events`` grows as the stream brings them."""

    def __init__(self, url: str, *, cookies: httpx.Cookies | None = None, after: int | None = None) -> None:
        self.http = httpx.AsyncClient(base_url=url, cookies=cookies, timeout=DEADLINE, trust_env=False)
        self.conversation = ""
        self.events: list[tuple[str, str | None, dict[str, Any]]] = []
        self._after = after
        self._reader: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        answer = await self.http.post("/chat/session", json={})
        answer.raise_for_status()
        self.conversation = answer.json()["conversation"]
        self.listen()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop_listening()
        await self.http.aclose()

    def listen(self) -> None:
        self._reader = asyncio.create_task(self._read())

    async def stop_listening(self) -> None:
        if self._reader is not None:
            self._reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reader

    async def _read(self) -> None:
        last: str | None = None
        while True:
            headers = {"Last-Event-ID": last} if last else {}
            params = {"after": self._after} if self._after is not None else {}
            with contextlib.suppress(httpx.TransportError):
                async with self.http.stream("GET", "/chat/events", headers=headers, params=params) as response:
                    assert response.status_code == 200, response.status_code
                    event: dict[str, str] = {}
                    async for line in response.aiter_lines():
                        if line:
                            name, _, value = line.partition(":")
                            event[name] = value.removeprefix(" ")
                        else:
                            if "data" in event:
                                last = event.get("id", last)
                                self.events.append(
                                    (event.get("event", "message"), event.get("id"), json.loads(event["data"]))
                                )
                            event = {}
            await asyncio.sleep(0.05)

    async def send(self, text: str | None = None, *, button: str | None = None, id: str | None = None) -> str:  # noqa: A002
        """Sends a message and returns its id; raises for a refusal."""
        id = id or str(uuid.uuid4())  # noqa: A001
        body = {"id": id, "text": text} if button is None else {"id": id, "button": button}
        answer = await self.http.post("/chat/messages", json=body)
        assert answer.status_code == 202, answer.text
        return id

    def said(self, reference: str | None = None, *, final: bool | None = None) -> list[dict[str, Any]]:
        """What the assistant said, in order; to one message, final or not."""
        return [
            data
            for kind, _, data in self.events
            if kind == "message"
            and data["from"] == "assistant"
            and (reference is None or data["in_reply_to"] == reference)
            and (final is None or data["final"] is final)
        ]

    def texts(self, reference: str | None = None) -> list[str]:
        return [data["text"] for data in self.said(reference)]

    async def answer(self, reference: str, within: float = DEADLINE) -> dict[str, Any]:
        """The final answer to a message."""
        await until(lambda: self.said(reference, final=True), within)
        return self.said(reference, final=True)[-1]

    async def ask(self, text: str, within: float = DEADLINE) -> dict[str, Any]:
        return await self.answer(await self.send(text), within)
