"""Deletes what was kept long enough, a bounded batch at a time. Each function is one transaction's work.

Rows are looked at from the oldest id on, so that a batch costs the same in a table of any size.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, Column, Connection, Table, bindparam, delete, exists, select

from bot.store.schema import (
    buttons,
    citizen_sessions,
    conversations,
    dead_letters,
    inbox,
    is_open,
    outbox,
    whatsapp_people,
)

_idle = (
    select(conversations.c.id, conversations.c.channel, conversations.c.external_key)
    .where(
        conversations.c.updated_at < bindparam("before"),
        ~exists().where(inbox.c.conversation == conversations.c.id, is_open),
        ~exists().where(citizen_sessions.c.conversation == conversations.c.id),
    )
    .order_by(conversations.c.updated_at)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
WHATSAPP = "whatsapp"
_ids: BindParameter[list[Any]] = bindparam("ids", expanding=True)
_old_letters = delete(dead_letters).where(dead_letters.c.at < bindparam("before"))

_merged = whatsapp_people.alias()
# Names that Meta gave, the phone's among them: kept as long as the conversation that is called by their key.
_forget_people = delete(whatsapp_people).where(
    whatsapp_people.c.key.in_(bindparam("keys", expanding=True)),
    ~exists().where(_merged.c.merged_into == whatsapp_people.c.key),
)


def delete_old(connection: Connection, before: float, limit: int) -> int:
    """Deletes at most ``limit`` rows of each kind that are older than ``before``; how many there were.

    Unanswered messages stay, and so does a conversation in which somebody is signed in.
    """
    deleted = _delete_head(connection, outbox, outbox.c.at, before, limit)
    deleted += _delete_head(connection, inbox, inbox.c.received_at, before, limit)
    letters = connection.execute(_old_letters, {"before": before}).rowcount  # few, or somebody looks at them
    rows = connection.execute(_idle, {"before": before, "limit": limit}).all()
    idle = [row.id for row in rows]
    if idle:
        connection.execute(_forget_people, {"keys": [row.external_key for row in rows if row.channel == WHATSAPP]})
        connection.execute(delete(buttons).where(buttons.c.conversation.in_(_ids)), {"ids": idle})
        connection.execute(delete(conversations).where(conversations.c.id.in_(_ids)), {"ids": idle})
    return deleted + letters + len(idle)


def _delete_head(connection: Connection, table: Table, at: Column[float], before: float, limit: int) -> int:
    """Deletes what is old among the ``limit`` rows of the smallest ids: ids grow with time."""
    columns = [table.c.id, at, *([table.c.status] if table is inbox else [])]
    rows = connection.execute(select(*columns).order_by(table.c.id).limit(limit)).all()
    ids = [row[0] for row in rows if row[1] < before and (table is not inbox or row[2] != "open")]
    if ids:
        connection.execute(delete(table).where(table.c.id.in_(_ids)), {"ids": ids})
    return len(ids)
