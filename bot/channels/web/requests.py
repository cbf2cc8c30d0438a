"""Checks what arrives before anything reads it: what it says it is, how large it is, what is in it."""

from __future__ import annotations

from typing import Annotated

import msgspec
from starlette.requests import Request

from bot.channels.web.errors import Malformed, NotJson, TooLarge

MAX_BODY = 32_768
"""Bytes. Room for a text of several thousand characters, which is then told to be too long."""

MAX_DISCARDED = 1_048_576
"""Bytes of a body that is too large which are read and thrown away: a sender that is cut off never hears why."""

_ID = r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$"


class PostedMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``POST /chat/messages``: exactly one of text and button."""

    id: Annotated[str, msgspec.Meta(pattern=_ID, min_length=1, max_length=64)]
    text: str | None = None
    button: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] | None = None

    def __post_init__(self) -> None:
        if (self.text is None) == (self.button is None):
            raise ValueError("exactly one of text and button")


class PostedSession(msgspec.Struct, frozen=True):
    """``POST /chat/session``."""

    new: bool = False


_message = msgspec.json.Decoder(PostedMessage)
_session = msgspec.json.Decoder(PostedSession)


async def read_message(request: Request) -> PostedMessage:
    return _decode(_message, await _body(request))


async def read_session(request: Request) -> PostedSession:
    body = await _body(request)
    return _decode(_session, body) if body else PostedSession()


def _decode[T](decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Malformed from None


async def _body(request: Request) -> bytes:
    """The JSON body of a request; raises the WebError that says what is wrong."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":  # a form of another site cannot send this without asking first
        raise NotJson
    declared = request.headers.get("content-length", "0")
    if not (declared.isascii() and declared.isdigit()) or len(declared) > 15:
        raise Malformed
    body = bytearray()
    discarded = 0
    async for chunk in request.stream():
        if discarded or len(body) + len(chunk) > MAX_BODY or int(declared) > MAX_BODY:
            discarded += len(chunk)
            if discarded > MAX_DISCARDED:
                break
        else:
            body += chunk
    if discarded:
        raise TooLarge
    return bytes(body)
