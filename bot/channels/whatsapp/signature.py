"""Whether a post comes from Meta: ``X-Hub-Signature-256``, an HMAC-SHA256 of the raw body with the app's secret."""

from __future__ import annotations

import hashlib
import hmac

HEADER = "x-hub-signature-256"
_PREFIX = "sha256="


def sign(secret: str, body: bytes) -> str:
    """The header's value for ``body``."""
    return _PREFIX + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def is_signed(secret: str, body: bytes, header: str | None) -> bool:
    """In constant time, also for headers that are not ASCII."""
    return header is not None and hmac.compare_digest(sign(secret, body).encode(), header.encode())
