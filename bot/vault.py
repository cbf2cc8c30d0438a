"""What is kept encrypted, and how a secret or a document is recognised without being kept in clear."""

from __future__ import annotations

import hashlib
import hmac
import re

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from bot.settings import SettingsError

_KEY = re.compile(r"[A-Za-z0-9_-]{43}=")


class VaultError(Exception):
    """A sealed text cannot be opened: it was changed, or sealed with another key."""


class Vault:
    """Seals texts with Fernet (AES-128-CBC and HMAC) and makes keyed fingerprints for the audit."""

    def __init__(self, keys: str) -> None:
        """``keys``: one or several with commas between. The first seals and makes the fingerprints, each opens."""
        names = [part.strip() for part in keys.split(",") if part.strip()]
        if not names or not all(_KEY.fullmatch(name) for name in names):  # Fernet itself overlooks what follows a key
            raise SettingsError(
                "GUICHE_ENCRYPTION_KEY is not a Fernet key (32 bytes, url-safe base64), or several with commas between"
            )
        self._fernet = MultiFernet([Fernet(name) for name in names])
        self._fingerprint_key = hashlib.sha256(b"guiche fingerprint\0" + names[0].encode()).digest()

    def seal(self, text: str) -> str:
        return self._fernet.encrypt(text.encode()).decode("ascii")

    def open(self, sealed: str) -> str:
        try:
            return self._fernet.decrypt(sealed.encode("ascii")).decode()
        except (InvalidToken, UnicodeEncodeError):
            raise VaultError("sealed text cannot be opened") from None

    def fingerprint(self, value: str) -> str:
        """A keyed hash: says "the same document again" and nothing else."""
        return hmac.new(self._fingerprint_key, value.encode(), hashlib.sha256).hexdigest()[:32]


def digest(secret: str) -> str:
    """Under which name a random secret of at least 128 bits is stored. Not for anything that can be guessed."""
    return hashlib.sha256(secret.encode()).hexdigest()
