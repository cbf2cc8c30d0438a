"""``/_control``: what people write and press, what goes wrong, what arrived. For tests and the page, on loopback only.

POST   /_control/say       {"chat", "text"} or {"chat", "content": {fields of Message}} -> the update
POST   /_control/press     {"chat", "message_id", "data"} -> the update
POST   /_control/block     {"chat", "blocked"} -> the update
POST   /_control/update    a whole update, delivered as it is
POST   /_control/faults    see faults.py; DELETE clears them
PUT    /_control/settings  {"token_valid": bool, "rates": bool}
GET    /_control           {"sent": [{"message", "at"}], "queries", "actions", "pending", "webhook", "requests"}
GET    /_control/chat/7    {"lines": [Message], "typing": whether the bot seems to be typing}
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.telegram.faults import Fault

if TYPE_CHECKING:
    from sandbox.telegram.app import BotApi

PREFIX = "/_control"


class Control:
    def __init__(self, api: BotApi) -> None:
        self._api = api

    def routes(self) -> list[Route]:
        return [
            Route(PREFIX, self._read),
            Route(f"{PREFIX}/say", self._say, methods=["POST"]),
            Route(f"{PREFIX}/press", self._press, methods=["POST"]),
            Route(f"{PREFIX}/block", self._block, methods=["POST"]),
            Route(f"{PREFIX}/update", self._update, methods=["POST"]),
            Route(f"{PREFIX}/faults", self._fault, methods=["POST", "DELETE"]),
            Route(f"{PREFIX}/settings", self._settings, methods=["PUT"]),
            Route(f"{PREFIX}/chat/{{chat:int}}", self._chat),
        ]

    async def say(self, chat: int, **content: Any) -> dict[str, Any]:
        """A person writes: fields of Message."""
        return await self._put(self._api.world.say(chat, **content))

    async def press(self, chat: int, message_id: int, data: str) -> dict[str, Any]:
        return await self._put(self._api.world.press(chat, message_id, data))

    async def block(self, chat: int, *, blocked: bool) -> dict[str, Any]:
        return await self._put(self._api.world.membership(chat, blocked=blocked))

    async def _put(self, update: dict[str, Any]) -> dict[str, Any]:
        # As it is now: what is edited later does not change what was told.
        update = json.loads(json.dumps(update))
        await self._api.delivery.put(update)
        return update

    async def _say(self, request: Request) -> Response:
        asked = await _body(request)
        content = asked.get("content") or {"text": asked["text"]}
        return JSONResponse(await self.say(int(asked["chat"]), **content))

    async def _press(self, request: Request) -> Response:
        asked = await _body(request)
        return JSONResponse(await self.press(int(asked["chat"]), int(asked["message_id"]), str(asked["data"])))

    async def _block(self, request: Request) -> Response:
        asked = await _body(request)
        return JSONResponse(await self.block(int(asked["chat"]), blocked=bool(asked["blocked"])))

    async def _update(self, request: Request) -> Response:
        return JSONResponse(await self._put(await _body(request)))

    async def _fault(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._api.faults.clear()
        else:
            self._api.faults.add(msgspec.json.decode(await request.body(), type=Fault))
        return Response(status_code=204)

    async def _settings(self, request: Request) -> Response:
        asked = await _body(request)
        self._api.token_valid = bool(asked.get("token_valid", self._api.token_valid))
        self._api.world.rates = bool(asked.get("rates", self._api.world.rates))
        return Response(status_code=204)

    async def _chat(self, request: Request) -> Response:
        world, chat = self._api.world, request.path_params["chat"]
        known = world.chats.get(chat)
        return JSONResponse({"lines": known.lines if known else [], "typing": world.types(chat)})

    async def _read(self, _: Request) -> Response:
        world = self._api.world
        return JSONResponse(
            {
                "sent": world.sent,
                "queries": world.queries,
                "actions": world.actions,
                "pending": len(world.updates),
                "webhook": self._api.delivery.info(),
                "requests": dict(Counter(name for name, _ in self._api.requests)),
            }
        )


async def _body(request: Request) -> dict[str, Any]:
    return msgspec.json.decode(await request.body(), type=dict[str, Any])
