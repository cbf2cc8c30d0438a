"""A small HTTP/1.1 client for one private server: keep-alive connections, one request at a time on each.

httpx costs 1.0 to 1.8 ms of CPU a request in this process, a third of what a message may cost; this costs 0.1 ms,
because the parser (httptools, uvicorn's own) is C and a request is one write. It knows what the private channel needs
and no more: no redirects, cookies, compression or proxies.

WireError
├── NotConnected   nobody listens, or not in time
├── LineBroken     the connection ended before the answer was complete
└── NotHttp        what came is no HTTP answer, or is too large
"""

from __future__ import annotations

import asyncio
import ssl
from typing import cast
from urllib.parse import urlsplit

import httptools


class WireError(Exception):
    """A request without an answer."""


class NotConnected(WireError):
    """No connection could be made: the request was not sent."""


class LineBroken(WireError):
    """The connection ended before the answer was complete: the request may have been carried out."""


class NotHttp(WireError):
    """The other side does not speak HTTP, or says more than it may."""


class Wire:
    """Requests to one server. Cancelling a request closes its connection."""

    def __init__(self, url: str, headers: dict[str, str], connect_seconds: float, max_bytes: int) -> None:
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if secure else 80)
        self._tls = ssl.create_default_context() if secure else None
        self._path = parts.path.rstrip("/")
        lines = [f"Host: {parts.netloc.rpartition('@')[2]}", *(f"{name}: {value}" for name, value in headers.items())]
        self._headers = "\r\n".join(lines).encode("latin-1")
        self._connect_seconds = connect_seconds
        self._max_bytes = max_bytes
        self._idle: list[_Connection] = []

    async def send(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """The answer's status and body; raises WireError.

        A kept connection that the server closed meanwhile is replaced, and the request is sent again: only ask what may
        be asked twice.
        """
        request = b"%b %b HTTP/1.1\r\n%b\r\nContent-Length: %d\r\n\r\n%b" % (
            method.encode("ascii"),
            (self._path + path).encode("ascii"),
            self._headers,
            len(body),
            body,
        )
        while self._idle:
            kept = self._idle.pop()
            if not kept.usable:
                continue
            try:
                return await self._ask(kept, request)
            except LineBroken as broken:
                if kept.heard:
                    raise
                return await self._once_more(request, broken)
        return await self._ask(await self._connect(), request)

    async def _once_more(self, request: bytes, broken: LineBroken) -> tuple[int, bytes]:
        """The server closed the connection as the request left, or it died of the request: then nobody is there."""
        try:
            connection = await self._connect()
        except NotConnected:
            raise broken from None
        return await self._ask(connection, request)

    async def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    async def _connect(self) -> _Connection:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._connect_seconds):
                _, connection = await loop.create_connection(
                    lambda: _Connection(self._max_bytes), self._host, self._port, ssl=self._tls
                )
        except (OSError, TimeoutError) as error:
            raise NotConnected(type(error).__name__) from error
        return connection

    async def _ask(self, connection: _Connection, request: bytes) -> tuple[int, bytes]:
        try:
            answer = await connection.ask(request)
        except BaseException:
            connection.close()
            raise
        if connection.usable:
            self._idle.append(connection)
        return answer


class _Connection(asyncio.Protocol):
    """One connection; the parser calls the ``on_`` methods."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._transport: asyncio.Transport | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._body = bytearray()
        self._keep = True
        self.heard = False
        """Whether anything of the present answer has come."""

    @property
    def usable(self) -> bool:
        return self._keep and self._transport is not None and not self._transport.is_closing()

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        if self._transport is None:
            raise LineBroken("closed")
        self._parser = httptools.HttpResponseParser(self)
        self._answer = asyncio.get_running_loop().create_future()
        self._body = bytearray()
        self._keep = self.heard = False
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports have its methods without being one.
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.heard = True
        if self._parser is None or self._answer is None or self._answer.done():
            self.close()  # something that nobody asked for
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, NotHttp) as error:
            self._fail(NotHttp(type(error).__name__))

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._fail(LineBroken(type(exc).__name__ if exc else "closed"))

    def on_body(self, body: bytes) -> None:
        self._body += body
        if len(self._body) > self._max_bytes:
            self._fail(NotHttp("too large"))

    def on_message_complete(self) -> None:
        if self._parser is None or self._answer is None or self._answer.done():
            return
        self._keep = self._parser.should_keep_alive()
        self._answer.set_result((self._parser.get_status_code(), bytes(self._body)))

    def _fail(self, error: WireError) -> None:
        self._keep = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
