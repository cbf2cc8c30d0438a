"""The Bot API through python-telegram-bot, and what its errors mean to the delivery."""

from __future__ import annotations

from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx
from telegram import Bot
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter, TelegramError
from telegram.request import HTTPXRequest

from bot.delivery import DeliveryError, OutcomeUnknown, PutOff, RecipientGone, Refused, TryAgain

CONNECT_SECONDS = 5.0
READ_SECONDS = 15.0
POOL_SECONDS = 20.0
CONNECTIONS = 64
POLL_SECONDS = 30
"""How long Telegram holds a request for updates while there are none."""
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_GONE = ("chat not found", "user is deactivated", "user not found", "bot was blocked")
"""Descriptions of a 400 that mean the same as a 403."""
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Api:
    """One bot's connection. ``async with`` closes it; nothing is asked when it opens, Telegram may be away then."""

    def __init__(self, token: str, url: str, read_seconds: float = READ_SECONDS) -> None:
        # A proxy of the environment serves for Telegram, never for this machine.
        direct = {"trust_env": False} if urlsplit(url).hostname in _LOOPBACK else None
        self._sends = HTTPXRequest(
            connection_pool_size=CONNECTIONS,
            connect_timeout=CONNECT_SECONDS,
            read_timeout=read_seconds,
            write_timeout=read_seconds,
            pool_timeout=POOL_SECONDS,
            httpx_kwargs=direct,
        )
        self._polls = HTTPXRequest(
            connection_pool_size=1, connect_timeout=CONNECT_SECONDS, read_timeout=read_seconds, httpx_kwargs=direct
        )
        self.bot = Bot(
            token,
            base_url=f"{url.rstrip('/')}/bot",
            base_file_url=f"{url.rstrip('/')}/file/bot",
            request=self._sends,
            get_updates_request=self._polls,
        )
        self.bot_id = token.partition(":")[0]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._sends.shutdown()
        await self._polls.shutdown()


def delivery_error(error: TelegramError) -> DeliveryError:
    """What follows of a failed send."""
    name = type(error).__name__
    match error:
        case RetryAfter():
            # The property warns about its coming type.
            return PutOff(max(error._retry_after.total_seconds(), 1.0), name)
        case Forbidden():
            return RecipientGone(name)
        case BadRequest() if any(words in error.message.lower() for words in _GONE):
            return RecipientGone("ChatNotFound")
        case BadRequest() | ChatMigrated():  # only groups migrate, and groups are not answered
            return Refused(name)
    cause = error.__cause__
    lost = isinstance(cause, httpx.HTTPError) and not isinstance(cause, _NEVER_LEFT)
    if lost or type(error) is TelegramError:  # the latter: a 200 that nobody can read
        return OutcomeUnknown(type(cause).__name__ if lost else "Unreadable")
    return TryAgain(name)  # it never left, a 5xx, or an operator's affair (a wrong token)
