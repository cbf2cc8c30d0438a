"""The event stream of a conversation: everything after an id, then whatever comes."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import msgspec

from bot.desk import FrontDesk
from bot.markdown import to_html
from bot.messages import ShownButton
from bot.shown import shown
from bot.store import OutboxRow, StoreUnavailable
from bot.store.outbox import CITIZEN
from bot.wakeups import Listener

RETRY_MS = 2_000
"""How long a browser waits before it opens a lost stream again."""
POLL_SECONDS = 30.0
"""Looks into the database also without news: should one ever be missed, it is late, not lost."""
STORE_RETRY_SECONDS = 1.0
PAGE = 100

_encode = msgspec.json.Encoder().encode


class AssistantEvent(msgspec.Struct, frozen=True, rename={"author": "from"}):
    id: int
    author: str
    in_reply_to: str | None
    final: bool
    text: str
    html: str
    buttons: list[ShownButton]
    at: str


class CitizenEvent(msgspec.Struct, frozen=True, rename={"author": "from"}):
    id: str
    author: str
    text: str
    at: str


class Typing(msgspec.Struct, frozen=True):
    typing: bool


async def stream(desk: FrontDesk, conversation: str, after: int, seconds: float | None = None) -> AsyncIterator[bytes]:
    """Encoded events; ends when the process stops or after ``seconds``; the caller closes it when the browser goes."""
    ends = math.inf if seconds is None else time.monotonic() + seconds
    with desk.wakeups.listen(conversation, after) as listener:
        waiting = await desk.store.unanswered(conversation) if after else set[str]()
        typing = False
        yield b": open\nretry: %d\n\n" % RETRY_MS
        rows: list[OutboxRow] | None = None
        while not listener.closed and (left := ends - time.monotonic()) > 0:
            if rows is None:
                rows = await _read(desk, conversation, listener)
            chunk = bytearray()
            for row in rows:
                chunk += _message(desk, row)
                _account(waiting, row)
            full = len(rows) == PAGE
            if not full and typing != bool(waiting):
                typing = bool(waiting)
                chunk += b"event: status\ndata: " + _encode(Typing(typing)) + b"\n\n"
            if chunk:
                yield bytes(chunk)
            rows = None if full else await listener.rows(min(POLL_SECONDS, left))


async def _read(desk: FrontDesk, conversation: str, listener: Listener) -> list[OutboxRow]:
    while True:
        listener.read_from_here()
        try:
            rows = await desk.store.transcript(conversation, listener.position, PAGE)
        except StoreUnavailable:  # it is logged where messages fail; the stream goes on when the store does
            await asyncio.sleep(STORE_RETRY_SECONDS)
            continue
        if rows:
            listener.position = rows[-1].id
        return rows


def _account(waiting: set[str], row: OutboxRow) -> None:
    """Which of the citizen's messages have no final answer yet: the assistant is "typing" while there are any."""
    if row.in_reply_to is None:
        return
    if row.author == CITIZEN:
        waiting.add(row.in_reply_to)
    elif row.final:
        waiting.discard(row.in_reply_to)


def _message(desk: FrontDesk, row: OutboxRow) -> bytes:
    body = shown(row, desk.vault)
    data: AssistantEvent | CitizenEvent
    if row.author == CITIZEN:
        data = CitizenEvent(str(row.in_reply_to), CITIZEN, body.text, _iso(row.at))
    else:
        data = AssistantEvent(
            row.id, row.author, row.in_reply_to, row.final, body.text, to_html(body.text), body.buttons, _iso(row.at)
        )
    # JSON has no line breaks of its own, so one data line holds it.
    return b"id: %d\nevent: message\ndata: " % row.id + _encode(data) + b"\n\n"


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
