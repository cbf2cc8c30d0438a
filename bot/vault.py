"""What is kept encrypted, and how a secret or a document is recognised without being kept in clear."""

from __future__ import annotations

import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken

from bot.settings import SettingsError


class VaultError(Exception):
    """A sealed text cannot be opened: it was changed, or sealed with another key."""


class Vault:
    """Seals texts with Fernet (AES-128-CBC and HMAC) and makes keyed fingerprints for the audit."""

    def __init__(self, key: str) -> None:
        try:
            self._fernet = Fernet(key)
        except ValueError:
            raise SettingsError("GUICHE_ENCRYPTION_KEY is not a Fernet key (32 bytes, url-safe base64)") from None
        self._fingerprint_key = hashlib.sha256(b"guiche fingerprint\0" + key.encode()).digest()

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
