"""The outbox: finish a turn, say that it takes longer, read the transcript. Each function is one transaction's work."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Boolean, Connection, Double, Row, Text, bindparam, case, func, insert, select, update

from bot.messages import Body, Outcome
from bot.store import clock, sessions
from bot.store.errors import ClaimLost
from bot.store.records import Claim, OutboxRow, StoredPayload
from bot.store.schema import DEAD, DONE, buttons, conversations, dead_letters, inbox, is_open, outbox

READY = "ready"
"""To be shown or sent."""
SHOWN = "shown"
"""Nothing to be done: the citizen's own words."""
SENDING = "sending"
"""A request for its next part has left, or was about to: after a crash nobody knows whether it arrived."""
SENT, DELIVERED, READ = "sent", "delivered", "read"
UNCERTAIN = "uncertain"
"""The outcome is unknown and it is not sent again; the platform may still tell."""
FAILED = "failed"
"""Given up: a dead letter."""
DROPPED = "dropped"
"""Not sent: whom it was for cannot be reached."""

PULLED = frozenset(("web",))
"""Channels whose readers come and look. What is written to any other is delivered (bot/delivery)."""
INBOX, OUTBOX, UNREADABLE = "inbox", "outbox", "unread"
"""Kinds of dead letters: not answered, not delivered, and what a platform sent and nobody can read."""
CITIZEN = "citizen"
ASSISTANT = "assistant"

_lock = select(conversations.c.channel).where(conversations.c.id == bindparam("id")).with_for_update()
_close = (
    update(inbox)
    .where(inbox.c.id == bindparam("row"), inbox.c.token == bindparam("held"), is_open)
    .values(
        status=bindparam("new_status"),
        token=None,
        claimed_until=None,
        finished_at=bindparam("now"),
        understood=bindparam("how"),
        seen_as=None,
    )
)
_set_state = (
    update(conversations)
    .where(conversations.c.id == bindparam("row"))
    .values(
        state=bindparam("new_state"),
        greeted_at=func.coalesce(conversations.c.greeted_at, bindparam("greeted", type_=Double())),
        choices=func.coalesce(bindparam("new_choices", type_=Text()), conversations.c.choices),
        access_ended_at=case((bindparam("told", type_=Boolean()), None), else_=conversations.c.access_ended_at),
        updated_at=bindparam("now"),
    )
    .returning(conversations.c.session)
)
_add = insert(outbox)
_add_buttons = insert(buttons)
_bury = insert(dead_letters)
_mark_notified = (
    update(inbox)
    .where(
        inbox.c.conversation == bindparam("of"),
        is_open,
        inbox.c.notified.is_(False),
    )
    .values(notified=True)
)
_open_of = select(inbox.c.id, inbox.c.reference, inbox.c.notified).where(
    inbox.c.conversation == bindparam("conversation"), is_open
)
_after = (
    select(outbox)
    .where(outbox.c.conversation == bindparam("conversation"), outbox.c.id > bindparam("after"))
    .order_by(outbox.c.id)
    .limit(bindparam("limit"))
)
_tail = (
    select(outbox.c.conversation, func.max(outbox.c.id))
    .where(outbox.c.id > bindparam("after"))
    .group_by(outbox.c.conversation)
)
_outgoing = select(func.count(), func.min(outbox.c.at)).where(outbox.c.due_at.is_not(None))
_last = select(func.coalesce(func.max(outbox.c.id), 0))


def finish(connection: Connection, held: Claim, outcome: Outcome, now: float) -> list[OutboxRow]:
    """Closes the message, keeps the new state, writes the replies: all or nothing. Raises ClaimLost."""
    choices = None if outcome.choices is None else msgspec.json.encode(outcome.choices).decode()
    session = connection.execute(
        _set_state,
        {
            "row": held.conversation,
            "new_state": outcome.state,
            "greeted": now if outcome.greeted else None,
            "new_choices": choices,
            "told": outcome.told_of_end,
            "now": now,
        },
    ).scalar()
    closed = {
        "row": held.inbox_id,
        "held": held.token,
        "new_status": DEAD if outcome.dead else DONE,
        "now": now,
        "how": outcome.understood,
    }
    if connection.execute(_close, closed).rowcount != 1:
        raise ClaimLost
    if outcome.dead:
        connection.execute(
            _bury,
            {
                "kind": INBOX,
                "item_id": held.inbox_id,
                "conversation": held.conversation,
                "reason": outcome.dead,
                "tries": held.tries + 1,
                "at": now,
            },
        )
    digest, shown_at = outcome.session_digest, now
    if digest is not None:
        shown_at = clock.read(connection)  # of its buttons too: sessions.end() finds them by what began when
        if not sessions.touch(connection, digest, shown_at):
            digest = None  # it ended during the turn: its personal answers are not kept, nor are their buttons
    kept = [(button.id, button.title, msgspec.json.encode(button.payload)) for button in outcome.buttons]
    if digest is not None:
        sealed = [(button.id, StoredPayload(sealed=button.sealed, session=digest)) for button in outcome.sealed_buttons]
        kept += [(name, "", msgspec.json.encode(payload)) for name, payload in sealed]
    if kept:
        connection.execute(
            _add_buttons,
            [
                {
                    "id": name,
                    "conversation": held.conversation,
                    "title": title,
                    "payload": payload.decode(),
                    "created_at": shown_at,
                }
                for name, title, payload in kept
            ],
        )
    rows = [
        write(
            connection,
            conversation=held.conversation,
            channel=held.channel,
            author=ASSISTANT,
            in_reply_to=held.reference,
            final=bubble is outcome.bubbles[-1],
            body=bubble.body,
            secret=bubble.secret if digest or bubble.kept_with else None,
            session=(bubble.kept_with or digest) if bubble.secret else None,
            status=READY,
            now=now,
            anonymous=session is None,
        )
        for bubble in outcome.bubbles
    ]
    if outcome.end_session:
        sessions.end(connection, held.conversation, now)
    return rows


def lock(connection: Connection, conversation: str) -> str | None:
    """Locks a conversation for this transaction, before anything else of it; its channel, None: there is none."""
    channel: str | None = connection.execute(_lock, {"id": conversation}).scalar()
    return channel


def notice(
    connection: Connection, conversation: str, inbox_id: int, *, first: str, again: str, now: float
) -> OutboxRow | None:
    """Tells once that ``inbox_id`` takes longer, and all that waits behind it. None when nothing had to be said."""
    channel = lock(connection, conversation)
    rows = connection.execute(_open_of, {"conversation": conversation}).all()
    own = next((row for row in rows if row.id == inbox_id), None)
    if channel is None or own is None or own.notified:
        return None
    connection.execute(_mark_notified, {"of": conversation})
    text = again if any(row.notified for row in rows) else first
    return write(
        connection,
        conversation=conversation,
        channel=channel,
        author=ASSISTANT,
        in_reply_to=own.reference,
        final=False,
        body=Body(text=text),
        status=READY,
        now=now,
    )


def after(connection: Connection, conversation: str, outbox_id: int, limit: int) -> list[OutboxRow]:
    """The transcript of a conversation after ``outbox_id``."""
    rows = connection.execute(_after, {"conversation": conversation, "after": outbox_id, "limit": limit})
    return [outbox_row(row) for row in rows]


def outbox_row(row: Row[*tuple[Any, ...]]) -> OutboxRow:
    return OutboxRow(
        row.id, row.author, row.in_reply_to, row.final, row.body, row.secret, row.at, row.channel, row.session
    )


def unanswered(connection: Connection, conversation: str) -> set[str]:
    """The references of the messages that have no final answer yet."""
    return {row.reference for row in connection.execute(_open_of, {"conversation": conversation})}


def tail(connection: Connection, outbox_id: int) -> dict[str, int]:
    """Conversations that got something after ``outbox_id``, with the id of the newest."""
    return {row[0]: row[1] for row in connection.execute(_tail, {"after": outbox_id})}


def last_id(connection: Connection) -> int:
    return int(connection.execute(_last).scalar_one())


def backlog(connection: Connection) -> tuple[int, float | None]:
    """How many lines a delivery has to do with, and when the oldest of them was written."""
    count, oldest = connection.execute(_outgoing).one()
    return int(count), oldest


def write(
    connection: Connection,
    *,
    conversation: str,
    channel: str,
    author: str,
    in_reply_to: str | None,
    final: bool,
    body: Body,
    status: str,
    now: float,
    secret: str | None = None,
    session: str | None = None,
    anonymous: bool = False,
) -> OutboxRow:
    """One more line of a transcript. The caller holds the conversation's lock."""
    encoded = msgspec.json.encode(body).decode()
    result: Any = connection.execute(
        _add,
        {
            "conversation": conversation,
            "channel": channel,
            "author": author,
            "in_reply_to": in_reply_to,
            "final": final,
            "body": encoded,
            "secret": secret,
            "session": session,
            "status": status,
            "at": now,
            "due_at": 0.0 if status == READY and channel not in PULLED else None,
        },
    )
    number = int(result.inserted_primary_key[0])
    return OutboxRow(number, author, in_reply_to, final, encoded, secret, now, channel, session, anonymous)
