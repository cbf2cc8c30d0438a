"""Faults on demand, so that a test sees the real client meet a backend that misbehaves over a real connection.

While a fault is set, the requests whose path starts with `path` get it instead of (or before) their answer.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from typing import Any

    from starlette.types import ASGIApp, Receive, Scope, Send

Kind = Literal[
    "latency",  # waits `seconds`, then answers as usual
    "status",  # answers `status` with a page in HTML, as gateways do
    "hang",  # never answers
    "broken_json",  # 200, and JSON that stops in the middle
    "wrong_shape",  # 200, and valid JSON of another shape
    "empty",  # 200, and nothing
    "huge",  # 200, and more than anybody should read
    "redirect",  # 302 to a sign-in page
    "expired_token",  # 401, as if the token had ended
    "slow_drip",  # headers at once, then a byte every `seconds`
    "reset",  # the connection is aborted
    "cut",  # the connection ends in the middle of the body
]
KINDS: tuple[str, ...] = get_args(Kind)

_WRONG_SHAPE = {
    "processos": [{"idProcesso": "um", "nuProcesso": None}],
    "pendencias": "nenhuma",
    "vistas": 3,
    "documentos": {},
    "total": "muitos",
    "idPendencia": [],
    "access_token": 7,
}
_JSON = [(b"content-type", b"application/json")]
_HTML = [(b"content-type", b"text/html; charset=utf-8")]
# The kinds that are nothing but an odd answer: status, headers, body.
_ANSWERS: dict[Kind, tuple[int, list[tuple[bytes, bytes]], bytes]] = {
    "redirect": (302, [(b"location", b"/login")], b""),
    "expired_token": (401, _JSON, b'{"error": "invalid_token"}'),
    "broken_json": (200, _JSON, b'{"processos": [{"idProcesso": 1, "dsAssunto": "Alvar'),
    "wrong_shape": (200, _JSON, json.dumps(_WRONG_SHAPE).encode()),
    "empty": (200, _JSON, b""),
    "huge": (200, _JSON, b'{"processos": ["' + b"x" * 5_000_000 + b'"]}'),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong, where, and how many times (None: until it is cleared)."""

    kind: Kind
    path: str = "/solarbpm-integracao/"
    times: int | None = None
    seconds: float = 0.2
    status: int = 500


class Faults:
    """The fault that is set, and how often each path was asked for. Pure ASGI middleware around the backend."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._fault: Fault | None = None
        self._left: int | None = None
        self.requests: Counter[str] = Counter()

    def set(self, fault: Fault) -> None:
        """From now on; it replaces the one before."""
        self._fault, self._left = fault, fault.times

    def clear(self) -> None:
        """No fault, and the counters at zero."""
        self._fault = None
        self.requests.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as usual, or with the fault."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        self.requests[scope["path"]] += 1
        fault = self._take(scope["path"])
        if fault is None:
            await self._app(scope, receive, send)
        elif fault.kind == "latency":
            await asyncio.sleep(fault.seconds)
            await self._app(scope, receive, send)
        else:
            await _misbehave(fault, scope, receive, send)

    def _take(self, path: str) -> Fault | None:
        fault = self._fault
        if fault is None or not path.startswith(fault.path) or self._left == 0:
            return None
        if self._left is not None:
            self._left -= 1
        return fault


async def _misbehave(fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
    match fault.kind:
        case "hang":
            await _gone(receive)
        case "reset":
            _abort(scope)
        case "cut":
            await _start(send, 200, [*_JSON, (b"content-length", b"4096")])
            await send({"type": "http.response.body", "body": b'{"processos": [', "more_body": True})
            _abort(scope)
        case "slow_drip":
            await _start(send, 200, _JSON)
            for byte in b'{"processos": [' + b" " * 4096:
                if await _gone(receive, within=fault.seconds):
                    return
                await send({"type": "http.response.body", "body": bytes([byte]), "more_body": True})
        case "status":
            await _answer(send, fault.status, _HTML, b"<html><body>erro do servidor de aplicacao</body></html>")
        case _:
            await _answer(send, *_ANSWERS[fault.kind])


async def _start(send: Send, status: int, headers: list[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def _answer(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await _start(send, status, [*headers, (b"content-length", str(len(body)).encode())])
    await send({"type": "http.response.body", "body": body})


async def _gone(receive: Receive, within: float | None = None) -> bool:
    """Whether the client hung up, waiting for it at most `within` seconds."""

    async def hung_up() -> None:
        message: MutableMapping[str, Any] = {"type": ""}
        while message["type"] != "http.disconnect":
            message = await receive()

    with suppress(TimeoutError):
        await asyncio.wait_for(hung_up(), within)
        return True
    return False


def _abort(scope: Scope) -> None:
    """Needs the server of `serving.py`, which hands the transport over."""
    scope["state"]["transport"].abort()
