"""The browser's session: which conversation it is in, signed so that nobody can name another.

On our own origin it is a cookie that scripts cannot read. A page of another site, where browsers block such cookies,
gets a token: it travels in a header, lasts for hours instead of months, and is good for that site only.

Each carries a generation. Whoever signs in gets a cookie (or token) of a new one, and while that access lasts no other
serves: one that somebody copied before, on a shared computer, shows nothing of it.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import Any

from itsdangerous import BadData, SignatureExpired, URLSafeTimedSerializer
from starlette.requests import HTTPConnection
from starlette.responses import Response

from bot.store import Access

COOKIE = "guiche_session"
PATH = "/"
MAX_COOKIE = 512
MAX_TOKEN = 1_024


@dataclass(frozen=True, slots=True)
class WebSession:
    """``conversation`` is public; ``visitor`` is the browser, over all its conversations."""

    conversation: str
    visitor: str
    expires: float | None = None
    """When a token ends (seconds since 1970); a cookie's end is looked at when it is read."""
    generation: int = 0
    """The inbox row that may have linked the conversation to a citizen; 0: made before anybody signed in."""


def fresh_session(visitor: str | None = None) -> WebSession:
    """A new conversation, of the same visitor where one is known."""
    return WebSession(secrets.token_urlsafe(16), visitor or secrets.token_urlsafe(16))


def admits(access: Access | None, session: WebSession) -> bool:
    """Whether a cookie or token serves now. ``access``: what its conversation may show."""
    return access is None or access.generation is None or access.generation == session.generation


class SessionCookies:
    """Reads and writes the cookie; itsdangerous compares signatures in constant time."""

    def __init__(self, key: str, days: int, *, host_only: bool = False) -> None:
        """``host_only``: the site is https, so the cookie gets the prefix that keeps other hosts from planting one."""
        self._serializer = URLSafeTimedSerializer(key, salt="guiche web session")
        self._seconds = days * 86_400
        self._name = f"__Host-{COOKIE}" if host_only else COOKIE
        self._host_only = host_only

    def read(self, request: HTTPConnection) -> WebSession | None:
        """The request's session, or None: no cookie, not ours, too old."""
        cookie = request.cookies.get(self._name, "")
        if not cookie or len(cookie) > MAX_COOKIE:
            return None
        try:
            (conversation, visitor, *more), _ = _opened(self._serializer, cookie, self._seconds)
        except (BadData, ValueError, TypeError):
            return None
        return WebSession(conversation, visitor, generation=_generation(more))

    def write(self, response: Response, session: WebSession, *, secure: bool) -> None:
        response.set_cookie(
            self._name,
            self._serializer.dumps([session.conversation, session.visitor, session.generation]),
            max_age=self._seconds,
            path=PATH,
            secure=secure or self._host_only,
            httponly=True,
            samesite="lax",
        )


class SessionTokens:
    """Makes and reads the token of a page on another site. Another salt: no cookie is a token, no token a cookie."""

    def __init__(self, key: str, hours: int) -> None:
        self._serializer = URLSafeTimedSerializer(key, salt="guiche widget token")
        self.seconds = hours * 3_600

    def read(self, request: HTTPConnection, origin: str) -> WebSession | None:
        """The session of ``Authorization: Bearer``, or None: no token, not ours, too old, of another site."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token or len(token) > MAX_TOKEN:
            return None
        try:
            (conversation, visitor, made_for, *more), made = _opened(self._serializer, token, self.seconds)
        except (BadData, ValueError, TypeError):
            return None
        if made_for != origin:
            return None
        return WebSession(conversation, visitor, made + self.seconds, _generation(more))

    def write(self, session: WebSession, origin: str) -> str:
        return str(self._serializer.dumps([session.conversation, session.visitor, origin, session.generation]))


def _opened(serializer: URLSafeTimedSerializer, signed: str, seconds: int) -> tuple[Any, float]:
    """What was signed, and when; raises BadData.

    itsdangerous refuses what was signed in the future, and so everything that a node signed whose clock went ahead. The
    signature says that it is ours: its age is enough.
    """
    content, made = serializer.loads(signed, return_timestamp=True)
    signed_at = float(made.timestamp())
    if time.time() - signed_at > seconds:
        raise SignatureExpired("too old")
    return content, signed_at


def _generation(more: list[Any]) -> int:
    """Cookies and tokens of earlier versions have none."""
    return int(more[0]) if more else 0


def seconds_left(session: WebSession) -> float | None:
    """Until a token ends; None for a cookie."""
    return None if session.expires is None else session.expires - time.time()
