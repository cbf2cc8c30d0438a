"""The API that only our own actions call: who a citizen session belongs to."""

from __future__ import annotations

import hmac
import re

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.callers import LOOPBACK, Networks, from_networks
from bot.channels.web.api import JsonResponse
from bot.desk import FrontDesk

_PURPOSE = re.compile(r"[a-z_]{1,32}")


class PrivateApi:
    """Bearer ``GUICHE_PRIVATE_SECRET``, from this machine (or GUICHE_PRIVATE_NETWORKS) only; without that secret set
    nobody gets in.

    GET /private/sessions/{id}?for=list_pendencies   200 a bot.identity.sessions.Citizen, 404 session_unknown;
    ``for`` goes into the audit.

    It shares the front desk's port, which may face the network (GUICHE_HOST): a leaked secret alone must not be enough.
    """

    def __init__(self, desk: FrontDesk, secret: str | None, networks: Networks = LOOPBACK) -> None:
        self._desk = desk
        self._networks = networks
        self._expected = f"Bearer {secret}".encode() if secret else None

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/private/ready", self._ready, methods=["GET"]),
            Route("/private/sessions/{session}", self._session, methods=["GET"]),
        ]

    async def _ready(self, request: Request) -> Response:
        """Whether a caller could ask for a session: an action server's own readiness."""
        if not self._allowed(request):
            return _unauthorized()
        await self._desk.store.check()
        return JsonResponse({"ready": True})

    async def _session(self, request: Request) -> Response:
        if not self._allowed(request):
            return _unauthorized()
        purpose = request.query_params.get("for", "")
        citizen = await self._desk.sessions.read(
            request.path_params["session"], purpose if _PURPOSE.fullmatch(purpose) else None
        )
        if citizen is None:
            return JsonResponse({"error": "session_unknown"}, status_code=404)
        return JsonResponse(msgspec.to_builtins(citizen))

    def _allowed(self, request: Request) -> bool:
        given = request.headers.get("authorization", "").encode("utf-8", "surrogateescape")
        known = self._expected is not None and hmac.compare_digest(given, self._expected)
        return known and from_networks(request, self._networks)


def _unauthorized() -> Response:
    return JsonResponse({"error": "unauthorized"}, status_code=401, headers={"WWW-Authenticate": "Bearer"})
