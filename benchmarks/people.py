"""People who write to either system over HTTP, with as little work as possible: they share the machine with it.

`say` returns when the reply can be read at the channel: for Guichê the final message of its event stream, for Rasa the
answer of its REST channel.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from typing import Any, Protocol, cast
from urllib.parse import urlsplit

import httptools
import msgspec

from bot.wire import Wire, WireError

CONNECT_SECONDS = 10.0
MAX_BYTES = 4_000_000
PATIENCE = 60.0
"""Seconds for one reply; slower than this is no reply."""

_encode = msgspec.json.Encoder().encode
_numbers = itertools.count()


class Unanswered(Exception):
    """A message without a usable reply. It is counted, and is in no latency."""


FAILURES = (Unanswered, WireError, TimeoutError, OSError)
"""Whatever can end a conversation without a reply."""


class Person(Protocol):
    """Someone with a conversation of their own."""

    async def open(self) -> None: ...

    async def say(self, text: str) -> str:
        """The reply's text; raises Unanswered."""

    async def close(self) -> None: ...


type NewPerson = Callable[[], Person]


class _Session(msgspec.Struct):
    conversation: str


class _Event(msgspec.Struct):
    text: str = ""
    in_reply_to: str | None = None
    final: bool = False


class _Said(msgspec.Struct):
    text: str = ""


_event = msgspec.json.Decoder(_Event)
_said = msgspec.json.Decoder(list[_Said])


class GuicheCitizen:
    """A browser on the front desk's chat API: a signed cookie, one event stream, one connection for what is sent."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._wire: Wire | None = None
        self._stream: _EventStream | None = None

    async def open(self) -> None:
        cookie = await _cookie(self._url)
        headers = {"Cookie": cookie, "Content-Type": "application/json"}
        self._wire = Wire(self._url, headers, CONNECT_SECONDS, MAX_BYTES)
        self._stream = await _EventStream.open(self._url, cookie)

    async def say(self, text: str) -> str:
        assert self._wire is not None
        assert self._stream is not None
        identifier = f"b{next(_numbers)}"
        reply = self._stream.expect(identifier)
        status, _ = await self._wire.send("POST", "/chat/messages", _encode({"id": identifier, "text": text}))
        if status != 202:
            raise Unanswered(f"HTTP {status}")
        async with asyncio.timeout(PATIENCE):
            return await reply

    async def close(self) -> None:
        if self._stream is not None:
            self._stream.close()
        if self._wire is not None:
            await self._wire.close()


class RasaUser:
    """A sender of Rasa's own REST channel."""

    def __init__(self, url: str) -> None:
        self._wire = Wire(url, {"Content-Type": "application/json"}, CONNECT_SECONDS, MAX_BYTES)
        self._sender = f"sender-{next(_numbers)}"

    async def open(self) -> None:
        """Nothing to open: Rasa trusts whatever sender is named."""

    async def say(self, text: str) -> str:
        body = _encode({"sender": self._sender, "message": text})
        async with asyncio.timeout(PATIENCE):
            status, answer = await self._wire.send("POST", "/webhooks/rest/webhook", body)
        said = _said.decode(answer) if status == 200 else []
        if not said:  # Rasa answers 200 with [] to whatever went wrong
            raise Unanswered(f"HTTP {status}, {len(said)} messages")
        return "\n\n".join(message.text for message in said)

    async def close(self) -> None:
        await self._wire.close()


async def _cookie(url: str) -> str:
    """The session of a new visitor, as the browser sends it back."""
    answer = await _EventStream.open(url, "", "POST /chat/session", b"{}")
    try:
        return await answer.cookie
    finally:
        answer.close()


class _EventStream(asyncio.Protocol):
    """One HTTP answer read as it comes: its cookie, and the final messages of an event stream."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._parser = httptools.HttpResponseParser(self)
        self._buffer = bytearray()
        self._expected: dict[str, asyncio.Future[str]] = {}
        self._transport: asyncio.Transport | None = None
        self.cookie: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @classmethod
    async def open(cls, url: str, cookie: str, target: str = "GET /chat/events", body: bytes = b"") -> _EventStream:
        parts = urlsplit(url)
        lines = [f"{target} HTTP/1.1", f"Host: {parts.netloc}", f"Content-Length: {len(body)}"]
        lines += [f"Cookie: {cookie}"] if cookie else []
        lines += ["Content-Type: application/json"] if body else []
        request = "\r\n".join([*lines, "", ""]).encode("ascii") + body
        async with asyncio.timeout(PATIENCE):
            _, stream = await asyncio.get_running_loop().create_connection(
                lambda: cls(request), parts.hostname, parts.port
            )
            await stream.opened
        return stream

    def expect(self, reference: str) -> asyncio.Future[str]:
        """The final reply to a message that is about to be sent."""
        return self._expected.setdefault(reference, asyncio.get_running_loop().create_future())

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        lost = Unanswered("the stream ended")
        waiting: list[asyncio.Future[Any]] = [self.opened, self.cookie, *self._expected.values()]
        for future in waiting:
            if not future.done():
                future.set_exception(lost)
                future.exception()  # whoever waits hears of it; nobody need

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"set-cookie" and not self.cookie.done():
            self.cookie.set_result(value.split(b";", 1)[0].decode("ascii"))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if self.opened.done():
            return
        if status == 200:
            self.opened.set_result(None)
        else:
            self.opened.set_exception(Unanswered(f"HTTP {status}"))

    def on_body(self, body: bytes) -> None:
        self._buffer += body
        while (end := self._buffer.find(b"\n\n")) >= 0:
            block = bytes(self._buffer[:end])
            del self._buffer[: end + 2]
            self._read(block)

    def _read(self, block: bytes) -> None:
        if b'"final":true' not in block:
            return
        data = next(line[6:] for line in block.split(b"\n") if line.startswith(b"data: "))
        event = _event.decode(data)
        waiting = self._expected.pop(event.in_reply_to or "", None)
        if waiting is not None and not waiting.done():
            waiting.set_result(event.text)
