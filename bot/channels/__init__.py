"""The channels on which citizens write, beside the website: each exists when its settings are given."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self

from starlette.routing import BaseRoute

from bot.channels.whatsapp.channel import build as build_whatsapp
from bot.delivery import Sender
from bot.desk import FrontDesk


class Channel(Protocol):
    """One folder of this package. ``async with`` opens its client and ends what it does in the background.

    What it does by itself (polling) begins when it is opened: the front desk is open then, its senders are known
    right after.
    """

    @property
    def sender(self) -> Sender | None: ...

    def routes(self) -> list[BaseRoute]: ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def build_channels(desk: FrontDesk) -> list[Channel]:
    """The channels whose settings are there. A new one is two lines here."""
    settings = desk.settings
    channels: list[Channel] = []
    if (whatsapp := build_whatsapp(desk)) is not None:
        channels.append(whatsapp)
    if settings.telegram_token is not None:
        from bot.channels.telegram.channel import TelegramChannel  # noqa: PLC0415  a third of a second, only if used

        channels.append(TelegramChannel(desk, settings.telegram_token.get_secret_value(), settings))
    return channels
