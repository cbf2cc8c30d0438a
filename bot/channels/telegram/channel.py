"""The channel: ``POST /telegram/webhook``, or polling. What arrives is stored before anything else happens."""

from __future__ import annotations

import asyncio
import hmac
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.channels.telegram import limits
from bot.channels.telegram.api import Api
from bot.channels.telegram.commands import Commands
from bot.channels.telegram.courtesies import Courtesies
from bot.channels.telegram.pace import Pace
from bot.channels.telegram.polling import Poller
from bot.channels.telegram.sender import TelegramSender
from bot.channels.telegram.updates import CHANNEL, Reader, UpdateUnreadable, update_id
from bot.desk import FrontDesk
from bot.settings import Settings, SettingsError, is_loopback

PATH = "/telegram/webhook"


class TelegramChannel:
    """One bot on one front desk."""

    def __init__(self, desk: FrontDesk, token: str, settings: Settings) -> None:
        """Raises SettingsError: a webhook needs a secret of Telegram's alphabet, a token has a number and a colon."""
        if not token.partition(":")[0].isdigit():
            raise SettingsError("GUICHE_TELEGRAM_TOKEN is not a token like 123456:ABC...")
        self._desk = desk
        self._secret = webhook_secret(settings)
        self._api = Api(token, settings.telegram_api_url)
        commands = Commands.load(settings.data_dir / "help_center.yml")
        self._reader = Reader(self._api.bot, self._api.bot_id, commands)
        self._polls = not can_be_called(settings)
        self._poll: asyncio.Task[None] | None = None
        self._courtesies = Courtesies(self._api)
        self.sender = TelegramSender(self._api, Pace())

    def routes(self) -> list[BaseRoute]:
        return [Route(PATH, self._webhook, methods=["POST"])] if self._secret is not None else []

    async def __aenter__(self) -> Self:
        await self._api.__aenter__()
        if self._polls:
            self._poll = asyncio.create_task(Poller(self._api, self._take).run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._poll is not None:
            self._poll.cancel()
            await asyncio.gather(self._poll, return_exceptions=True)
        await self._courtesies.stop()
        await self._api.__aexit__(kind, error, trace)

    async def _webhook(self, request: Request) -> Response:
        """Stores one update. After the secret was right, an answer other than 200 makes Telegram send it again."""
        if not self._knows_secret(request):
            return Response(status_code=401)
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return Response(status_code=415)
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > limits.WEBHOOK_BODY:
                return Response(status_code=413, headers={"Connection": "close"})
        try:
            data = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return Response(status_code=422)
        await self._take(data)
        return Response(status_code=200)

    def _knows_secret(self, request: Request) -> bool:
        given = request.headers.get(limits.SECRET_HEADER, "").encode("utf-8", "surrogateescape")
        return self._secret is not None and hmac.compare_digest(given, self._secret.encode())

    async def _take(self, data: object) -> None:
        """Stores what an update means; raises StoreUnavailable. One that cannot be read would come for ever: it becomes
        a dead letter."""
        try:
            meaning = self._reader.read(data)
        except UpdateUnreadable as error:
            raw = repr(data).encode("utf-8", "surrogatepass")
            await self._desk.unreadable(CHANNEL, str(error), raw, update_id(data))
            return
        taken = False
        if meaning.inbound is not None:
            taken = await self._desk.receive_throttled(meaning.inbound) is not None
        if meaning.pressed is not None:
            self._courtesies.begin(meaning.pressed, taken=taken)
        if meaning.blocked is not None:
            await self._desk.ledger.unreachable(CHANNEL, meaning.blocked)


def can_be_called(settings: Settings) -> bool:
    """Whether there is an address where Telegram finds this front desk."""
    return settings.public_url is not None and not is_loopback(urlsplit(settings.public_url).hostname or "")


def webhook_secret(settings: Settings) -> str | None:
    """The secret of the webhook's calls, or None; raises SettingsError."""
    secret = settings.telegram_secret.get_secret_value() if settings.telegram_secret else None
    if secret is None and can_be_called(settings):
        raise SettingsError("GUICHE_TELEGRAM_SECRET is needed where GUICHE_PUBLIC_URL is set")
    if secret is not None and not limits.SECRET_TOKEN.fullmatch(secret):
        raise SettingsError("GUICHE_TELEGRAM_SECRET: 1 to 256 of A-Z a-z 0-9 _ -")
    return secret
