"""The Graph API's messages endpoint. The address, the version and the header are settings, because city halls reach it
through a solution provider.

WhatsAppError
├── NotSent         it surely was not accepted: not connected, or Meta said so
│   ├── Rejected    Meta's answer has an error code (bot/channels/whatsapp/errors.py)
│   └── Busy        5xx, 429 or no connection, without a code
└── MaybeSent       the request left and no usable answer came: it must not be sent again
"""

from __future__ import annotations

import asyncio
from typing import Any, Self

import httpx
import msgspec

from bot.channels.whatsapp import limits
from bot.channels.whatsapp.errors import harmless
from bot.channels.whatsapp.payloads import Json, inner, objects, text

CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 15.0
"""Meta answers in under a second. Waiting longer is better than not knowing."""
_TIMEOUT = httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS, pool=ANSWER_SECONDS)
_LIMITS = httpx.Limits(max_connections=32, max_keepalive_connections=16, keepalive_expiry=4.0)
OK = 200
UNAUTHORIZED, TOO_MANY, SERVER_ERROR = 401, 429, 500
_GATEWAY_LOST_IT = (502, 504)
"""A gateway that asked and got no answer: whether the message was accepted is unknown."""


class WhatsAppError(Exception):
    """A message was not accepted, or nobody knows. Says nothing of its text."""


class NotSent(WhatsAppError):
    """Meta did not take the message."""


class Rejected(NotSent):
    """Meta says why, as a code."""

    def __init__(self, code: int, status: int, details: str = "") -> None:
        """``details``: Meta's explanation, for the log (errors.harmless)."""
        super().__init__(f"{status}: {code}")
        self.code = code
        self.status = status
        self.details = details


class Busy(NotSent):
    """It may be sent again, later. ``throttled``: because there were too many."""

    def __init__(self, reason: str, *, throttled: bool = False, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.throttled = throttled
        self.retry_after = retry_after


class MaybeSent(WhatsAppError):
    """The request left; whether it was accepted is not known."""


class CloudApi:
    """One business number. Own it with ``async with``."""

    def __init__(
        self,
        token: str,
        phone_number_id: str,
        *,
        url: str,
        version: str,
        auth_header: str = "Authorization",
    ) -> None:
        """``auth_header``: ``Authorization`` carries ``Bearer <token>``, any other header (``D360-API-KEY``) the token.

        A ``url`` that ends in ``/messages`` is the whole address (providers); otherwise version and number follow it.
        """
        base = url.rstrip("/")
        whole = base.endswith("/messages")
        self._messages = base if whole else f"{base}/{version}/{phone_number_id}/messages"
        self._number = None if whole else f"{base}/{version}/{phone_number_id}"
        value = f"Bearer {token}" if auth_header.casefold() == "authorization" else token
        self._http = httpx.AsyncClient(
            headers={auth_header: value}, timeout=_TIMEOUT, limits=_LIMITS, follow_redirects=False
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def send(self, message: dict[str, Any]) -> str:
        """Sends a message and returns its id (wamid); raises NotSent or MaybeSent."""
        answer = await self._post({"messaging_product": "whatsapp", "recipient_type": "individual", **message})
        identifier = next((text(item.get("id")) for item in objects(answer.get("messages"))), None)
        if identifier is None or len(identifier) > limits.MAX_ID:
            raise MaybeSent("200 without a message id")
        return identifier

    async def mark_read(self, message_id: str, *, typing: bool) -> None:
        """Marks a citizen's message as read, and shows that somebody is typing; raises WhatsAppError."""
        read: dict[str, Any] = {"messaging_product": "whatsapp", "status": "read", "message_id": message_id}
        await self._post({**read, "typing_indicator": {"type": "text"}} if typing else read)

    async def token_works(self) -> bool | None:
        """Whether our token is accepted, asked without sending anything; None where it cannot be asked."""
        if self._number is None:
            return None
        try:
            answer = await self._http.get(self._number, params={"fields": "id"})
        except httpx.HTTPError:
            return False
        return answer.status_code == OK

    async def _post(self, body: dict[str, Any]) -> Json:
        content = msgspec.json.encode(body)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await self._http.post(
                    self._messages, content=content, headers={"Content-Type": "application/json"}
                )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
            raise Busy(type(error).__name__) from None
        except (httpx.HTTPError, TimeoutError) as error:
            raise MaybeSent(type(error).__name__) from None
        return _read(answer)


def _read(answer: httpx.Response) -> Json:
    try:
        found = msgspec.json.decode(answer.content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        found = None
    content: Json = found if isinstance(found, dict) else {}
    error = inner(content, "error")
    code = error.get("code")
    if isinstance(code, int) and not isinstance(code, bool):
        raise Rejected(code, answer.status_code, harmless(inner(error, "error_data").get("details")))
    status = answer.status_code
    if status == OK:
        return content
    if status == UNAUTHORIZED:  # providers answer so, without a code of Meta's
        raise Rejected(190, status)
    if status == TOO_MANY:
        raise Busy(str(status), throttled=True, retry_after=_seconds(answer.headers.get("retry-after")))
    if status in _GATEWAY_LOST_IT:
        raise MaybeSent(str(status))
    if status >= SERVER_ERROR:
        raise Busy(str(status))
    raise Rejected(status, status)


def _seconds(value: str | None) -> float | None:
    return min(float(value), 3600.0) if value is not None and value.isascii() and value.isdigit() else None
