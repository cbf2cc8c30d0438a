"""A citizen for many at once: asyncio, either front desk, the same message again until somebody has it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx

from bot.wire import Wire, WireError
from tests.citizen import NOTICES

PAUSE = 0.1
"""Seconds before the next try."""
LONGEST_LINE = 1_000_000


@dataclass
class Sent:
    """One message and all that was said to it. Times are of the monotonic clock."""

    text: str
    reference: str = field(default_factory=lambda: str(uuid.uuid4()))
    posted_at: float = 0.0
    stored_at: float = 0.0
    post_seconds: float = 0.0
    """Of the request that was acknowledged."""
    refusals: int = 0
    answered_at: float = 0.0
    bubbles: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    echo: int = 0
    """Its own place in the transcript (the number of the event); 0: not seen yet."""
    told: list[int] = field(default_factory=list)
    """The places of what said that it takes longer."""
    finals: int = 0

    @property
    def seconds(self) -> float:
        return self.answered_at - self.posted_at


def told_again(messages: Iterable[Sent]) -> int:
    """Notices to one citizen about a message that waited already when the notice before it came, or about one twice."""
    messages = list(messages)
    told = [number for message in messages for number in message.told]
    return sum(
        any(message.echo < earlier < number for earlier in told) for message in messages for number in message.told
    )


class Citizen:
    """One browser: a session that every desk knows, one event stream at a time. Own it with ``async with``."""

    def __init__(self, desks: list[str], chance: random.Random) -> None:
        self._desks = desks
        self._chance = chance
        self._headers: dict[str, str] = {}
        self._wires: dict[str, Wire] = {}
        self._position = 0
        self._reader: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self.conversation = ""
        self.buttons: dict[str, str] = {}
        self.sent: dict[str, Sent] = {}
        self.order: list[str] = []
        """References of the final answers, as they came."""
        self.streams = 0
        """How often the stream was opened."""

    async def __aenter__(self) -> Citizen:
        async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
            while True:
                with contextlib.suppress(httpx.TransportError):
                    answer = await http.post(f"{self._chance.choice(self._desks)}/chat/session", json={})
                    if answer.status_code == httpx.codes.OK:
                        break
                await asyncio.sleep(PAUSE)
            cookies = "; ".join(f"{name}={value}" for name, value in http.cookies.items())
        self.conversation = str(answer.json()["conversation"])
        self._headers = {"Cookie": cookies, "Content-Type": "application/json"}
        self._wires = {desk: Wire(desk, self._headers, 2.0, LONGEST_LINE) for desk in self._desks}
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        for wire in self._wires.values():
            await wire.close()

    async def post(self, text: str, *, button: str | None = None, patience: float = 120.0) -> Sent:
        """Returns when a desk has the message; the same id at another desk while none has."""
        message = Sent(text)
        self.sent[message.reference] = message
        content = {"text": text} if button is None else {"button": button}
        body = json.dumps({"id": message.reference, **content}).encode()
        message.posted_at = time.monotonic()
        while True:
            started = time.monotonic()
            status = 0
            with contextlib.suppress(WireError, TimeoutError):
                async with asyncio.timeout(10):
                    status, _ = await self._wires[self._chance.choice(self._desks)].send("POST", "/chat/messages", body)
            if status == httpx.codes.ACCEPTED:
                message.stored_at = time.monotonic()
                message.post_seconds = message.stored_at - started
                return message
            assert status in (0, 429, 503), status
            message.refusals += status != 0
            assert time.monotonic() < message.posted_at + patience, f"nobody takes the message ({status})"
            await asyncio.sleep(PAUSE * (1 + 4 * (status == httpx.codes.TOO_MANY_REQUESTS)))

    async def answered(self, message: Sent, within: float) -> None:
        """Waits for the final answer; raises TimeoutError."""
        async with asyncio.timeout(within):
            while not message.finals:
                self._changed.clear()
                await self._changed.wait()

    async def _read(self) -> None:
        while True:
            desk = urlsplit(self._chance.choice(self._desks))
            with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
                async with asyncio.timeout(5):
                    reader, writer = await asyncio.open_connection(desk.hostname, desk.port, limit=LONGEST_LINE)
                try:
                    lines = [f"GET /chat/events HTTP/1.1\r\nHost: {desk.netloc}", f"Last-Event-ID: {self._position}"]
                    lines += [f"{name}: {value}" for name, value in self._headers.items()]
                    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
                    self.streams += 1
                    await self._listen(reader)
                finally:
                    writer.close()
            await asyncio.sleep(PAUSE)

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        """Every event is one chunk, so that only lines with a field's name matter."""
        event: dict[str, str] = {}
        while line := await reader.readline():
            name, colon, value = line.decode().rstrip("\r\n").partition(": ")
            if colon and name in ("id", "event", "data"):
                event[name] = value
            if not line.strip() and "data" in event:
                if event.get("event") == "message":
                    self._position = max(self._position, int(event["id"]))
                    self._heard(int(event["id"]), json.loads(event["data"]))
                event = {}

    def _heard(self, number: int, data: dict[str, Any]) -> None:
        if data["from"] == "citizen" and (own := self.sent.get(str(data.get("id")))):
            own.echo = number
        message = self.sent.get(str(data.get("in_reply_to")))
        if data["from"] != "assistant" or message is None:
            return
        if data["text"] in NOTICES:
            message.told.append(number)
        else:
            message.bubbles.append(data["text"])
            message.titles += [button["title"] for button in data["buttons"]]
            self.buttons |= {button["title"]: button["id"] for button in data["buttons"] if "id" in button}
        if data["final"]:
            message.finals += 1
            message.answered_at = time.monotonic()
            self.order.append(message.reference)
        self._changed.set()
