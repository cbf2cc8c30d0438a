"""What the WhatsApp Business Platform allows.

"Meta" is developers.facebook.com/documentation/business-messaging/whatsapp.
Lengths are counted in UTF-16 units, the strictest way of counting, because Meta does not say which it uses.
What the button that opens a list may have is checked with the sentences (bot/sentences.py).
"""

from __future__ import annotations

TEXT = 4_096
"""Of a text message (Meta, "text messages", 21 May 2026)."""
INTERACTIVE_BODY = 1_024
"""Of the text over buttons or a list (Meta, "interactive reply buttons messages", "interactive list messages")."""
REPLY_BUTTONS = 3
"""Meta, "interactive reply buttons messages"."""
REPLY_BUTTON_TITLE = 20
"""Meta, "interactive reply buttons messages"; no two alike."""
LIST_ROWS = 10
"""Of all sections of a list together (Meta, "interactive list messages")."""
LIST_ROW_TITLE = 24
"""Meta, "interactive list messages"."""
LIST_ROW_DESCRIPTION = 72
"""Meta, "interactive list messages"."""
CALLBACK_DATA = 512
"""``biz_opaque_callback_data``, which comes back in every status of the message (Meta, "messages API reference")."""

WEBHOOK_BYTES = 3 * 1024 * 1024
"""Meta, "webhooks": a post has at most 3 MB."""
INBOUND_TEXT = 4_096
"""Our own: of a longer text only this much is kept; it is too long to be read anyway (bot/inspection.py)."""
MAX_ID = 255
"""Our own: of a message id or a user id (a BSUID has at most 128 characters); the columns' width."""
MAX_BUTTON_ID = 64
"""Our own have 12 characters; Meta allows 256 in a reply button and 200 in a list."""

WINDOW_SECONDS = 24 * 3600.0
"""Meta, "customer service windows": free-form messages only this long after the user's last message."""

MESSAGES_PER_SECOND = 80
"""Meta, "throughput": of one number; 20 where the app is used beside it, 1,000 after an upgrade. The setting
GUICHE_WHATSAPP_MESSAGES_PER_SECOND says which."""
PAIR_SECONDS = 6.0
"""Meta, "pair rate limits": one message each 6 s to one user."""
PAIR_BURST = 45
"""Meta, "pair rate limits": so many at once, borrowed from the time that follows."""

TYPING_SECONDS = 25.0
"""Meta, "typing indicators" (17 June 2026): it vanishes by itself."""
NOTICE_SECONDS = TYPING_SECONDS - 3.0
"""Our own: "it takes longer" is a bubble of its own and billed, so it is said only where the typing
indicator, which says the same for nothing, is about to vanish."""
