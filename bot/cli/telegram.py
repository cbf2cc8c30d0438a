"""`guiche telegram`: tells Telegram where the webhook is, or that there is none, and shows what it knows."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC
from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationError
from telegram import Bot
from telegram.error import InvalidToken, RetryAfter, TelegramError

from bot.channels.telegram import limits
from bot.channels.telegram.api import Api
from bot.channels.telegram.channel import PATH, webhook_secret
from bot.cli.terminal import Terminal
from bot.settings import Settings, SettingsError


def set_webhook(terminal: Terminal) -> int:
    """Telegram calls GUICHE_PUBLIC_URL from now on, with GUICHE_TELEGRAM_SECRET."""

    async def work(bot: Bot, settings: Settings) -> None:
        url = webhook_url(settings)
        await bot.set_webhook(
            url,
            secret_token=webhook_secret(settings),
            allowed_updates=list(limits.ALLOWED_UPDATES),
            max_connections=limits.WEBHOOK_CONNECTIONS,
        )
        terminal.say("telegram.set", url=url)

    return _run(terminal, work)


def delete_webhook(terminal: Terminal) -> int:
    """Telegram keeps the updates until somebody asks for them."""

    async def work(bot: Bot, _: Settings) -> None:
        await bot.delete_webhook(drop_pending_updates=False)
        terminal.say("telegram.deleted")

    return _run(terminal, work)


def info(terminal: Terminal) -> int:
    """The bot's name, the webhook, what waits, what went wrong last."""

    async def work(bot: Bot, _: Settings) -> None:
        me = await bot.get_me()
        terminal.say("telegram.bot", name=me.username, link=f"https://t.me/{me.username}")
        webhook = await bot.get_webhook_info()
        terminal.say("telegram.webhook" if webhook.url else "telegram.no_webhook", url=webhook.url)
        terminal.say("telegram.pending", count=webhook.pending_update_count)
        if webhook.last_error_message and webhook.last_error_date:
            at = webhook.last_error_date.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
            terminal.say("telegram.last_error", at=at, error=webhook.last_error_message)

    return _run(terminal, work)


def webhook_url(settings: Settings) -> str:
    """Raises SettingsError unless Telegram could call it."""
    if not settings.public_url:
        raise SettingsError("GUICHE_PUBLIC_URL is not set")
    parts = urlsplit(settings.public_url)
    if parts.scheme != "https" or not parts.hostname:
        raise SettingsError("GUICHE_PUBLIC_URL does not begin with https://")
    if (parts.port or 443) not in limits.WEBHOOK_PORTS:
        ports = ", ".join(map(str, limits.WEBHOOK_PORTS))
        raise SettingsError(f"GUICHE_PUBLIC_URL: Telegram calls the ports {ports} only")
    return settings.public_url.rstrip("/") + PATH


def _run(terminal: Terminal, work: Callable[[Bot, Settings], Awaitable[None]]) -> int:
    try:
        settings = Settings(rasa_secret=SecretStr("not needed here"))
        if settings.telegram_token is None:
            raise SettingsError("GUICHE_TELEGRAM_TOKEN is not set")
        asyncio.run(_with_bot(settings, settings.telegram_token.get_secret_value(), work))
    except ValidationError as error:
        names = ", ".join(f"GUICHE_{str(item['loc'][0]).upper()}" for item in error.errors())
        terminal.complain("telegram.setting", reason=names)
    except SettingsError as error:
        terminal.complain("telegram.setting", reason=error)
    except InvalidToken:  # its message names the token
        terminal.complain("telegram.token")
    except RetryAfter:
        terminal.complain("telegram.later")
    except TelegramError as error:
        terminal.complain("telegram.failed", reason=error.message)
    else:
        return 0
    return 1


async def _with_bot(settings: Settings, token: str, work: Callable[[Bot, Settings], Awaitable[None]]) -> None:
    async with Api(token, settings.telegram_api_url) as api:
        await work(api.bot, settings)
