"""Telegram's limits. PTB: python-telegram-bot 22.8, telegram/constants.py; API: the Bot API's own pages.

Without a constant, because nothing of ours can meet them: a caption (1,024 characters; nothing is sent with one), the
text of an answered query (200; none is given), 20 messages a minute to a group (groups get silence), files (20 MB down,
50 MB up; none is fetched or sent), and a chat that becomes another one (ChatMigrated: only groups do).
"""

from __future__ import annotations

import re

MESSAGE_TEXT = 4096
"""UTF-16 units of a message after its entities are parsed (PTB: MessageLimit.MAX_TEXT_LENGTH)."""
MESSAGE_ENTITIES = 100
"""Entities of one message; more are ignored by Telegram (PTB: MessageLimit.MESSAGE_ENTITIES)."""
CALLBACK_DATA_BYTES = 64
"""Of a button's data (PTB: InlineKeyboardButtonLimit.MAX_CALLBACK_DATA)."""
BUTTONS = 100
"""Of one keyboard (PTB: InlineKeyboardMarkupLimit.TOTAL_BUTTON_NUMBER)."""
MESSAGES_PER_SECOND = 30
"""To all chats together (PTB: FloodLimit.MESSAGES_PER_SECOND; API: "Broadcasting to users")."""
SECONDS_PER_CHAT_MESSAGE = 1.0
"""Between messages to one chat (PTB: FloodLimit.MESSAGES_PER_SECOND_PER_CHAT)."""
TYPING_SECONDS = 4.0
"""The sign lasts 5 seconds (API: sendChatAction), so it is renewed before that."""
DEEP_LINK = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What may follow /start (PTB: MessageLimit.DEEP_LINK_LENGTH; API: "Deep linking")."""
SECRET_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,256}")
"""The webhook's secret (PTB: WebhookLimit, SetWebhook's description)."""
WEBHOOK_CONNECTIONS = 40
"""Calls at once that Telegram may make: its default (PTB: WebhookLimit allows 1 to 100)."""
WEBHOOK_PORTS = (443, 80, 88, 8443)
"""API: setWebhook (PTB: SupportedWebhookPorts)."""
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
"""What is handled, always said: what was allowed last stays otherwise (API: setWebhook, getUpdates)."""
SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105  # the header's name
"""API: setWebhook."""

PHONE_TITLE = 16
"""Our own: characters of a button that two fit side by side in a chat on a phone 360 px wide."""
WEBHOOK_BODY = 262_144
"""Our own: bytes of an update. A text has 4,096 characters, the message it replies to as many; the rest is small."""


def length(text: str) -> int:
    """In UTF-16 units, as Telegram counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
