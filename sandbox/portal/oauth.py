"""The authorization server: client credentials (RFC 6749, 4.4), opaque tokens, kept in memory."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from starlette.requests import Request

MAX_BODY_BYTES = 100_000


class Authorization:
    """Issues and checks tokens for the one client that there is."""

    def __init__(self, client_id: str, client_secret: str, *, lifetime: int = 300) -> None:
        self._credentials = f"{client_id}:{client_secret}".encode()
        self._lifetime = lifetime
        self._tokens: dict[str, float] = {}

    async def issue(self, request: Request) -> JSONResponse:
        """POST /ungp-server-oauth/oauth/token."""
        if not hmac.compare_digest(_basic(request.headers.get("Authorization", "")), self._credentials):
            challenge = {"WWW-Authenticate": 'Basic realm="sandbox"'}
            return JSONResponse({"error": "invalid_client"}, status_code=401, headers=challenge)
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                return JSONResponse({"error": "invalid_request"}, status_code=400)
        if parse_qs(bytes(body)).get(b"grant_type") != [b"client_credentials"]:
            return JSONResponse({"error": "unsupported_grant_type"}, status_code=400)
        now = time.monotonic()
        self._tokens = {token: end for token, end in self._tokens.items() if end > now}
        token = secrets.token_urlsafe(32)
        self._tokens[token] = now + self._lifetime
        return JSONResponse(
            {"access_token": token, "token_type": "bearer", "expires_in": self._lifetime, "scope": "consulta"},
            headers={"Cache-Control": "no-store"},
        )

    def accepts(self, header: str) -> bool:
        """Whether an Authorization header carries a token in force."""
        scheme, _, token = header.partition(" ")
        return scheme.casefold() == "bearer" and self._tokens.get(token, 0.0) > time.monotonic()

    def revoke_all(self) -> None:
        """As if every token had expired."""
        self._tokens.clear()


def _basic(header: str) -> bytes:
    scheme, _, value = header.partition(" ")
    if scheme.casefold() != "basic":
        return b""
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return b""
