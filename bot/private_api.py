"""The API that only our own actions call: who a citizen session belongs to."""

from __future__ import annotations

import hmac
import ipaddress

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.channels.web.api import JsonResponse
from bot.desk import FrontDesk

# What a proxy adds for those it lets in: with one of these the caller is not a process of this machine.
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


class PrivateApi:
    """Bearer ``GUICHE_PRIVATE_SECRET``, from this machine only; without that secret set nobody gets in.

    It shares the front desk's port, which may face the network (GUICHE_HOST): a leaked secret alone must not be enough.
    """

    def __init__(self, desk: FrontDesk, secret: str | None) -> None:
        self._desk = desk
        self._expected = f"Bearer {secret}".encode() if secret else None

    def routes(self) -> list[BaseRoute]:
        return [Route("/private/sessions/{session}", self._session, methods=["GET"])]

    async def _session(self, request: Request) -> Response:
        if not self._allowed(request):
            return JsonResponse({"error": "unauthorized"}, status_code=401, headers={"WWW-Authenticate": "Bearer"})
        citizen = await self._desk.sessions.read(request.path_params["session"])
        if citizen is None:
            return JsonResponse({"error": "session_unknown"}, status_code=404)
        return JsonResponse({"document": citizen.document, "name": citizen.name})

    def _allowed(self, request: Request) -> bool:
        given = request.headers.get("authorization", "").encode("utf-8", "surrogateescape")
        known = self._expected is not None and hmac.compare_digest(given, self._expected)
        return known and _from_this_machine(request)


def _from_this_machine(request: Request) -> bool:
    if request.client is None or any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:  # a name or a socket's path is no address
        return False
