"""The channel: ``/whatsapp/webhook`` in, the sender out. Set it up with the GUICHE_WHATSAPP_* settings."""

from __future__ import annotations

import hashlib
import hmac
import time
from contextlib import AsyncExitStack
from typing import Self

import structlog
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bot import metrics
from bot.channels.whatsapp import limits
from bot.channels.whatsapp.callback import carried
from bot.channels.whatsapp.client import CloudApi
from bot.channels.whatsapp.errors import OPERATOR, name
from bot.channels.whatsapp.gate import TokenGate
from bot.channels.whatsapp.inbound import IdentityChanged, Message, Status, events
from bot.channels.whatsapp.pace import Pace
from bot.channels.whatsapp.payloads import Change, Unreadable, changes, code
from bot.channels.whatsapp.people import CHANNEL, People
from bot.channels.whatsapp.sender import WhatsAppSender
from bot.channels.whatsapp.signature import HEADER, is_signed
from bot.desk import FrontDesk
from bot.messages import Inbound
from bot.settings import Settings, SettingsError

_log = structlog.get_logger(__name__)
PATH = "/whatsapp/webhook"
MAX_REFERENCE = 128
_SETTLED = {"sent": "sent", "delivered": "delivered", "read": "read", "played": "read", "failed": "failed"}


class WhatsAppChannel:
    """One business number. ``async with`` closes its connections."""

    def __init__(self, desk: FrontDesk) -> None:
        settings = desk.settings
        if settings.whatsapp_phone_number_id is None:
            raise _missing("GUICHE_WHATSAPP_PHONE_NUMBER_ID")
        self._desk = desk
        self._app_secret = _required(settings.whatsapp_app_secret, "GUICHE_WHATSAPP_APP_SECRET")
        self._verify_token = _required(settings.whatsapp_verify_token, "GUICHE_WHATSAPP_VERIFY_TOKEN")
        self._number = settings.whatsapp_phone_number_id
        self._people = People(desk.store, desk.sessions)
        self._api = CloudApi(
            _required(settings.whatsapp_token, "GUICHE_WHATSAPP_TOKEN"),
            self._number,
            url=settings.whatsapp_api_url,
            version=settings.whatsapp_api_version,
            auth_header=settings.whatsapp_auth_header,
        )
        pace = Pace(settings.whatsapp_messages_per_second)
        gate = TokenGate(self._api, settings.whatsapp_probe_seconds)
        self.sender = WhatsAppSender(self._api, self._people, desk.sentences, pace, gate)
        self._resources = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._resources.enter_async_context(self._api)
        self._resources.push_async_callback(self.sender.close)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._resources.aclose()

    def routes(self) -> list[BaseRoute]:
        return [Route(PATH, self._verify, methods=["GET"]), Route(PATH, self._receive, methods=["POST"])]

    async def _verify(self, request: Request) -> Response:
        """Meta asks, when the webhook is set up, whether it is ours."""
        query = request.query_params
        given = query.get("hub.verify_token", "").encode()
        known = hmac.compare_digest(given, self._verify_token.encode())
        if not known or query.get("hub.mode") != "subscribe" or "hub.challenge" not in query:
            return PlainTextResponse("forbidden", 403)
        return PlainTextResponse(query["hub.challenge"])

    async def _receive(self, request: Request) -> Response:
        """Stores what came and answers 200; 503 when it cannot be stored, and then Meta posts it again."""
        signature = request.headers.get(HEADER)
        if signature is None:
            return PlainTextResponse("forbidden", 403)
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            return PlainTextResponse("not json", 415)
        body = await _body(request)
        if body is None:
            return PlainTextResponse("too large", 413, {"Connection": "close"})
        if not is_signed(self._app_secret, body, signature):
            _log.warning("whatsapp_signature_wrong")
            return PlainTextResponse("forbidden", 403)
        try:
            for change in changes(body):
                await self._take(change)
        except Unreadable:  # posting it again would not help
            await self._desk.unreadable(CHANNEL, "Unreadable", body)
        return PlainTextResponse("ok")

    async def _take(self, change: Change) -> None:
        if change.phone_number_id != self._number:
            _log.warning("whatsapp_other_number")
            return
        if (number := code(change.errors)) is not None:
            _log.error("whatsapp_reports_error", reason=name(number))
        for event in events(change):
            match event:
                case Message():
                    await self._message(event)
                case IdentityChanged():
                    if not _old(event.at):
                        await self._people.moved(event)
                case Status():
                    await self._status(event)

    async def _message(self, message: Message) -> None:
        if _old(message.at):  # Meta repeats for days what nobody took; nothing may be answered any more
            metrics.count(CHANNEL, "refused")
            _log.warning("whatsapp_message_too_old")
            return
        key = await self._people.key(message.person)
        await self._desk.receive_throttled(
            Inbound(
                channel=CHANNEL,
                external_key=key,
                citizen=key,
                external_id=message.id,
                reference=_reference(message.id),
                text=message.text,
                button=message.button,
                kind=message.kind,
                sent_at=message.at,
            )
        )

    async def _status(self, status: Status) -> None:
        settled = _SETTLED.get(status.status)
        if settled is None:
            return
        ours = carried(status.callback_data)
        failure = name(status.code) if status.code is not None else "failed"
        changed = await self._desk.ledger.settle(
            CHANNEL,
            settled,
            external_id=status.id,
            conversation=ours.conversation if ours else None,
            rows=ours.rows if ours else (),
            part=ours.part if ours else None,
            last=ours is None or ours.last,
            error=failure,
        )
        if ours is not None and changed and not ours.last:
            self._desk.deliverer.enqueue(ours.conversation, CHANNEL)
        if settled == "failed" and changed:
            metrics.count(CHANNEL, "dead", changed)
            log = _log.error if status.code in OPERATOR else _log.warning
            log("whatsapp_message_failed", reason=failure, details=status.details)


def build(desk: FrontDesk) -> WhatsAppChannel | None:
    """The channel, or None where it is not configured; raises SettingsError where it is half configured."""
    settings: Settings = desk.settings
    wanted = (settings.whatsapp_phone_number_id, settings.whatsapp_token, settings.whatsapp_app_secret)
    return WhatsAppChannel(desk) if any(value is not None for value in wanted) else None


def _required(value: SecretStr | None, variable: str) -> str:
    if value is None or not value.get_secret_value():
        raise _missing(variable)
    return value.get_secret_value()


def _missing(variable: str) -> SettingsError:
    return SettingsError(f"{variable} is missing, and WhatsApp needs it")


def _old(at: float | None) -> bool:
    return at is not None and at < time.time() - limits.WINDOW_SECONDS


def _reference(wamid: str) -> str:
    """What answers name: the message's id, or its digest where it is too long for the column."""
    return wamid if len(wamid) <= MAX_REFERENCE else hashlib.sha256(wamid.encode()).hexdigest()


async def _body(request: Request) -> bytes | None:
    """The raw body, or None when it is too large."""
    declared = request.headers.get("content-length", "0")
    if not (declared.isascii() and declared.isdigit()) or len(declared) > 15 or int(declared) > limits.WEBHOOK_BYTES:
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limits.WEBHOOK_BYTES:
            return None
    return bytes(body)
