"""The event stream of a conversation: everything after an id, then whatever comes.

message   a line of the transcript, ``personal`` where it goes with a citizen's session
status    ``{"typing": bool}``
erased    ``{"before": id, ...}``: what was personal before this id is over, and what stands in its place
session   ``{}``: somebody signed in, and the cookie or token of this stream does not serve meanwhile. It ends.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import msgspec

from bot.channels.web.session import WebSession, admits
from bot.desk import FrontDesk
from bot.markdown import to_html
from bot.messages import ShownButton
from bot.shown import is_personal, shown
from bot.store import Access, OutboxRow, StoreUnavailable
from bot.store.outbox import CITIZEN
from bot.wakeups import Listener

RETRY_MS = 2_000
"""How long a browser waits before it opens a lost stream again."""
POLL_SECONDS = 30.0
"""Looks into the database also without news: should one ever be missed, it is late, not lost."""
STORE_RETRY_SECONDS = 1.0
AFTER_THE_END = 0.05
PAGE = 100
MAX_ID = 2**53

_encode = msgspec.json.Encoder().encode


class AssistantEvent(msgspec.Struct, frozen=True, omit_defaults=True, rename={"author": "from"}):
    id: int
    author: str
    in_reply_to: str | None
    final: bool
    text: str
    html: str
    buttons: list[ShownButton]
    at: str
    personal: bool = False


class CitizenEvent(msgspec.Struct, frozen=True, omit_defaults=True, rename={"author": "from"}):
    id: str
    author: str
    text: str
    at: str
    personal: bool = False


class Typing(msgspec.Struct, frozen=True):
    typing: bool


class Erased(msgspec.Struct, frozen=True):
    before: int
    html: str
    """In the place of an answer."""
    pressed: str
    """In the place of a button that was pressed."""


async def stream(
    desk: FrontDesk, session: WebSession, after: int, seconds: float | None = None
) -> AsyncIterator[bytes]:
    """Encoded events; ends when the process stops or after ``seconds``; the caller closes it when the browser goes."""
    ends = math.inf if seconds is None else time.monotonic() + seconds
    conversation = session.conversation
    with desk.wakeups.listen(conversation, after) as listener:
        waiting = await desk.store.unanswered(conversation) if after else set[str]()
        typing = False
        yield b": open\nretry: %d\n\n" % RETRY_MS
        rows: list[OutboxRow] | None = None
        told = _Told(desk, nothing_shown=not after)
        while not listener.closed and (left := ends - time.monotonic()) > 0:
            if rows is None:
                rows = await _read(desk, conversation, listener)
            # After the rows: what they hold may be over by now, or be for whoever has just signed in.
            access = None
            if not rows or not all(row.anonymous for row in rows):
                access = await _patiently(lambda: desk.store.access(conversation))
            if not admits(access, session):
                yield b"event: session\ndata: {}\n\n"
                return
            chunk = bytearray(await told.of(access))
            for row in rows:
                chunk += _message(desk, row, access)
                _account(waiting, row)
            await _record(desk, conversation, access, rows)
            full = len(rows) == PAGE
            if not full and typing != bool(waiting):
                typing = bool(waiting)
                chunk += b"event: status\ndata: " + _encode(Typing(typing)) + b"\n\n"
            if chunk:
                yield bytes(chunk)
            rows = None if full else await listener.rows(min(POLL_SECONDS, left, told.lasts()))


class _Told:
    """What a stream has told of the citizen's session: when that ends, or is another one, what it showed is over."""

    def __init__(self, desk: FrontDesk, *, nothing_shown: bool) -> None:
        self._desk = desk
        self._known = nothing_shown
        self._digest: str | None = None
        self._until = math.inf

    async def of(self, access: Access | None) -> bytes:
        """The event that is due, or nothing."""
        digest = access.digest if access else None
        self._until = time.monotonic() + access.left if access else math.inf
        if self._known and digest == self._digest:
            return b""
        # Nothing personal was shown before a first session: a stream from the beginning needs not be told.
        new = self._known and self._digest is None
        self._known, self._digest = True, digest
        if new:
            return b""
        first = await _patiently(lambda: self._desk.store.first_shown(digest)) if digest else None
        words = self._desk.sentences
        erased = Erased(first or MAX_ID, to_html(words.private.gone), words.button_pressed)
        return b"event: erased\ndata: " + _encode(erased) + b"\n\n"

    def lasts(self) -> float:
        """Seconds until the session ends, if nobody writes anything; a moment more, so that it is over then."""
        return max(0.0, self._until - time.monotonic()) + AFTER_THE_END


async def _read(desk: FrontDesk, conversation: str, listener: Listener) -> list[OutboxRow]:
    async def look() -> list[OutboxRow]:
        listener.read_from_here()
        return await desk.store.transcript(conversation, listener.position, PAGE)

    rows = await _patiently(look)
    if rows:
        listener.position = rows[-1].id
    return rows


async def _record(desk: FrontDesk, conversation: str, access: Access | None, rows: list[OutboxRow]) -> None:
    """An audit line for the personal answers among rows that are about to be shown."""
    if access is not None and (personal := [row.id for row in rows if is_personal(row, access)]):
        await _patiently(lambda: desk.sessions.shown(conversation, access, "answer_shown", personal))


async def _patiently[T](ask: Callable[[], Awaitable[T]]) -> T:
    """Until the store answers. That it does not is logged where messages fail; the stream goes on when it does."""
    while True:
        try:
            return await ask()
        except StoreUnavailable:
            await asyncio.sleep(STORE_RETRY_SECONDS)


def _account(waiting: set[str], row: OutboxRow) -> None:
    """Which of the citizen's messages have no final answer yet: the assistant is "typing" while there are any."""
    if row.in_reply_to is None:
        return
    if row.author == CITIZEN:
        waiting.add(row.in_reply_to)
    elif row.final:
        waiting.discard(row.in_reply_to)


def _message(desk: FrontDesk, row: OutboxRow, access: Access | None) -> bytes:
    body = shown(row, desk.vault, access)
    data: AssistantEvent | CitizenEvent
    if row.author == CITIZEN:
        data = CitizenEvent(str(row.in_reply_to), CITIZEN, body.text, _iso(row.at), body.personal)
    else:
        html = to_html(body.text)
        data = AssistantEvent(
            row.id, row.author, row.in_reply_to, row.final, body.text, html, body.buttons, _iso(row.at), body.personal
        )
    # JSON has no line breaks of its own, so one data line holds it.
    return b"id: %d\nevent: message\ndata: " % row.id + _encode(data) + b"\n\n"


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
