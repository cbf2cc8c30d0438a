"""What the WhatsApp Business Platform allows.

"Meta" is developers.facebook.com/documentation/business-messaging/whatsapp.
Lengths are counted in UTF-16 units, the strictest way of counting, because Meta does not say which it uses.
"""

from __future__ import annotations

DEFAULT_API_URL = "https://graph.facebook.com"
DEFAULT_API_VERSION = "v26.0"
"""Meta, Graph API changelog: current since 29 July 2026."""

# Meta, "text messages", "interactive reply buttons messages", "interactive list messages" (21 May 2026).
TEXT = 4_096
INTERACTIVE_BODY = 1_024
REPLY_BUTTONS = 3
REPLY_BUTTON_TITLE = 20
LIST_ROWS = 10
LIST_BUTTON = 20
LIST_ROW_TITLE = 24
LIST_ROW_DESCRIPTION = 72
CALLBACK_DATA = 512
"""``biz_opaque_callback_data``, which comes back in every status of the message."""

WEBHOOK_BYTES = 3 * 1024 * 1024
"""Meta, "webhooks": a post has at most 3 MB."""
INBOUND_TEXT = 4_096
"""Of a longer text only this much is kept; it is too long to be read anyway (bot/inspection.py)."""
MAX_ID = 255
"""Of a message id or a user id (a BSUID has at most 128 characters): the columns' width."""
MAX_BUTTON_ID = 64
"""Ours have 12 characters; Meta allows 256 in a reply button and 200 in a list."""

WINDOW_SECONDS = 24 * 3600.0
"""Meta, "customer service windows": free-form messages only this long after the user's last message."""

MESSAGES_PER_SECOND = 80
"""Meta, "throughput": of one number, until Meta raises it."""
PAIR_SECONDS = 6.0
PAIR_BURST = 45
"""Meta, "pair rate limits": one message each 6 s to one user; up to 45 at once, borrowed from the time that follows."""

TYPING_SECONDS = 25.0
"""Meta, "typing indicators" (17 June 2026): it vanishes by itself."""
