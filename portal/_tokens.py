"""Keeps the access token: fetched once for everybody who waits for it, and renewed before it expires."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import msgspec

from portal._exceptions import CredentialsRefused, PortalError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

# A token is renewed this long before its end, so that none expires on its way: seconds, or a tenth of a shorter life.
RENEW_BEFORE = 30.0
# After a refusal the same credentials are not sent again for this long: authorization servers lock clients out.
REFUSAL_PAUSE = 15.0


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """RFC 6749, 5.1. A server that does not say how long the token lives is asked again after a minute."""

    access_token: Annotated[str, msgspec.Meta(pattern=r"^[\x21-\x7e]+$", max_length=8192)]
    token_type: str
    expires_in: Annotated[float, msgspec.Meta(gt=0)] = 60.0

    def __repr__(self) -> str:
        return f"Token(expires_in={self.expires_in})"


class TokenKeeper:
    """Holds one token. `fetch` gets a new one and raises PortalError when it cannot."""

    def __init__(self, fetch: Callable[[], Awaitable[Token]], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._token: str | None = None
        self._renew_at = 0.0
        self._refused_until = 0.0
        self._fetching: asyncio.Task[str] | None = None

    async def get(self) -> str:
        """The access token. Concurrent callers share one request; one that gives up does not spoil it for the rest."""
        if self._token is not None and self._clock() < self._renew_at:
            return self._token
        if self._clock() < self._refused_until:
            raise CredentialsRefused("the credentials were refused a moment ago")
        if self._fetching is None:
            self._fetching = asyncio.create_task(self._renew(), name="portal-token")
            self._fetching.add_done_callback(self._fetched)
        return await asyncio.shield(self._fetching)

    def reject(self, token: str) -> None:
        """The backend refused `token`. One that was renewed meanwhile stays."""
        if self._token == token:
            self._token = None

    async def aclose(self) -> None:
        """End a fetch that is under way."""
        if self._fetching is not None:
            self._fetching.cancel()
            with suppress(asyncio.CancelledError, PortalError):
                await self._fetching

    async def _renew(self) -> str:
        try:
            token = await self._fetch()
        except CredentialsRefused:
            self._refused_until = self._clock() + REFUSAL_PAUSE
            raise
        self._token = token.access_token
        self._renew_at = self._clock() + token.expires_in - min(RENEW_BEFORE, token.expires_in / 10)
        return token.access_token

    def _fetched(self, task: asyncio.Task[str]) -> None:
        self._fetching = None
        if not task.cancelled():
            task.exception()  # seen, so that asyncio does not complain when everybody who waited gave up
