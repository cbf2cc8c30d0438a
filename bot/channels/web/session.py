"""The browser's session: which conversation it is in, signed so that nobody can name another."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.requests import HTTPConnection
from starlette.responses import Response

COOKIE = "guiche_session"
PATH = "/chat"
MAX_COOKIE = 512


@dataclass(frozen=True, slots=True)
class WebSession:
    """``conversation`` is public; ``visitor`` is the browser, over all its conversations."""

    conversation: str
    visitor: str


class SessionCookies:
    """Reads and writes the cookie; itsdangerous compares signatures in constant time."""

    def __init__(self, key: str, days: int) -> None:
        self._serializer = URLSafeTimedSerializer(key, salt="guiche web session")
        self._seconds = days * 86_400

    def read(self, request: HTTPConnection) -> WebSession | None:
        """The request's session, or None: no cookie, not ours, too old."""
        cookie = request.cookies.get(COOKIE, "")
        if not cookie or len(cookie) > MAX_COOKIE:
            return None
        try:
            conversation, visitor = self._serializer.loads(cookie, max_age=self._seconds)
        except (BadData, ValueError, TypeError):
            return None
        return WebSession(conversation, visitor)

    def fresh(self, visitor: str | None = None) -> WebSession:
        """A new conversation, of the same visitor where one is known."""
        return WebSession(secrets.token_urlsafe(16), visitor or secrets.token_urlsafe(16))

    def write(self, response: Response, session: WebSession, *, secure: bool) -> None:
        response.set_cookie(
            COOKIE,
            self._serializer.dumps([session.conversation, session.visitor]),
            max_age=self._seconds,
            path=PATH,
            secure=secure,
            httponly=True,
            samesite="lax",
        )
