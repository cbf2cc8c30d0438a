"""The inbox: receive, claim, put off, give back. Every function is one transaction's work (see bot.store.database).

Locks are taken in one order everywhere: the conversation's row first. On PostgreSQL that also makes the outbox ids of a
conversation grow in the order of the commits, so a reader that asks for "after id N" misses nothing.
"""

from __future__ import annotations

import secrets
from typing import Any

import msgspec
from sqlalchemy import Connection, Double, Row, bindparam, case, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.messages import Body, Choices, Payload
from bot.store import outbox, sessions
from bot.store.claims import is_held
from bot.store.clock import clock
from bot.store.errors import ClaimLost, ConversationLocked, NotServed
from bot.store.records import (
    Backlog,
    Claim,
    OutboxRow,
    Pressed,
    Receipt,
    StoredInbound,
    StoredPayload,
    Unnotified,
    Waiting,
)
from bot.store.schema import buttons, conversations, dead_letters, inbox, is_open

IMPLAUSIBLE_SECONDS = 300.0
"""Of a claim and of a retry; longer claims (``GUICHE_CLAIM_SECONDS``) are refused."""

type _AnyRow = Row[*tuple[Any, ...]]

_CONVERSATION_COLUMNS = (
    conversations.c.id,
    conversations.c.channel,
    conversations.c.owner,
    conversations.c.state,
    conversations.c.greeted_at,
    conversations.c.choices,
    conversations.c.session,
    clock().label("clock"),
    conversations.c.access_ended_at,
)
# Whether something waits already, asked in the same statement: a statement costs more than the look into the index.
_waits = select(inbox.c.id).where(inbox.c.conversation == conversations.c.id, is_open).limit(1).scalar_subquery()
_by_external = select(*_CONVERSATION_COLUMNS, _waits.label("waits")).where(
    conversations.c.channel == bindparam("channel"), conversations.c.external_key == bindparam("external_key")
)
# On PostgreSQL a statement sees what was there when it began: who waited for the lock looks again with the next one.
_lock_external = (
    select(conversations.c.id)
    .where(conversations.c.channel == bindparam("channel"), conversations.c.external_key == bindparam("external_key"))
    .with_for_update()
)
_by_id = select(*_CONVERSATION_COLUMNS).where(conversations.c.id == bindparam("id")).with_for_update(skip_locked=True)
_exists = select(conversations.c.id).where(conversations.c.id == bindparam("id"))
_greeted_before = select(func.max(conversations.c.greeted_at)).where(
    conversations.c.channel == bindparam("channel"), conversations.c.citizen == bindparam("citizen")
)
_new_conversation = {
    "sqlite": sqlite.insert(conversations).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(conversations).on_conflict_do_nothing(),
}
_new_message = {
    "sqlite": sqlite.insert(inbox).on_conflict_do_nothing().returning(inbox.c.id),
    "postgresql": postgresql.insert(inbox).on_conflict_do_nothing().returning(inbox.c.id),
}
_known = select(inbox.c.id).where(
    inbox.c.channel == bindparam("channel"), inbox.c.external_id == bindparam("external_id")
)
_first_two = (
    select(inbox).where(inbox.c.conversation == bindparam("conversation"), is_open).order_by(inbox.c.id).limit(2)
)
_take = (
    update(inbox)
    .where(inbox.c.id == bindparam("row"))
    .values(token=bindparam("new_token"), claimed_until=bindparam("until"))
)
_button = select(buttons.c.title, buttons.c.payload, buttons.c.created_at).where(
    buttons.c.id == bindparam("id"), buttons.c.conversation == bindparam("conversation")
)
_give_back = (
    update(inbox)
    .where(inbox.c.id == bindparam("row"), inbox.c.token == bindparam("held"), is_open)
    .values(
        token=None,
        claimed_until=None,
        due_at=clock() + bindparam("delay", type_=Double()),
        tries=inbox.c.tries + bindparam("more_tries"),
        waits=inbox.c.waits + bindparam("more_waits"),
    )
)
_heads = select(func.min(inbox.c.id).label("id")).where(is_open).group_by(inbox.c.conversation).subquery()
_waiting = (
    select(inbox.c.conversation, inbox.c.due_at, inbox.c.token, inbox.c.claimed_until, clock().label("clock"))
    .join(_heads, _heads.c.id == inbox.c.id)
    .order_by(inbox.c.id)
    .limit(bindparam("limit"))
)
_unnotified = (
    select(inbox.c.id, inbox.c.conversation, inbox.c.channel, (clock() - inbox.c.received_at).label("waited"))
    .where(is_open, inbox.c.notified.is_(False))
    .order_by(inbox.c.conversation, inbox.c.id)  # as ix_inbox_open has them: by id alone, all of the inbox is read
    .limit(bindparam("limit"))
)
_backlog = select(
    func.count(),
    clock() - func.min(inbox.c.received_at),
    select(func.count()).select_from(dead_letters).scalar_subquery(),
).where(is_open)
_reached = (
    update(conversations)
    .where(conversations.c.id == bindparam("row"))
    .values(
        unreachable_at=None,
        last_inbound_at=case(
            (conversations.c.last_inbound_at > bindparam("at"), conversations.c.last_inbound_at), else_=bindparam("at")
        ),
    )
)
_release = update(inbox).where(is_open).values(token=None, claimed_until=None, due_at=0.0)


def receive(
    connection: Connection, message: StoredInbound, now: float, token: str | None, claim_seconds: float
) -> Receipt:
    """Stores a message once. With ``token`` it is claimed at once if nothing of its conversation waits before it.

    Raises NotServed.
    """
    key = {"channel": message.channel, "external_key": message.external_key}
    conversation = _conversation(connection, key, message.citizen, message.conversation, now)
    anonymous = conversation.session is None
    if message.serves is not None and not anonymous:
        access = sessions.access(connection, conversation.id)
        if access is not None and not message.serves(access):
            raise NotServed
    pressed = _find_button(connection, message.button, conversation.id)
    claimed = token is not None and conversation.waits is None
    values: dict[str, Any] = {
        "conversation": conversation.id,
        "channel": message.channel,
        "external_id": message.external_id,
        "reference": message.reference,
        "text": message.text,
        "button": message.button,
        "kind": message.kind,
        "masked": ",".join(sorted(message.masked)),
        "seen_as": message.seen_as,
        "token": token if claimed else None,
        "claimed_until": conversation.clock + claim_seconds if claimed else None,
        "due_at": 0.0,
        "received_at": conversation.clock,
    }
    inbox_id = connection.execute(_new_message[connection.dialect.name], values).scalar()
    if inbox_id is None:
        return Receipt(conversation.id, None, None, None)
    if message.channel not in outbox.PULLED:
        connection.execute(_reached, {"row": conversation.id, "at": min(message.sent_at or now, now)})
    text = pressed.title if pressed else message.text
    echo = outbox.write(
        connection,
        conversation=conversation.id,
        channel=message.channel,
        author=outbox.CITIZEN,
        in_reply_to=message.reference,
        final=True,
        body=Body(
            text=text or ("" if text is not None and pressed is None else message.fallback_echo),
            personal=pressed is not None and pressed.sealed is not None,
        ),
        status=outbox.SHOWN,
        now=now,
        secret=pressed.sealed if pressed else None,
        session=pressed.session if pressed else None,
        anonymous=anonymous,
    )
    claim = None
    if claimed and token is not None:
        claim = Claim(
            **_of_conversation(conversation),
            inbox_id=inbox_id,
            token=token,
            reference=message.reference,
            text=message.text,
            button=message.button,
            pressed=pressed,
            masked=message.masked,
            tries=0,
            waits=0,
            received_at=conversation.clock,
            more=False,
            kind=message.kind,
            seen_as=message.seen_as,
        )
    return Receipt(conversation.id, inbox_id, echo, claim)


def is_known(connection: Connection, channel: str, external_id: str) -> bool:
    """Whether a message is here already."""
    return connection.execute(_known, {"channel": channel, "external_id": external_id}).first() is not None


def say(
    connection: Connection,
    key: dict[str, str],
    *,
    citizen: str,
    conversation: str,
    reference: str,
    sentence: str,
    now: float,
) -> tuple[str, OutboxRow]:
    """A line of the front desk that answers nothing stored; the conversation is made if there is none."""
    found = _conversation(connection, key, citizen, conversation, now)
    row = outbox.write(
        connection,
        conversation=found.id,
        channel=key["channel"],
        author=outbox.ASSISTANT,
        in_reply_to=reference,
        final=True,
        body=Body(text=sentence),
        status=outbox.READY,
        now=now,
    )
    return found.id, row


def claim(connection: Connection, conversation_id: str, token: str, *, node: str, claim_seconds: float) -> Claim | None:
    """The oldest open message of a conversation, or None: nothing is open, or it is held. Raises ConversationLocked.

    ``node`` begins the tokens of this process, which never works twice on one conversation: what it held before is its
    own to take again. When a retry is due is the caller's affair: it may know that there is no need to wait any more.
    """
    conversation = connection.execute(_by_id, {"id": conversation_id}).first()
    if conversation is None:
        if connection.execute(_exists, {"id": conversation_id}).first() is not None:
            raise ConversationLocked
        return None
    rows = connection.execute(_first_two, {"conversation": conversation_id}).all()
    if not rows or is_held(rows[0], conversation.clock, node, IMPLAUSIBLE_SECONDS):
        return None
    row = rows[0]
    connection.execute(_take, {"row": row.id, "new_token": token, "until": conversation.clock + claim_seconds})
    return Claim(
        **_of_conversation(conversation),
        inbox_id=row.id,
        token=token,
        reference=row.reference,
        text=row.text,
        button=row.button,
        pressed=_find_button(connection, row.button, conversation_id),
        masked=frozenset(filter(None, row.masked.split(","))),
        tries=row.tries,
        waits=row.waits,
        received_at=row.received_at,
        waited=max(0.0, conversation.clock - row.received_at),
        more=len(rows) > 1,
        kind=row.kind,
        seen_as=row.seen_as,
    )


def give_back(connection: Connection, held: Claim, delay: float, *, counted: bool, waited: bool) -> None:
    """Ends a claim without an answer; raises ClaimLost."""
    values = {
        "row": held.inbox_id,
        "held": held.token,
        "delay": delay,
        "more_tries": int(counted),
        "more_waits": int(waited),
    }
    if connection.execute(_give_back, values).rowcount != 1:
        raise ClaimLost


def release_all(connection: Connection) -> None:
    """Ends every claim: for a start where no other process can be holding one."""
    connection.execute(_release)


def waiting(connection: Connection, limit: int) -> list[Waiting]:
    """Conversations with an open message, in order of arrival; ``due`` when its oldest can be claimed now."""
    rows = connection.execute(_waiting, {"limit": limit}).all()
    return [
        Waiting(row.conversation, not is_held(row, row.clock, None, IMPLAUSIBLE_SECONDS) and not _later(row, row.clock))
        for row in rows
    ]


def backlog(connection: Connection) -> Backlog:
    """How much waits, and since when."""
    count, waited, dead = connection.execute(_backlog).one()
    return Backlog(count, max(0.0, waited or 0.0), dead, *outbox.backlog(connection))


def unnotified(connection: Connection, limit: int) -> list[Unnotified]:
    rows = connection.execute(_unnotified, {"limit": limit}).all()
    return [Unnotified(row.id, row.conversation, row.channel, row.waited) for row in rows]


def _conversation(connection: Connection, key: dict[str, str], citizen: str, new: str, now: float) -> _AnyRow:
    _lock(connection, key)
    found = connection.execute(_by_external, key).first()
    if found is not None:
        return found
    greeted = connection.execute(_greeted_before, {"channel": key["channel"], "citizen": citizen}).scalar()
    values = {
        "id": new,
        **key,
        "citizen": citizen,
        "greeted_at": greeted,
        "created_at": now,
        "updated_at": now,
    }
    connection.execute(_new_conversation[connection.dialect.name], values)
    _lock(connection, key)
    return connection.execute(_by_external, key).one()  # made by us, or by who was faster


def _lock(connection: Connection, key: dict[str, str]) -> None:
    if connection.dialect.name == "postgresql":  # SQLite has one writer
        connection.execute(_lock_external, key)


def _of_conversation(row: _AnyRow) -> dict[str, Any]:
    return {
        "conversation": row.id,
        "channel": row.channel,
        "owner": row.owner,
        "state": row.state,
        "greeted": row.greeted_at is not None,
        "choices": msgspec.json.decode(row.choices, type=Choices) if row.choices else None,
        "session": row.session,
        "access_ended": row.access_ended_at is not None,
    }


def _find_button(connection: Connection, button: str | None, conversation: str) -> Pressed | None:
    if button is None:
        return None
    row = connection.execute(_button, {"id": button, "conversation": conversation}).first()
    if row is None:
        return None
    stored = msgspec.json.decode(row.payload, type=StoredPayload)
    if stored.sealed is not None:
        return Pressed("", None, row.created_at, stored.sealed, stored.session)
    return Pressed(row.title, Payload(stored.intent, stored.entities), row.created_at)


def _later(row: _AnyRow, now: float) -> bool:
    return bool(now < row.due_at < now + IMPLAUSIBLE_SECONDS)


def new_id() -> str:
    """An opaque id nobody can guess (128 bits)."""
    return secrets.token_urlsafe(16)
