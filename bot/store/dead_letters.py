"""Messages that were given up: what an operator sees of them and can do. Each function is one transaction's work."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection, and_, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.messages import Body
from bot.store.clock import clock
from bot.store.outbox import FAILED, INBOX, OUTBOX, READY, UNREADABLE
from bot.store.schema import DEAD, OPEN, dead_letters, inbox, outbox

_list = (
    select(
        dead_letters,
        inbox.c.channel.label("received_on"),
        inbox.c.text,
        outbox.c.channel.label("sent_on"),
        outbox.c.body,
    )
    .outerjoin(inbox, and_(dead_letters.c.kind == INBOX, inbox.c.id == dead_letters.c.item_id))
    .outerjoin(outbox, and_(dead_letters.c.kind == OUTBOX, outbox.c.id == dead_letters.c.item_id))
    .order_by(dead_letters.c.at)
    .limit(bindparam("limit"))
)
_drop = delete(dead_letters).where(dead_letters.c.kind == bindparam("of"), dead_letters.c.item_id == bindparam("item"))
_reopen = (
    update(inbox)
    .where(inbox.c.id == bindparam("item"), inbox.c.status == DEAD)
    .values(
        status=OPEN,
        token=None,
        claimed_until=None,
        due_at=0.0,
        tries=0,
        waits=0,
        notified=True,  # the citizen heard the apology: no "it takes longer" after it
        received_at=clock(),
        finished_at=None,
    )
)
_send_again = (
    update(outbox)
    .where(outbox.c.id == bindparam("item"), outbox.c.status == FAILED)
    .values(
        status=READY,
        token=None,
        claimed_until=None,
        due_at=0.0,
        attempts=0,
        repeats=0,
        deaths=0,
        error=None,
    )
)
_note = {
    "sqlite": sqlite.insert(dead_letters).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(dead_letters).on_conflict_do_nothing(),
}
_NAME = re.compile(r"([esi])([0-9]{1,15})")
_KINDS = {"e": INBOX, "s": OUTBOX, "i": UNREADABLE}
_LETTERS = {kind: letter for letter, kind in _KINDS.items()}
MAX_ITEM = 10**15
"""Of a name's number: what is unreadable is numbered below it."""


@dataclass(frozen=True, slots=True)
class Name:
    """How a person names a dead letter: ``e12``, a message that came in, ``s12``, one that should go out, or ``i12``,
    something that a platform sent and nobody can read."""

    kind: str
    item: int

    @classmethod
    def parse(cls, text: str) -> Name:
        """Raises ValueError."""
        found = _NAME.fullmatch(text.strip().lower())
        if found is None:
            raise ValueError(text)
        return cls(_KINDS[found[1]], int(found[2]))

    def __str__(self) -> str:
        return f"{_LETTERS[self.kind]}{self.item}"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One message that was given up. ``text``: redacted, None for a button or when it was deleted."""

    name: Name
    conversation: str
    channel: str | None
    reason: str
    tries: int
    at: float
    text: str | None


def listed(connection: Connection, limit: int) -> list[DeadLetter]:
    """The oldest ``limit``."""
    return [
        DeadLetter(
            Name(row.kind, row.item_id),
            row.conversation,
            row.conversation if row.kind == UNREADABLE else row.received_on or row.sent_on,
            row.reason,
            row.tries,
            row.at,
            row.text if row.body is None else msgspec.json.decode(row.body, type=Body).text,
        )
        for row in connection.execute(_list, {"limit": limit})
    ]


def retry(connection: Connection, names: Collection[Name]) -> list[Name]:
    """Answers again as if they had just come, sends again as if never tried; returns those that were dead letters.

    Of what was unreadable nothing was kept that could be tried.
    """
    done = []
    for name in names:
        if name.kind == UNREADABLE:
            continue
        again = _reopen if name.kind == INBOX else _send_again
        if connection.execute(again, {"item": name.item}).rowcount == 1:
            connection.execute(_drop, {"of": name.kind, "item": name.item})
            done.append(name)
    return done


def unreadable(connection: Connection, channel: str, item: int, reason: str, now: float) -> bool:
    """Notes something that ``channel`` sent and nobody can read, once for each ``item`` (below MAX_ITEM); False: it
    was noted before. Nothing of its content is kept."""
    values = {
        "kind": UNREADABLE,
        "item_id": item,
        "conversation": channel,
        "reason": reason[:64],
        "tries": 1,
        "at": now,
    }
    return connection.execute(_note[connection.dialect.name], values).rowcount == 1


def drop(connection: Connection, names: Collection[Name]) -> list[Name]:
    """Forgets dead letters (their rows stay, closed); returns those that there were."""
    return [name for name in names if connection.execute(_drop, {"of": name.kind, "item": name.item}).rowcount == 1]
