"""The Bot API of one bot: ``/bot<token>/<method>``. ``/_control`` (control.py) is for tests, ``/`` for a person."""

from __future__ import annotations

import asyncio
import hmac
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from sandbox.telegram import keyboards
from sandbox.telegram.control import Control
from sandbox.telegram.delivery import Delivery
from sandbox.telegram.entities import Parsed, parse, units
from sandbox.telegram.errors import ApiError, bad_request
from sandbox.telegram.faults import Fault, Faults
from sandbox.telegram.world import BOT, World
from sandbox.whatsapp.faults import abort, hang

MAX_TEXT = 4096
PAGE = Path(__file__).with_name("page.html").read_text(encoding="utf-8")

type Asked = dict[str, Any]


class BotApi:
    """The stand-in; ``app`` is what is served."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.token_valid = True
        self.world = World()
        self.faults = Faults()
        self.delivery = Delivery(self.world)
        self.requests: list[tuple[str, Asked]] = []
        """Every call, accepted or not, but for getUpdates."""
        self.control = Control(self)
        self._methods: dict[str, Callable[[Asked], Awaitable[Any]]] = {
            "getMe": self._get_me,
            "getUpdates": self.delivery.poll,
            "setWebhook": self._set_webhook,
            "deleteWebhook": self._delete_webhook,
            "getWebhookInfo": self._webhook_info,
            "sendMessage": self._send_message,
            "editMessageReplyMarkup": self._edit_markup,
            "answerCallbackQuery": self._answer_query,
            "sendChatAction": self._chat_action,
        }
        self.app = Starlette(
            routes=[
                Route("/", self._page),
                Route("/health", self._health),
                *self.control.routes(),
                Route("/bot{token}/{method}", self._call, methods=["GET", "POST"]),
            ],
            exception_handlers={ApiError: _refused, ClientDisconnect: _gone},
            lifespan=self.delivery.open,
        )

    async def _call(self, request: Request) -> Response:
        given = str(request.path_params["token"]).encode()
        if not self.token_valid or not hmac.compare_digest(given, self.token.encode()):
            raise ApiError(401, "Unauthorized")
        name = str(request.path_params["method"])
        method = next((known for known in self._methods if known.lower() == name.lower()), None)
        if method is None:
            raise ApiError(404, "Not Found")
        asked = await _parameters(request)
        if method != "getUpdates":
            self.requests.append((method, asked))
        fault = self.faults.take(method, _number(asked.get("chat_id")))
        if fault is not None and (answer := await self._misbehave(fault, request)) is not None:
            return answer
        result = await self._methods[method](asked)
        if fault is not None and fault.kind.startswith("accept_then"):
            return await self._lose(fault, request)
        return JSONResponse({"ok": True, "result": result})

    @staticmethod
    async def _misbehave(fault: Fault, request: Request) -> Response | None:
        """The answer instead of the usual one, or None where the call is made all the same."""
        match fault.kind:
            case "error":
                raise ApiError(fault.code, fault.description, fault.retry_after, fault.migrate_to_chat_id)
            case "status":
                return HTMLResponse("<html><body>gateway</body></html>", fault.code)
            case "reset":
                abort(request)
                return Response()
            case "hang":
                await hang(request)
                return Response()
            case "slow":
                await asyncio.sleep(fault.seconds)
        return None

    @staticmethod
    async def _lose(fault: Fault, request: Request) -> Response:
        if fault.kind == "accept_then_hang":
            await hang(request)
        elif fault.kind == "accept_then_reset":
            abort(request)
        return HTMLResponse("<html>")

    async def _get_me(self, _: Asked) -> Any:
        return {**BOT, "can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}

    async def _set_webhook(self, asked: Asked) -> Any:
        self.delivery.set_webhook(asked)
        return True

    async def _delete_webhook(self, asked: Asked) -> Any:
        self.delivery.webhook = None
        if asked.get("drop_pending_updates"):
            self.world.updates.clear()
        return True

    async def _webhook_info(self, _: Asked) -> Any:
        return self.delivery.info()

    async def _send_message(self, asked: Asked) -> Any:
        chat = self.world.reachable(asked.get("chat_id"))
        source = asked.get("text")
        if not isinstance(source, str) or not source.strip():
            raise bad_request("message text is empty")
        mode = asked.get("parse_mode")
        if mode not in (None, "", "HTML"):
            raise bad_request("unsupported parse_mode")
        parsed = parse(source) if mode else Parsed(source, [])
        if not parsed.text.strip():
            raise bad_request("message text is empty")
        if units(parsed.text) > MAX_TEXT:
            raise bad_request("message is too long")
        markup = keyboards.check(asked.get("reply_markup"))
        self.world.check_rate(chat)
        return self.world.accept(chat, parsed.text, parsed.entities, markup)

    async def _edit_markup(self, asked: Asked) -> Any:
        chat = self.world.reachable(asked.get("chat_id"))
        message = self.world.find(chat.id, _number(asked.get("message_id")) or 0)
        if message is None or message["from"] != BOT:
            raise bad_request("message to edit not found")
        markup = keyboards.check(asked.get("reply_markup"))
        if message.get("reply_markup") == markup:
            raise bad_request("message is not modified: specified new reply markup is exactly the same")
        message.pop("reply_markup", None)
        if markup:
            message["reply_markup"] = markup
        return message

    async def _answer_query(self, asked: Asked) -> Any:
        query = str(asked.get("callback_query_id"))
        if self.world.queries.get(query) is not False:
            raise bad_request("query is too old and response timeout expired or query ID is invalid")
        self.world.queries[query] = True
        return True

    async def _chat_action(self, asked: Asked) -> Any:
        chat = self.world.reachable(asked.get("chat_id"))
        if asked.get("action") != "typing":
            raise bad_request("wrong parameter action in request")
        self.world.actions.append({"chat": chat.id, "at": time.monotonic()})
        return True

    async def _health(self, _: Request) -> Response:
        return JSONResponse({"status": "up"})

    async def _page(self, _: Request) -> Response:
        return HTMLResponse(PAGE)


async def _parameters(request: Request) -> Asked:
    """From the address, a form or JSON. In a form, what is no text is JSON."""
    asked: Asked = dict(request.query_params)
    body = await request.body()
    if request.headers.get("content-type", "").startswith("application/json"):
        given: Asked = json.loads(body or b"{}")
        return asked | given
    return asked | {name: _value(name, value) for name, value in parse_qsl(body.decode(), keep_blank_values=True)}


def _value(name: str, value: str) -> Any:
    if name in ("reply_markup", "allowed_updates", "link_preview_options"):
        return json.loads(value)
    return {"true": True, "false": False}.get(value, value)


def _number(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)  # noqa: S101  # registered for it above
    return error.response()


async def _gone(_: Request, __: Exception) -> Response:
    """Killed in the middle of a request: nobody reads this."""
    return Response(status_code=400)
