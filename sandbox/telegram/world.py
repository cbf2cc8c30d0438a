"""What Telegram knows of one bot: who talks to it, what was sent, which updates wait."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from dataclasses import dataclass, field
from typing import Any

from sandbox.telegram.errors import ApiError, bad_request, too_many

BOT = {"id": 123456, "is_bot": True, "first_name": "Guichê", "username": "guiche_bot"}
PER_SECOND = 30
TYPING_SECONDS = 5.0
CHAT_SECONDS = 0.9
"""Between messages to one chat, where ``rates`` are kept. Telegram lets short bursts through; this does not."""


@dataclass
class Chat:
    """A person's chat with the bot."""

    id: int
    name: str = "Cidadã"
    blocked: bool = False
    lines: list[dict[str, Any]] = field(default_factory=list)
    """Messages of both sides, as Message objects."""


class World:
    """The state; single-threaded, in the server's loop."""

    def __init__(self) -> None:
        self.chats: dict[int, Chat] = {}
        self.sent: list[dict[str, Any]] = []
        """Every message that was accepted, with "at" (seconds)."""
        self.queries: dict[str, bool] = {}
        """Callback query -> whether it was answered."""
        self.actions: list[dict[str, Any]] = []
        self.updates: list[dict[str, Any]] = []
        """Not confirmed yet."""
        self.news = asyncio.Condition()
        self.rates = False
        self._update_ids = itertools.count(random.randint(1, 10**9))  # noqa: S311  # as Telegram: anywhere
        self._message_ids = itertools.count(1)
        self._query_ids = itertools.count(10**17)

    def chat(self, chat_id: int) -> Chat:
        return self.chats.setdefault(chat_id, Chat(chat_id))

    def reachable(self, chat_id: Any) -> Chat:
        """The chat that the bot may write to; raises ApiError."""
        try:
            number = int(chat_id)
        except (TypeError, ValueError):
            raise bad_request("chat not found") from None
        chat = self.chats.get(number)
        if chat is None:  # a bot cannot begin
            raise bad_request("chat not found")
        if chat.blocked:
            raise ApiError(403, "Forbidden: bot was blocked by the user")
        return chat

    def check_rate(self, chat: Chat) -> None:
        if not self.rates:
            return
        now = time.monotonic()
        lately = [item for item in self.sent[-100:] if item["at"] > now - 1.0]
        if len(lately) >= PER_SECOND:
            raise too_many(1)
        if any(item["message"]["chat"]["id"] == chat.id and item["at"] > now - CHAT_SECONDS for item in lately):
            raise too_many(1)

    def say(self, chat_id: int, **content: Any) -> dict[str, Any]:
        """A person's message (fields of Message): the update."""
        chat = self.chat(chat_id)
        chat.blocked = False
        message = self._message(chat, self._person(chat), **content)
        chat.lines.append(message)
        return self.update(message=message)

    def press(self, chat_id: int, message_id: int, data: str) -> dict[str, Any]:
        """A person presses a button: the update."""
        chat = self.chat(chat_id)
        found = self.find(chat_id, message_id)
        query = str(next(self._query_ids))
        self.queries[query] = False
        message = found or {"chat": self._chat(chat), "message_id": message_id, "date": 0}
        return self.update(
            callback_query={
                "id": query,
                "from": self._person(chat),
                "message": message,
                "chat_instance": "1",
                "data": data,
            }
        )

    def membership(self, chat_id: int, *, blocked: bool) -> dict[str, Any]:
        """A person blocks the bot, or takes it back: the update."""
        chat = self.chat(chat_id)
        chat.blocked = blocked
        user = BOT
        states = ("member", "kicked") if blocked else ("kicked", "member")
        old, new = (
            {"status": state, "user": user, **({"until_date": 0} if state == "kicked" else {})} for state in states
        )
        return self.update(
            my_chat_member={
                "chat": self._chat(chat),
                "from": self._person(chat),
                "date": int(time.time()),
                "old_chat_member": old,
                "new_chat_member": new,
            }
        )

    def update(self, **content: Any) -> dict[str, Any]:
        return {"update_id": next(self._update_ids), **content}

    def accept(self, chat: Chat, text: str, entities: list[dict[str, Any]], markup: Any) -> dict[str, Any]:
        """The bot's message arrives."""
        content: dict[str, Any] = {"text": text}
        if entities:
            content["entities"] = entities
        if markup:
            content["reply_markup"] = markup
        message = self._message(chat, BOT, **content)
        chat.lines.append(message)
        self.sent.append({"message": message, "at": time.monotonic()})
        return message

    def types(self, chat_id: int) -> bool:
        """Whether a person sees the bot typing: for a while, or until its message comes."""
        shown = max((item["at"] for item in self.actions if item["chat"] == chat_id), default=-TYPING_SECONDS)
        spoken = max((item["at"] for item in self.sent if item["message"]["chat"]["id"] == chat_id), default=0.0)
        return shown > max(spoken, time.monotonic() - TYPING_SECONDS)

    def find(self, chat_id: int, message_id: int) -> dict[str, Any] | None:
        chat = self.chats.get(chat_id)
        return next((line for line in chat.lines if line["message_id"] == message_id), None) if chat else None

    def _message(self, chat: Chat, person: dict[str, Any], **content: Any) -> dict[str, Any]:
        return {
            "message_id": next(self._message_ids),
            "from": person,
            "chat": self._chat(chat),
            "date": int(time.time()),
            **content,
        }

    @staticmethod
    def _chat(chat: Chat) -> dict[str, Any]:
        return {"id": chat.id, "type": "private", "first_name": chat.name}

    @staticmethod
    def _person(chat: Chat) -> dict[str, Any]:
        return {"id": chat.id, "is_bot": False, "first_name": chat.name, "language_code": "pt-br"}
