"""What operators and their tools ask the front desk: is it alive, is it ready, how is it doing."""

from __future__ import annotations

import contextlib
import hmac
import time

from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot import metrics
from bot.callers import from_this_machine
from bot.channels.web.api import JsonResponse
from bot.desk import FrontDesk
from bot.store import Backlog, StoreUnavailable


class OperationsApi:
    """``/health``, ``/ready`` and ``/metrics``. The metrics are for this machine, or for who knows the token."""

    def __init__(self, desk: FrontDesk, token: SecretStr | None) -> None:
        self._desk = desk
        self._expected = f"Bearer {token.get_secret_value()}".encode() if token else None

    def routes(self) -> list[BaseRoute]:
        return [Route("/health", self._health), Route("/ready", self._ready), Route("/metrics", self._metrics)]

    async def _health(self, _: Request) -> Response:
        """The process is up."""
        return JsonResponse({"status": "up"})

    async def _ready(self, _: Request) -> Response:
        """The store works and the assistant understands: citizens are answered now."""
        try:
            await self._desk.store.check()
        except StoreUnavailable:
            return JsonResponse({"ready": False, "reason": "store"}, status_code=503)
        if not await self._desk.assistant.ready():
            return JsonResponse({"ready": False, "reason": "assistant"}, status_code=503)
        return JsonResponse({"ready": True})

    async def _metrics(self, request: Request) -> Response:
        if not self._allowed(request):
            return JsonResponse({"error": "unauthorized"}, status_code=401, headers={"WWW-Authenticate": "Bearer"})
        backlog: Backlog | None = None
        with contextlib.suppress(StoreUnavailable):  # that is one of the metrics
            backlog = await self._desk.store.backlog()
        return Response(
            metrics.exposition(backlog, self._desk.wakeups.total, time.time()), media_type=metrics.CONTENT_TYPE
        )

    def _allowed(self, request: Request) -> bool:
        given = request.headers.get("authorization", "").encode("utf-8", "surrogateescape")
        if self._expected is not None and hmac.compare_digest(given, self._expected):
            return True
        return from_this_machine(request)
