"""A stand-in for Telegram's Bot API on loopback: ``python -m sandbox.telegram``. Its limits are Telegram's, written
anew here so that a wrong limit of the channel is found."""
