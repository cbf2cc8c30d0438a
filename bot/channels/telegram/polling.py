"""Asks Telegram for updates, where there is no public address that it could call."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Awaitable, Callable

import structlog
from telegram.error import RetryAfter, TelegramError
from telegram.warnings import PTBUserWarning

from bot.channels.telegram import limits
from bot.channels.telegram.api import POLL_SECONDS, Api
from bot.store import StoreUnavailable

_log = structlog.get_logger(__name__)
FIRST_PAUSE = 0.5
MAX_PAUSE = 30.0


class Poller:
    """An update is confirmed to Telegram (by the next request's offset) only after it is stored."""

    def __init__(self, api: Api, take: Callable[[object], Awaitable[None]]) -> None:
        """``take`` stores one update (the decoded JSON); StoreUnavailable: it comes again."""
        self._api = api
        self._take = take
        self._offset: int | None = None

    async def run(self) -> None:
        """For ever."""
        warnings.filterwarnings("ignore", "Please use 'Bot.getUpdates'", PTBUserWarning)  # _once says why not
        pause = FIRST_PAUSE
        prepared = False
        while True:
            try:
                if not prepared:  # while a webhook is set, Telegram refuses to be asked
                    await self._api.bot.delete_webhook(drop_pending_updates=False)
                    prepared = True
                await self._once()
                pause = FIRST_PAUSE
                continue
            except RetryAfter as error:
                pause = error._retry_after.total_seconds()  # the property warns about its coming type
            except TelegramError as error:
                _log.warning("telegram_poll_failed", error=type(error).__name__)
            except StoreUnavailable as error:
                _log.error("store_unavailable", error=str(error))
            except Exception:
                _log.exception("telegram_poll_raised")
            prepared = False
            await asyncio.sleep(pause)
            pause = min(pause * 2, MAX_PAUSE)

    async def _once(self) -> None:
        # The library's own get_updates makes objects of all at once: one that it cannot read would lose the others.
        found = await self._api.bot.do_api_request(
            "getUpdates",
            api_kwargs={
                "offset": self._offset,
                "timeout": POLL_SECONDS,
                "allowed_updates": list(limits.ALLOWED_UPDATES),
            },
            read_timeout=POLL_SECONDS + 10,
        )
        for data in found if isinstance(found, list) else []:
            await self._take(data)
            if isinstance(data, dict) and isinstance(data.get("update_id"), int):
                self._offset = data["update_id"] + 1
