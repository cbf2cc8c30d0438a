"""The channel: ``POST /telegram/webhook``, or polling. What arrives is stored before anything else happens."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from telegram.error import TelegramError

from bot.channels.telegram import limits
from bot.channels.telegram.api import Api
from bot.channels.telegram.commands import Commands
from bot.channels.telegram.pace import Pace
from bot.channels.telegram.polling import Poller
from bot.channels.telegram.sender import TelegramSender
from bot.channels.telegram.updates import CHANNEL, Pressed, Reader, UpdateUnreadable
from bot.desk import FrontDesk
from bot.settings import Settings, SettingsError, is_loopback

PATH = "/telegram/webhook"
MAX_COURTESIES = 1_000
"""Answers to pressed buttons that are on their way at once; more are left out (a spinner ends by itself)."""
_log = structlog.get_logger(__name__)


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
        self._tasks: set[asyncio.Task[None]] = set()
        self.sender = TelegramSender(self._api, Pace())

    def routes(self) -> list[BaseRoute]:
        return [Route(PATH, self._webhook, methods=["POST"])] if self._secret is not None else []

    async def __aenter__(self) -> Self:
        await self._api.__aenter__()
        if self._polls:
            self._start(Poller(self._api, self._take).run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
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
        """Stores what an update means; raises StoreUnavailable. One that cannot be read would come for ever: let go."""
        try:
            meaning = self._reader.read(data)
        except UpdateUnreadable as error:
            _log.error("telegram_update_unreadable", error=str(error))
            return
        if meaning.inbound is not None:
            await self._desk.receive_throttled(meaning.inbound)
        if meaning.pressed is not None and len(self._tasks) < MAX_COURTESIES:
            self._start(self._acknowledge(meaning.pressed))
        if meaning.blocked is not None:
            await self._desk.ledger.unreachable(CHANNEL, meaning.blocked)

    async def _acknowledge(self, pressed: Pressed) -> None:
        """Stops the button's spinner and takes its keyboard away. Courtesies: the answer comes without them too."""
        bot = self._api.bot
        try:
            await bot.answer_callback_query(pressed.query)
        except TelegramError as error:  # too old, or answered
            _log.info("telegram_callback_not_answered", error=type(error).__name__)
        if pressed.message is None:
            return
        try:
            await bot.edit_message_reply_markup(chat_id=pressed.chat, message_id=pressed.message, reply_markup=None)
        except TelegramError as error:  # it has none any more, or is too old
            _log.info("telegram_keyboard_not_removed", error=type(error).__name__)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


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
