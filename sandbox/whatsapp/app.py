"""The Graph API of one number: ``POST /{version}/{phone_number_id}/messages`` and ``GET /{version}/{phone_number_id}``.

``/_control`` (control.py) says what citizens write and what goes wrong; ``/`` is a page to write by hand.
"""

from __future__ import annotations

import asyncio
import hmac
import time
from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from sandbox.whatsapp import faults
from sandbox.whatsapp.control import Control
from sandbox.whatsapp.errors import GraphError
from sandbox.whatsapp.faults import Fault, Faults
from sandbox.whatsapp.number import Number, Sent
from sandbox.whatsapp.page import PAGE, chat
from sandbox.whatsapp.validation import check
from sandbox.whatsapp.webhooks import Webhooks


@dataclass(frozen=True)
class Account:
    """What the business has from Meta."""

    token: str
    app_secret: str
    verify_token: str
    phone_number_id: str
    webhook_url: str
    auth_header: str = "Authorization"
    """Meta's; a solution provider has one of its own, which carries the token alone."""
    version: str = "v26.0"


class CloudApi:
    """The stand-in; ``app`` is what is served."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.number = Number()
        self.faults = Faults()
        self.requests: list[dict[str, Any]] = []
        """Every request to the messages endpoint, accepted or not."""
        self.webhooks = Webhooks(account.webhook_url, account.app_secret, account.phone_number_id)
        self.control = Control(self)
        self.token_valid = True
        self.statuses: tuple[str, ...] = ("sent", "delivered")
        """Which status webhooks follow a message by themselves, in this order."""
        self.app = Starlette(
            routes=[
                Route("/", self._page),
                Route("/health", self._health),
                Route("/_chat/{wa_id}", self._chat, methods=["GET", "POST"]),
                *self.control.routes(),
                Route("/{version}/{number}/messages", self._messages, methods=["POST"]),
                Route("/{version}/{number}", self._number),
            ],
            exception_handlers={GraphError: _refused},
            lifespan=self.webhooks.open,
        )

    async def _messages(self, request: Request) -> Response:
        self._authorize(request)
        try:
            message = msgspec.json.decode(await request.body(), type=dict[str, Any])
        except msgspec.DecodeError:
            raise GraphError(100, "not JSON") from None
        self.requests.append(message)
        read = message.get("status") == "read"
        fault = self.faults.take(message.get("to") or message.get("recipient"), read=read)
        if fault is not None and (answer := await self._misbehave(fault, request)) is not None:
            return answer
        if read:
            return self._mark_read(message)
        check(message)
        sent = self.number.accept(message)
        self._tell(sent, fault)
        if fault is not None and fault.kind.startswith("accept_then"):
            return await self._lose(fault, request)
        contact = {"input": message.get("to") or message.get("recipient"), "user_id": sent.person.user_id}
        if sent.person.wa_id:
            contact["wa_id"] = sent.person.wa_id
        return JSONResponse({"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": sent.wamid}]})

    def _mark_read(self, message: dict[str, Any]) -> Response:
        typing = message.get("typing_indicator")
        if not isinstance(message.get("message_id"), str) or typing not in (None, {"type": "text"}):
            raise GraphError(131009, "message_id or typing_indicator")
        self.number.read.append(message["message_id"])
        if typing:
            self.number.typing[message["message_id"]] = time.time()
        return JSONResponse({"success": True})

    async def _misbehave(self, fault: Fault, request: Request) -> Response | None:
        """The answer instead of the usual one, or None where the message is looked at first."""
        match fault.kind:
            case "error":
                raise GraphError(fault.code, fault.details, fault.status)
            case "status":
                headers = {"Retry-After": str(fault.retry_after)} if fault.retry_after is not None else None
                return HTMLResponse("<html><body>gateway</body></html>", fault.status or 503, headers)
            case "reset":
                faults.abort(request)
                return Response()
            case "hang":
                await faults.hang(request)
                return Response()
            case "slow":
                await asyncio.sleep(fault.seconds)
        return None

    async def _lose(self, fault: Fault, request: Request) -> Response:
        if fault.kind == "accept_then_hang":
            await faults.hang(request)
        elif fault.kind == "accept_then_reset":
            faults.abort(request)
        return JSONResponse({"messaging_product": "whatsapp"})

    def _tell(self, sent: Sent, fault: Fault | None) -> None:
        """The status webhooks, one after another."""
        if fault is not None and fault.kind == "fail_later":
            self.tell(sent, "failed", GraphError(fault.code, fault.details))
            return
        for status in self.statuses:
            self.tell(sent, status)

    def tell(self, sent: Sent, status: str, error: GraphError | None = None) -> None:
        sent.statuses.append(status)
        self.webhooks.post_surely(self.webhooks.status(sent, status, error))

    async def _number(self, request: Request) -> Response:
        self._authorize(request)
        return JSONResponse({"id": self.account.phone_number_id})

    def _authorize(self, request: Request) -> None:
        header, token = self.account.auth_header, self.account.token
        expected = f"Bearer {token}" if header.casefold() == "authorization" else token
        given = request.headers.get(header, "").encode()
        if not self.token_valid or not hmac.compare_digest(given, expected.encode()):
            raise GraphError(190, "Invalid OAuth access token")
        if request.path_params["version"] != self.account.version:
            raise GraphError(2635, "You are calling a deprecated version of the API", 400)
        if request.path_params["number"] != self.account.phone_number_id:
            raise GraphError(100, "Object does not exist", 400)

    async def _health(self, _: Request) -> Response:
        return JSONResponse({"status": "up"})

    async def _page(self, _: Request) -> Response:
        return HTMLResponse(PAGE)

    async def _chat(self, request: Request) -> Response:
        """What the page shows; POST: what the person at the page writes or presses."""
        wa_id = request.path_params["wa_id"]
        if request.method == "POST":
            message = msgspec.json.decode(await request.body(), type=dict[str, Any])
            await self.control.say(wa_id=wa_id, user_id=None, message=message)
        return JSONResponse(chat(self.number, wa_id))


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, GraphError)  # noqa: S101  # registered for it
    return JSONResponse(error.body(), error.status)
