"""Citizen sessions and their audit lines. Each function is one transaction's work."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from bot.store.clock import clock
from bot.store.schema import audit, buttons, citizen_sessions, conversations, outbox

LONGEST = 8 * 3600.0
"""Seconds after which even a session in use ends: a working day."""

_add = insert(citizen_sessions)
_get = select(citizen_sessions, clock().label("clock")).where(citizen_sessions.c.digest == bindparam("digest"))
_prolong = (
    update(citizen_sessions).where(citizen_sessions.c.digest == bindparam("name")).values(expires_at=bindparam("until"))
)
_by_conversation = select(citizen_sessions, clock().label("clock")).where(
    citizen_sessions.c.conversation == bindparam("conversation")
)
_first_shown = select(func.min(outbox.c.id)).where(outbox.c.session == bindparam("digest"))
_of_conversation = select(citizen_sessions.c.digest, citizen_sessions.c.created_at).where(
    citizen_sessions.c.conversation == bindparam("conversation")
)
_expired = select(citizen_sessions.c.conversation).where(citizen_sessions.c.expires_at <= bindparam("now"))
_delete = delete(citizen_sessions).where(citizen_sessions.c.conversation == bindparam("of"))
_forget = update(outbox).where(outbox.c.session == bindparam("digest")).values(secret=None)
_unlink = update(conversations).where(conversations.c.id == bindparam("row")).values(session=None)
# The buttons of personal answers: sealed in the row's choices, and one row each (found by the index on their time).
_forget_choices = (
    update(conversations)
    .where(conversations.c.id == bindparam("row"), conversations.c.choices.contains('"sealed":"'))
    .values(choices=None)
)
_forget_buttons = delete(buttons).where(
    buttons.c.created_at >= bindparam("since"),
    buttons.c.conversation == bindparam("of"),
    buttons.c.payload.contains(bindparam("digest"), autoescape=False),
)
_link = (
    update(conversations)
    .where(conversations.c.id == bindparam("row"))
    .values(session=bindparam("sealed"), access_ended_at=None)
)
_tell = update(conversations).where(conversations.c.id == bindparam("row")).values(access_ended_at=bindparam("now"))
_sealed_of = select(conversations.c.session).where(conversations.c.id == bindparam("row"))
_audit = insert(audit)
_old_buttons = delete(buttons).where(buttons.c.created_at < bindparam("before"))


@dataclass(frozen=True, slots=True)
class StoredSession:
    conversation: str
    data: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class Access:
    """What may be shown in a conversation now: what belongs to the session of this digest, until it is over."""

    digest: str
    data: str
    left: float
    """Seconds until it is over."""
    generation: int | None
    """Of the website's cookie that serves meanwhile; None: each does."""


def start(
    connection: Connection,
    conversation: str,
    digest: str,
    *,
    sealed_id: str,
    data: str,
    now: float,
    expires_at: float,
    generation: int | None = None,
) -> None:
    """Links a conversation to a citizen; whoever was linked before is not any more."""
    end(connection, conversation, now)
    connection.execute(_link, {"row": conversation, "sealed": sealed_id})
    connection.execute(
        _add,
        {
            "digest": digest,
            "conversation": conversation,
            "data": data,
            "created_at": now,
            "expires_at": expires_at,
            "idle_seconds": expires_at - now,
            "generation": generation,
        },
    )


def access(connection: Connection, conversation: str) -> Access | None:
    """The session that a conversation holds, if it is not over: that may be before it is cleared away."""
    row = connection.execute(_by_conversation, {"conversation": conversation}).first()
    if row is None or row.expires_at <= row.clock:
        return None
    return Access(row.digest, row.data, row.expires_at - row.clock, row.generation)


def first_shown(connection: Connection, digest: str) -> int | None:
    """The outbox id of the first personal answer of a session."""
    first: int | None = connection.execute(_first_shown, {"digest": digest}).scalar()
    return first


def get(connection: Connection, digest: str) -> StoredSession | None:
    row = connection.execute(_get, {"digest": digest}).first()
    if row is None or row.expires_at <= row.clock:
        return None
    return StoredSession(row.conversation, row.data, row.expires_at)


def sealed_of(connection: Connection, conversation: str) -> str | None:
    sealed: str | None = connection.execute(_sealed_of, {"row": conversation}).scalar()
    return sealed


def touch(connection: Connection, digest: str, now: float) -> bool:
    """The session was used: it lasts its idle time from now, and never longer than LONGEST. False: it is over."""
    row = connection.execute(_get, {"digest": digest}).first()
    if row is None or row.expires_at <= now:
        return False
    until = min(now + row.idle_seconds, row.created_at + max(LONGEST, row.idle_seconds))
    connection.execute(_prolong, {"name": digest, "until": until})
    return True


def end(connection: Connection, conversation: str, now: float) -> bool:
    """Unlinks a conversation and erases the personal answers that were shown in it. False: nobody was linked."""
    found = connection.execute(_of_conversation, {"conversation": conversation}).all()
    if not found:
        return False
    connection.execute(_unlink, {"row": conversation})
    connection.execute(_forget_choices, {"row": conversation})
    for digest, created_at in found:
        connection.execute(_forget, {"digest": digest})
        connection.execute(_forget_buttons, {"since": created_at, "of": conversation, "digest": digest})
        record(connection, now, "session_ended", conversation=conversation, digest=digest, subject=None)
    connection.execute(_delete, {"of": conversation})
    return True


def end_expired(connection: Connection, now: float) -> list[str]:
    """Ends every session that is over; returns their conversations. The next personal question says so."""
    ended = list(connection.execute(_expired, {"now": now}).scalars())
    for conversation in ended:
        end(connection, conversation, now)
        connection.execute(_tell, {"row": conversation, "now": now})
    return ended


def record(
    connection: Connection,
    now: float,
    event: str,
    *,
    conversation: str | None,
    digest: str | None,
    subject: str | None,
    detail: str | None = None,
) -> None:
    """One audit line. ``subject`` is a keyed fingerprint, never a document; ``detail`` says what was read."""
    connection.execute(
        _audit,
        {
            "at": now,
            "event": event,
            "conversation": conversation,
            "session": digest,
            "subject": subject,
            "detail": detail and detail[:64],
        },
    )


def drop_buttons(connection: Connection, before: float) -> None:
    connection.execute(_old_buttons, {"before": before})
