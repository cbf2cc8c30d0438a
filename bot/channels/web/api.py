"""The website's API, the chat page and the widget's files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import anyio
import msgspec
from sse_starlette.sse import EventSourceResponse
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot import metrics
from bot.channels.web.errors import Malformed, SessionElsewhere, SessionUnknown, TooMany
from bot.channels.web.events import MAX_ID, stream
from bot.channels.web.origins import Origins
from bot.channels.web.requests import read_message, read_session
from bot.channels.web.session import SessionCookies, SessionTokens, WebSession, admits, fresh_session, seconds_left
from bot.desk import FrontDesk
from bot.messages import Inbound
from bot.store import NotServed

CHANNEL = "web"
PAGE = Path(__file__).parent / "page"
WIDGET = Path(__file__).parent / "widget"
MAX_STREAMS = 12
"""Event streams of one conversation: windows and devices of one person."""
PING_SECONDS = 15
SEND_SECONDS = 30
CLOSE_SECONDS = 2
"""How long a stream may take to end by itself when the process stops."""
_gzip = Middleware(GZipMiddleware, minimum_size=500)


class JsonResponse(Response):
    media_type = "application/json"

    def render(self, content: object) -> bytes:
        return msgspec.json.encode(content)


class WebChannel:
    """The routes of the website, on one front desk."""

    def __init__(self, desk: FrontDesk, cookies: SessionCookies, tokens: SessionTokens, origins: Origins) -> None:
        self._desk = desk
        self._cookies = cookies
        self._tokens = tokens
        self._origins = origins

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/", self._page),
            Route("/chat/session", self._session, methods=["POST"]),
            Route("/chat/messages", self._messages, methods=["POST"]),
            Route("/chat/events", self._events, methods=["GET"]),
            Route("/widget.js", self._loader),
            Mount("/static", StaticFiles(directory=PAGE), middleware=[_gzip]),
            Mount("/widget", StaticFiles(directory=WIDGET), middleware=[_gzip]),
        ]

    async def _page(self, _: Request) -> Response:
        return FileResponse(PAGE / "index.html", media_type="text/html; charset=utf-8")

    async def _loader(self, _: Request) -> Response:
        return FileResponse(WIDGET / "widget.js", media_type="text/javascript; charset=utf-8")

    async def _session(self, request: Request) -> Response:
        """Keeps the session of a valid cookie or token, or makes one; ``{"new": true}`` begins another conversation."""
        origin = self._origins.of(request)
        asked = await read_session(request)
        known = self._known(request, origin)
        if known is not None and not await self._serves(known):
            if not asked.new:
                raise SessionElsewhere
            known = None
        session = known if known and not asked.new else fresh_session(known.visitor if known else None)
        return self._with_session(request, origin, session, {"conversation": session.conversation})

    async def _messages(self, request: Request) -> Response:
        """Keeps a message, once for each id; 202 means that it cannot be lost any more.

        Whoever writes the code of somebody who signed in gets a cookie or token that this message's number is in: if
        it was the right one, only that serves from then on (bot.store.logins.guess).
        """
        origin = self._origins.of(request)
        session = self._known(request, origin)
        if session is None:
            raise SessionUnknown
        posted = await read_message(request)
        refusal = await self._desk.throttle.refusal(session.visitor)
        if refusal is not None:
            metrics.count(CHANNEL, "refused")
            raise TooMany(refusal)
        logins = self._desk.logins
        may_link = logins is not None and await logins.awaits(session.conversation, posted.text or "")
        inbound = Inbound(
            channel=CHANNEL,
            external_key=session.conversation,
            citizen=session.visitor,
            external_id=f"{session.conversation}:{posted.id}",
            reference=posted.id,
            text=posted.text,
            button=posted.button,
            conversation=session.conversation,
            seen_as=urlsplit(origin).netloc if origin else None,
            serves=lambda access: admits(access, session),
        )
        try:
            receipt = await self._desk.receive(inbound)
        except NotServed:
            raise SessionElsewhere from None
        content: dict[str, object] = {"id": posted.id}
        if may_link and receipt.inbox_id is not None:
            return self._with_session(request, origin, replace(session, generation=receipt.inbox_id), content, 202)
        return JsonResponse(content, status_code=202)

    async def _events(self, request: Request) -> Response:
        session = await self._required(request)
        after = _after(request)
        if self._desk.wakeups.count(session.conversation) >= MAX_STREAMS:
            raise TooMany("too_many_streams")
        return EventSourceResponse(
            stream(self._desk, session, after, seconds_left(session)),
            ping=PING_SECONDS,
            send_timeout=SEND_SECONDS,
            sep="\n",
            shutdown_event=anyio.Event(),
            shutdown_grace_period=CLOSE_SECONDS,
        )

    def _known(self, request: Request, origin: str | None) -> WebSession | None:
        return self._cookies.read(request) if origin is None else self._tokens.read(request, origin)

    async def _required(self, request: Request) -> WebSession:
        session = self._known(request, self._origins.of(request))
        if session is None:
            raise SessionUnknown
        if not await self._serves(session):
            raise SessionElsewhere
        return session

    async def _serves(self, session: WebSession) -> bool:
        return admits(await self._desk.store.access(session.conversation), session)

    def _with_session(
        self, request: Request, origin: str | None, session: WebSession, content: dict[str, object], status: int = 200
    ) -> Response:
        """An answer that hands out the session: as a cookie, or to another site's page as a token."""
        if origin is not None:
            token = {"token": self._tokens.write(session, origin), "expires_in": self._tokens.seconds}
            return JsonResponse({**content, **token}, status_code=status)
        response = JsonResponse(content, status_code=status)
        self._cookies.write(response, session, secure=request.url.scheme == "https")
        return response


def _after(request: Request) -> int:
    """From where the stream goes on: the browser's own header where it reconnects, else the address."""
    value = request.headers.get("last-event-id") or request.query_params.get("after") or "0"
    if not (value.isascii() and value.isdigit()) or int(value[:17]) > MAX_ID or len(value) > 17:
        raise Malformed
    return int(value)
