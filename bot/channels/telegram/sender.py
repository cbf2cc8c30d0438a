"""Sends a turn's rows as Telegram messages."""

from __future__ import annotations

from typing import Literal

import structlog
from telegram import InlineKeyboardMarkup, LinkPreviewOptions
from telegram.constants import ChatAction, ParseMode
from telegram.error import BadRequest, TelegramError

from bot.channels.telegram import limits
from bot.channels.telegram.api import Api, delivery_error
from bot.channels.telegram.pace import Pace
from bot.channels.telegram.render import Part, keyboard, pieces, render, without_links
from bot.channels.telegram.updates import CHANNEL
from bot.delivery import Delivery, DeliveryRow, Progress, PutOff, RecipientGone, TryAgain

_log = structlog.get_logger(__name__)
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class TelegramSender:
    """One message a row, or several where it is long; the buttons are under the last."""

    channel = CHANNEL
    on_unknown: Literal["repeat_once", "wait"] = "repeat_once"
    typing_after = 0.5
    typing_every: float | None = limits.TYPING_SECONDS
    notice_after: float | None = None

    def __init__(self, api: Api, pace: Pace) -> None:
        self._api = api
        self._pace = pace

    async def send(self, delivery: Delivery, progress: Progress) -> None:
        if delivery.repeat:
            await self._reach()
        for row in delivery.rows:
            parts = render(row.body.text)
            if row.part >= len(parts):  # nothing of it is left
                await progress.sent(row.id, row.part)
            for number in range(row.part, len(parts)):
                last = number == len(parts) - 1
                await self._pace.wait(delivery.external_key)
                await progress.sending(row.id, number)
                name = await self._send(delivery, row, parts[number], last=last)
                await progress.sent(row.id, number, name, last=last)

    async def typing(self, external_key: str, reply_to: str, kind: str | None) -> None:
        await self._api.bot.send_chat_action(int(external_key), ChatAction.TYPING)

    async def _reach(self) -> None:
        """Telegram answers, before what it may have got already is sent again: a repeat is had once, and whatever
        swallowed the first request would swallow it too. Raises DeliveryError."""
        try:
            await self._api.bot.get_me()
        except TelegramError as error:
            failure = delivery_error(error)
            raise failure if isinstance(failure, PutOff) else TryAgain(f"Unreachable{type(error).__name__}") from error

    async def _send(self, delivery: Delivery, row: DeliveryRow, part: Part, *, last: bool) -> str:
        """The message's number; raises DeliveryError."""
        buttons = row.body.buttons if last else []
        try:
            try:
                return await self._message(delivery.external_key, part.html, keyboard(buttons), ParseMode.HTML)
            except BadRequest as error:
                if isinstance(delivery_error(error), RecipientGone):
                    raise
                # Its text or an address of a button is not to Telegram's liking: the words must arrive all the same.
                _log.error("telegram_refused_rendering", outbox_id=row.id, error=_kind(error))
                pressed, links = without_links(buttons)
                return await self._plainly(
                    delivery.external_key, "\n\n".join(filter(None, (part.plain, links))), keyboard(pressed)
                )
        except TelegramError as error:
            raise delivery_error(error) from error

    async def _plainly(self, chat: str, text: str, markup: InlineKeyboardMarkup | None) -> str:
        """With its links a text may be longer than one message; the last one has the buttons. Its number."""
        places = list(pieces(text))
        for start, end in places[:-1]:
            await self._message(chat, text[start:end], None, None)
            await self._pace.wait(chat)
        start, end = places[-1]
        return await self._message(chat, text[start:end], markup, None)

    async def _message(self, chat: str, text: str, markup: InlineKeyboardMarkup | None, mode: ParseMode | None) -> str:
        sent = await self._api.bot.send_message(
            int(chat), text, parse_mode=mode, reply_markup=markup, link_preview_options=_NO_PREVIEW
        )
        return f"{chat}:{sent.message_id}"


def _kind(error: BadRequest) -> str:
    """Telegram's description up to where it may quote us."""
    return error.message.partition(":")[0][:64]
