"""A double of the website's API that speaks the contract, for what the real one cannot be made to do on demand:
refuse, hang, cut a stream in the middle, forget a session. Runs in a thread on a free loopback port."""

from __future__ import annotations

import asyncio
import json
import threading
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from bot.cli.ports import free_ports
from bot.markdown import to_html

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.types import ASGIApp

Reply = dict[str, Any]
CSP = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"


def echo(text: str) -> list[Reply]:
    """The answer that the stub gives unless told otherwise."""
    return [{"text": f"Você disse: **{text}**"}]


@dataclass
class WebStub:
    """What was received, and the knobs. `answer` maps a text to replies.

    A reply may set final, html, buttons (each a title, or the title and url of a link).
    """

    answer: Callable[[str], list[Reply]] = echo
    website: Path | None = None
    """bot/channels/web, to serve its page and its widget."""
    received: list[dict[str, Any]] = field(default_factory=list)
    sessions: dict[str, str] = field(default_factory=dict)
    refuse: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    hold: threading.Event = field(default_factory=threading.Event)
    cut_streams: int = 0
    titles: dict[str, str] = field(default_factory=dict)
    url: str = ""

    def reply(self, identifier: str, **message: Any) -> None:
        """An assistant message goes out."""
        text = str(message.get("text", ""))
        buttons = [_button(given) for given in message.get("buttons", [])]
        self.titles |= {button["id"]: button["title"] for button in buttons}
        data = {
            "id": len(self.events) + 1,
            "from": "assistant",
            "in_reply_to": identifier,
            "final": message.get("final", True),
            "text": text,
            "html": message.get("html", to_html(text)),
            "buttons": buttons,
            "at": "2026-11-22T10:00:00-03:00",
        }
        self.events.append(data)

    def app(self) -> Starlette:
        routes = [
            Route("/chat/session", self._session, methods=["POST"]),
            Route("/chat/messages", self._messages, methods=["POST"]),
            Route("/chat/events", self._stream),
        ]
        if self.website is not None:
            routes += [
                Route("/", self._file),
                Route("/widget.js", self._file),
                Route("/static/{name}", self._file),
                Route("/widget/{name}", self._file),
            ]
        return Starlette(routes=routes)

    async def _session(self, request: Request) -> Response:
        new = (await request.json()).get("new") is True
        cookie = request.cookies.get("guiche_session", "")
        if new or cookie not in self.sessions:
            self.events.clear()
            if cookie not in self.sessions:
                cookie = uuid.uuid4().hex
            self.sessions[cookie] = uuid.uuid4().hex
        response = JSONResponse({"conversation": self.sessions[cookie]})
        response.set_cookie("guiche_session", cookie, path="/chat", httponly=True, samesite="lax")
        return response

    async def _messages(self, request: Request) -> Response:
        if self.refuse:
            status, body = self.refuse.pop(0)
            return JSONResponse(body, status_code=status)
        if request.cookies.get("guiche_session") not in self.sessions:
            return JSONResponse({"error": "session_unknown", "message": "Sessão desconhecida."}, status_code=401)
        message = await request.json()
        if message["id"] not in {before["id"] for before in self.received}:
            self.received.append(message)
            text = message.get("text") or self.titles[message["button"]]
            self.events.append({"from": "citizen", "id": message["id"], "text": text, "at": "2026-11-22T10:00:00Z"})
            for reply in self.answer(text):
                self.reply(message["id"], **reply)
        return JSONResponse({"id": message["id"]}, status_code=202)

    async def _stream(self, request: Request) -> Response:
        if request.cookies.get("guiche_session") not in self.sessions:
            return JSONResponse({"error": "session_unknown", "message": "Sessão desconhecida."}, status_code=401)
        after = int(request.headers.get("Last-Event-ID") or request.query_params.get("after") or 0)
        headers = {"Cache-Control": "no-store"}
        return StreamingResponse(self._flow(request, after), media_type="text/event-stream", headers=headers)

    async def _flow(self, request: Request, position: int) -> AsyncIterator[str]:
        yield ": hello\n\n"
        while not await request.is_disconnected():
            if position > len(self.events):
                position = 0
            if position < len(self.events) and not self.hold.is_set():
                if self.cut_streams:
                    self.cut_streams -= 1
                    return
                data = self.events[position]
                position += 1
                yield f"id: {position}\nevent: message\ndata: {json.dumps(data)}\n\n"
            else:
                await asyncio.sleep(0.02)

    async def _file(self, request: Request) -> Response:
        assert self.website is not None
        name = request.path_params.get("name", "index.html" if request.url.path == "/" else "widget.js")
        folder = "widget" if request.url.path.startswith("/widget") else "page"
        return FileResponse(self.website / folder / name, headers={"Content-Security-Policy": CSP})


def _button(given: str | dict[str, str]) -> dict[str, str]:
    shown = {"title": given} if isinstance(given, str) else given
    return {"id": f"b{uuid.uuid4().hex[:8]}", **shown}


@contextmanager
def in_thread(app: ASGIApp, port: int | None = None) -> Iterator[str]:
    """The application served by a thread, for tests that are not asynchronous; yields its address."""
    port = port or free_ports(1)[0]
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)


@contextmanager
def serving(stub: WebStub, port: int | None = None) -> Iterator[WebStub]:
    """The stub on a port, until the block ends."""
    with in_thread(stub.app(), port) as stub.url:
        yield stub


def wait_until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Return as soon as the condition holds; fail when it does not within the time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true"
        time.sleep(0.02)
