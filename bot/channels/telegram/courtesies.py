"""What a pressed button is owed: its spinner stops, and the used keyboard goes. The answer comes without either too."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from telegram.error import TelegramError

from bot.channels.telegram.api import Api, delivery_error
from bot.channels.telegram.updates import Pressed
from bot.delivery import OutcomeUnknown, PutOff, TryAgain

_log = structlog.get_logger(__name__)
AT_ONCE = 16
"""Requests of this kind on their way: sends have the other connections."""
LONGEST = 60.0
"""Seconds after which nobody waits for it any more: Telegram's own spinner has ended, and a query is too old."""
FIRST_PAUSE, MAX_PAUSE = 0.5, 8.0


class Courtesies:
    """One task for each pressed button. Each has an end, so there are as many as buttons are pressed in LONGEST."""

    def __init__(self, api: Api) -> None:
        self._bot = api.bot
        self._places = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, pressed: Pressed, *, taken: bool) -> None:
        """``taken``: the press was stored. One that was refused can be made again, so its keyboard stays."""
        task = asyncio.get_running_loop().create_task(self._pay(pressed, taken=taken))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _pay(self, pressed: Pressed, *, taken: bool) -> None:
        try:
            async with asyncio.timeout(LONGEST):
                await self._surely("answerCallbackQuery", lambda: self._bot.answer_callback_query(pressed.query))
                if taken and pressed.message is not None:
                    await self._surely(
                        "editMessageReplyMarkup",
                        lambda: self._bot.edit_message_reply_markup(
                            chat_id=pressed.chat, message_id=pressed.message, reply_markup=pressed.links
                        ),
                    )
        except TimeoutError:
            _log.warning("telegram_courtesy_given_up")

    async def _surely(self, what: str, call: Callable[[], Awaitable[object]]) -> None:
        """Until Telegram did it, or says that it cannot be done (too old, answered, not modified)."""
        pause = FIRST_PAUSE
        while True:
            try:
                async with self._places:
                    await call()
                return
            except TelegramError as error:
                failure = delivery_error(error)
            match failure:
                case PutOff():
                    wait = failure.seconds
                case TryAgain() | OutcomeUnknown():
                    wait, pause = pause, min(2 * pause, MAX_PAUSE)
                case _:
                    _log.info("telegram_courtesy_refused", method=what, error=type(failure).__name__)
                    return
            await asyncio.sleep(wait)
