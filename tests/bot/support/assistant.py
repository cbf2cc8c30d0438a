"""A stand-in for Rasa that speaks the private channel as its contract says, with faults on order.

It runs in the test's loop, or (``stand_in_process.py``) as a process.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

SECRET = "rasa secret of the tests"

type Script = Callable[[dict[str, Any]], Response | None]


@dataclass
class StandIn:
    """Counts turns in the state; ``script`` may answer a request itself (a fault) by returning a response."""

    ready: bool = True
    script: Script | None = None
    delay: float = 0.0
    seen: list[dict[str, Any]] = field(default_factory=list)
    """Every request's body, also those that failed."""
    hold: asyncio.Event | None = None
    """While set to an event, answers wait for it."""
    hold_all: asyncio.Event | None = None
    """The same for everything, the canary as well: the whole server hangs."""
    running: dict[str, int] = field(default_factory=dict)
    ports: set[int] = field(default_factory=set)
    """Where the requests came from: one for each connection."""
    overlaps: int = 0
    """How often two messages of one conversation were asked at once."""

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/webhooks/front_desk/webhook", self._webhook, methods=["POST"]),
                Route("/webhooks/front_desk/ready", self._readiness),
            ]
        )

    async def _webhook(self, request: Request) -> Response:
        if not self._authorized(request):
            return JSONResponse({"error": "unauthorized"}, 401)
        body = await request.json()
        if set(body) - {"conversation", "message_id", "state", "text", "payload", "metadata"} or "text" not in body:
            return JSONResponse({"error": "malformed"}, 422)
        self.seen.append(body)
        if request.client is not None:
            self.ports.add(request.client.port)
        conversation = body["conversation"]
        self.overlaps += self.running.get(conversation, 0)
        self.running[conversation] = self.running.get(conversation, 0) + 1
        try:
            if self.delay:
                await asyncio.sleep(self.delay)
            for hold in (self.hold, self.hold_all):
                if hold is not None:
                    await hold.wait()
            scripted = self.script(body) if self.script else None
            return scripted or JSONResponse(self.answer(body))
        finally:
            self.running[conversation] -= 1

    async def _readiness(self, request: Request) -> Response:
        if not self._authorized(request):
            return JSONResponse({"error": "unauthorized"}, 401)
        if self.hold_all is not None:
            await self.hold_all.wait()
        if not self.ready:
            return JSONResponse({"ready": False, "reason": "model not loaded"}, 503)
        return JSONResponse({"ready": True, "model": "stand-in"})

    @staticmethod
    def _authorized(request: Request) -> bool:
        return hmac.compare_digest(request.headers.get("authorization", ""), f"Bearer {SECRET}")

    @staticmethod
    def answer(body: dict[str, Any], **message: Any) -> dict[str, Any]:
        """A right answer: says the text and the number of the turn, or ``message``."""
        turn = (body["state"] or {}).get("turn", 0) + 1
        text = f"{turn}: {body['text']}"
        if "payload" in body:
            text = f"{turn}: ({body['payload']['intent']}) {json.dumps(body['payload']['entities'], sort_keys=True)}"
        return {"messages": [message or {"text": text}], "state": {"turn": turn}}


def fail(status: int) -> Script:
    """A script that always fails with ``status``."""
    return lambda _: JSONResponse({"error": "scripted"}, status)
