"""Telegram, by python-telegram-bot. Written from the Bot API's documentation; tested against sandbox/telegram."""
