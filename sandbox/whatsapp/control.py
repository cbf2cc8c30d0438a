"""``/_control``: what citizens write, what goes wrong, what arrived. For tests, and only on loopback.

POST   /_control/say       {"wa_id", "user_id", "name", "message": {"type": …}, "id", "at"} -> {"id", "status"}
POST   /_control/post      a whole payload, signed and posted as it is -> {"status"}
POST   /_control/statuses  {"id", "status", "code"}: one status webhook of a message that was accepted
POST   /_control/faults    see faults.py; DELETE clears them
PUT    /_control/settings  {"statuses": ["sent", …], "token_valid": bool, "rates": bool}
GET    /_control           {"sent": [{"id", "to", "message", "statuses"}], "read": [ids], "requests": n}
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.whatsapp.errors import GraphError
from sandbox.whatsapp.faults import Fault
from sandbox.whatsapp.number import Said, wamid

if TYPE_CHECKING:
    from sandbox.whatsapp.app import CloudApi

PREFIX = "/_control"


class Control:
    """Over HTTP, and the same as methods for a test in the same process."""

    def __init__(self, api: CloudApi) -> None:
        self._api = api

    def routes(self) -> list[Route]:
        return [
            Route(PREFIX, self._read),
            Route(f"{PREFIX}/say", self._say, methods=["POST"]),
            Route(f"{PREFIX}/post", self._post, methods=["POST"]),
            Route(f"{PREFIX}/statuses", self._status, methods=["POST"]),
            Route(f"{PREFIX}/faults", self._fault, methods=["POST", "DELETE"]),
            Route(f"{PREFIX}/settings", self._settings, methods=["PUT"]),
        ]

    async def say(
        self,
        *,
        wa_id: str | None,
        user_id: str | None,
        message: dict[str, Any],
        name: str = "Cidadã",
        id: str | None = None,  # noqa: A002
        at: float | None = None,
    ) -> dict[str, Any]:
        """A person writes; tells the message's id and how the webhook answered (0: nobody there, tried again)."""
        number, webhooks = self._api.number, self._api.webhooks
        person = number.person(wa_id, user_id, name)
        moment = time.time() if at is None else at
        person.last_inbound = max(person.last_inbound or 0.0, moment)
        identifier = id or wamid()
        number.said.append(Said(identifier, person, message, moment))
        payload = webhooks.message(person, identifier, message, at)
        status = await webhooks.post(payload)
        if status != 200:
            webhooks.post_surely(payload)
        return {"id": identifier, "status": status}

    async def _say(self, request: Request) -> Response:
        asked = await _body(request)
        allowed = {"wa_id": None, "user_id": None, **asked}
        return JSONResponse(await self.say(**allowed))

    async def _post(self, request: Request) -> Response:
        return JSONResponse({"status": await self._api.webhooks.post(await _body(request))})

    async def _status(self, request: Request) -> Response:
        asked = await _body(request)
        sent = self._api.number.find(asked["id"])
        if sent is None:
            return JSONResponse({"error": "no such message"}, 404)
        error = GraphError(asked["code"], "by control") if "code" in asked else None
        sent.statuses.append(asked["status"])
        payload = self._api.webhooks.status(sent, asked["status"], error)
        return JSONResponse({"status": await self._api.webhooks.post(payload)})

    async def _fault(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._api.faults.clear()
        else:
            self._api.faults.add(msgspec.json.decode(await request.body(), type=Fault))
        return Response(status_code=204)

    async def _settings(self, request: Request) -> Response:
        asked = await _body(request)
        self._api.statuses = tuple(asked.get("statuses", self._api.statuses))
        self._api.token_valid = bool(asked.get("token_valid", self._api.token_valid))
        self._api.number.rates = bool(asked.get("rates", self._api.number.rates))
        return Response(status_code=204)

    async def _read(self, _: Request) -> Response:
        number = self._api.number
        sent = [
            {
                "id": item.wamid,
                "to": item.person.wa_id or item.person.user_id,
                "message": item.message,
                "statuses": item.statuses,
            }
            for item in number.sent
        ]
        return JSONResponse({"sent": sent, "read": number.read, "requests": len(self._api.requests)})


async def _body(request: Request) -> dict[str, Any]:
    return msgspec.json.decode(await request.body(), type=dict[str, Any])
