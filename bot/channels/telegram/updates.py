"""Telegram's updates as what they mean to the front desk. Nothing here waits, stores or answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from telegram import (
    Bot,
    CallbackQuery,
    ChatMember,
    ChatMemberUpdated,
    InlineKeyboardMarkup,
    MaybeInaccessibleMessage,
    Message,
    Update,
    User,
)
from telegram.constants import ChatType

from bot.channels.telegram.commands import Commands
from bot.channels.telegram.limits import ALLOWED_UPDATES
from bot.messages import Inbound

CHANNEL = "telegram"

KINDS = {
    "voice": "voice",
    "audio": "voice",
    "animation": "video",  # before document, which an animation also has
    "video": "video",
    "video_note": "video",
    "photo": "image",
    "sticker": "sticker",
    "document": "document",
    "venue": "location",
    "location": "location",
    "contact": "contact",
    "poll": "other",
    "dice": "other",
    "game": "other",
    "story": "other",
    "paid_media": "other",
    "checklist": "other",
    "invoice": "other",
}
"""Fields of a message that are no text -> what the front desk calls them (``media`` in data/front_desk.yml)."""

_CORE = ("message_id", "from", "chat", "date", "edit_date", "text", "caption")
_BUTTON = re.compile(r"[A-Za-z0-9_-]{1,64}")
SHOWN_OF_USERNAME, SHOWN_OF_NAME = 3, 24
UNKNOWN_BUTTON = "-"
"""Stands for data that no button of ours has; nobody was ever shown it."""


class UpdateUnreadable(Exception):
    """No update, or not of a shape that Telegram documents. The message names the error, never the content."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button was pressed: the spinner has to stop, and the keyboard (of this message) to go."""

    query: str
    chat: int | None = None
    message: int | None = None
    links: InlineKeyboardMarkup | None = None
    """What stays of the keyboard: buttons that open an address (to sign in, say) are not used up."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an update asks for; all empty: nothing, silence."""

    inbound: Inbound | None = None
    pressed: Pressed | None = None
    blocked: str | None = None
    """The chat that blocked the bot."""


class Reader:
    """Reads the updates of one bot."""

    def __init__(self, bot: Bot, bot_id: str, commands: Commands) -> None:
        self._bot = bot
        self._bot_id = bot_id
        self._commands = commands

    def read(self, data: object) -> Meaning:
        """``data``: the decoded JSON of an update. Raises UpdateUnreadable."""
        if not isinstance(data, dict) or update_id(data) is None:
            raise UpdateUnreadable("NoUpdateId")
        failed: Exception | None = None
        for shape in (data, _core(data)):
            try:
                return self._meaning(Update.de_json(shape, self._bot))
            except Exception as error:  # PTB raises whatever a wrong shape makes it stumble over
                failed = failed or error
        kind = next((name for name in ALLOWED_UPDATES if name in data), "other")
        raise UpdateUnreadable(f"{type(failed).__name__}:{kind}") from None

    def _meaning(self, update: Update) -> Meaning:
        if update.message is not None:
            return Meaning(self._message(update.update_id, update.message))
        if update.edited_message is not None:
            return Meaning(self._edited(update.update_id, update.edited_message))
        if update.callback_query is not None:
            return self._pressed(update.update_id, update.callback_query)
        if update.my_chat_member is not None:
            return Meaning(blocked=_blocked(update.my_chat_member))
        return Meaning()

    def _message(self, update_id: int, message: Message) -> Inbound | None:
        """None: not from a person in a chat of their own, or nothing that somebody said (a message was pinned, ...)."""
        if not _private(message):
            return None
        if message.text is not None:
            asked = self._commands.read(message.text)
            return self._inbound(update_id, message, text=asked.text, topic=asked.topic)
        kind = next((kind for field, kind in KINDS.items() if getattr(message, field)), None)
        if kind is None and message.api_kwargs:
            kind = "other"  # of a version of the API that is newer than the library
        if kind is None:
            return None
        return self._inbound(update_id, message, text=message.caption or None, kind=kind)

    def _edited(self, update_id: int, message: Message) -> Inbound | None:
        """The first version was answered; whoever changes the question must know that nobody reads it."""
        said = message.text or message.caption
        return self._inbound(update_id, message, kind="edited") if said and _private(message) else None

    def _inbound(self, update_id: int, message: Message, **what: Any) -> Inbound:
        chat = str(int(message.chat.id))
        return Inbound(
            channel=CHANNEL,
            external_key=chat,
            citizen=chat,
            # Update ids may begin anew after a quiet week; with the message's own number none meets an old one.
            external_id=f"{self._bot_id}:{update_id}:{int(message.message_id)}",
            sent_at=(message.edit_date or message.date).timestamp(),
            reference=f"{update_id}:{int(message.message_id)}",
            seen_as=_seen_as(message.from_user),
            **what,
        )

    def _pressed(self, update_id: int, query: CallbackQuery) -> Meaning:
        query_id, person = str(query.id), int(query.from_user.id)
        if not _BUTTON.fullmatch(query_id):
            raise UpdateUnreadable("callback query id")
        message = query.message
        if message is None or message.chat.type != ChatType.PRIVATE or message.chat.id != person:
            return Meaning(pressed=Pressed(query_id))
        data = query.data if query.data and _BUTTON.fullmatch(query.data) else UNKNOWN_BUTTON
        return Meaning(
            Inbound(
                channel=CHANNEL,
                external_key=str(person),
                citizen=str(person),
                external_id=f"{self._bot_id}:{update_id}:c{query_id}",
                reference=f"{update_id}:c{query_id}"[:128],
                button=data,
                seen_as=_seen_as(query.from_user),
            ),
            Pressed(query_id, person, int(message.message_id), _links(message)),
        )


def _private(message: Message) -> bool:
    """From a person, in their own chat with the bot."""
    person = message.from_user
    return message.chat.type == ChatType.PRIVATE and person is not None and not person.is_bot


def _links(message: MaybeInaccessibleMessage) -> InlineKeyboardMarkup | None:
    """The buttons of a message that open an address, in their rows."""
    shown = message.reply_markup if isinstance(message, Message) else None
    rows = [[button for button in row if button.url] for row in shown.inline_keyboard] if shown else []
    kept = [row for row in rows if row]
    return InlineKeyboardMarkup(kept) if kept else None


def _seen_as(person: User | None) -> str | None:
    """What people know their own account by, and no more of it than that takes: ``@mar***``, or the first name."""
    if person is None:
        return None
    if person.username:
        return f"@{person.username[:SHOWN_OF_USERNAME]}***"
    return " ".join(person.first_name.split())[:SHOWN_OF_NAME] or None


def _blocked(change: ChatMemberUpdated) -> str | None:
    gone = change.new_chat_member.status in (ChatMember.BANNED, ChatMember.LEFT)
    return str(int(change.chat.id)) if gone and change.chat.type == ChatType.PRIVATE else None


def _core(data: dict[str, Any]) -> dict[str, Any]:
    """An update of which the library cannot read some part (a newer API, say): only who writes, and the words. What
    a citizen says is not lost over what it replies to; what was no text is known to have been something."""
    told = {}
    for name, message in data.items():
        if name in ("message", "edited_message") and isinstance(message, dict):
            kept = {field: message[field] for field in _CORE if field in message}
            told[name] = {**kept, "unreadable": True}
        else:
            told[name] = message
    return told


def update_id(data: object) -> int | None:
    """The id of an update (decoded JSON), if it has one."""
    value = data.get("update_id") if isinstance(data, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63 else None
