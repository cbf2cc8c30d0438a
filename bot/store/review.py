"""Lines that were not understood, and what a person decided of them. Each function is one transaction's work."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.messages import Understood
from bot.store.schema import inbox, reviewed

_PAGE = 500
_newest = select(func.coalesce(func.max(inbox.c.id), 0))
_doubtful = (
    select(inbox.c.id, inbox.c.text, inbox.c.understood)
    .where(inbox.c.id <= bindparam("newest"), inbox.c.understood.is_not(None), inbox.c.text.is_not(None))
    .order_by(inbox.c.id.desc())
    .limit(_PAGE)
)
_decided = select(reviewed.c.digest)
_forget = update(inbox).where(inbox.c.id.in_(bindparam("ids", expanding=True))).values(understood=None)
_decide = {
    "sqlite": sqlite.insert(reviewed).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(reviewed).on_conflict_do_nothing(),
}


@dataclass(frozen=True, slots=True)
class Doubtful:
    """One message that a person should look at; its text is redacted."""

    inbox_id: int
    text: str
    understood: Understood


def doubtful(connection: Connection, limit: int) -> list[Doubtful]:
    """The newest `limit` messages that nobody decided about, nor about another one of the same words."""
    known = set(connection.execute(_decided).scalars())
    undecided = (line for line in _all_doubtful(connection) if digest(line.text) not in known)
    return list(islice(undecided, limit))


def _all_doubtful(connection: Connection) -> Iterator[Doubtful]:
    """The newest first, a page at a time. What was decided is known by a digest that no database here can make, so a
    LIMIT in the statement would count lines that are not shown."""
    newest: int = connection.execute(_newest).scalar_one()
    while rows := connection.execute(_doubtful, {"newest": newest}).all():
        for row in rows:
            yield Doubtful(row.id, row.text, msgspec.json.decode(row.understood, type=Understood))
        newest = rows[-1].id - 1


def decide(connection: Connection, lines: Collection[Doubtful], decision: str, now: float) -> None:
    """Remembers the decision, and forgets how the lines were understood: it has served."""
    rows: list[dict[str, Any]] = [
        {"digest": key, "decision": decision, "at": now} for key in sorted({digest(line.text) for line in lines})
    ]
    if rows:
        connection.execute(_decide[connection.dialect.name], rows)
        connection.execute(_forget, {"ids": [line.inbox_id for line in lines]})


def digest(text: str) -> str:
    """The same for texts that differ in case and spaces only."""
    return hashlib.blake2b(" ".join(text.casefold().split()).encode(), digest_size=16).hexdigest()
