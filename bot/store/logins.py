"""Attempts to sign in, from the link in the chat to the code that comes back to it. Each function is one transaction.

offered    the link is in the chat
begun      somebody said yes on its page, and is at the provider
returned   the provider sent the browser back; what it said is being checked
proved     the browser shows who signed in: a code that has to be written in the chat, or a last question
linked     the chat belongs to the person who signed in
ended      nothing came of it; `reason` says why

The conversation's row is locked first, as everywhere (bot.store.inbox).
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Row, and_, bindparam, case, delete, func, insert, or_, select, update

from bot.messages import Body, LoginOffer
from bot.store import clock, outbox, sessions
from bot.store.records import OutboxRow
from bot.store.schema import audit, conversations, inbox, login_attempts, whatsapp_people
from bot.store.schema import outbox as outbox_table

OFFERED, BEGUN, RETURNED, PROVED, LINKED, ENDED = "offered", "begun", "returned", "proved", "linked", "ended"
LIVE = (OFFERED, BEGUN, RETURNED, PROVED)
WEB = "web"
MAX_GUESSES = 5
KEPT_SECONDS = 86_400.0
"""How long an attempt that is over is remembered, so that its page and the limits know of it."""

_t = login_attempts
_joined = (
    select(_t, conversations.c.external_key, whatsapp_people.c.wa_id)
    .join(conversations, conversations.c.id == _t.c.conversation)
    .outerjoin(whatsapp_people, whatsapp_people.c.key == conversations.c.external_key)
)
_by_digest = _joined.where(_t.c.digest == bindparam("digest"))
_by_state = _joined.where(_t.c.state == bindparam("state"))
_by_browser = _joined.where(_t.c.browser == bindparam("browser")).order_by(_t.c.created_at.desc()).limit(1)
_newest = _joined.where(_t.c.conversation == bindparam("conversation")).order_by(_t.c.created_at.desc()).limit(1)
_live = select(_t.c.digest).where(_t.c.conversation == bindparam("conversation"), _t.c.status.in_(LIVE))
_recent = (
    select(func.count())
    .select_from(_t)
    .where(
        _t.c.created_at > bindparam("since"),
        or_(_t.c.conversation == bindparam("conversation"), _t.c.citizen == bindparam("citizen")),
    )
)
_citizen = select(conversations.c.citizen).where(conversations.c.id == bindparam("id"))
_add = insert(_t)
_forget = update(outbox_table).where(outbox_table.c.session == bindparam("digest")).values(secret=None)
_overdue = select(_t.c.digest, _t.c.conversation, _t.c.status).where(
    _t.c.status.in_(LIVE), _t.c.expires_at <= bindparam("now")
)
_settle = (
    update(_t)
    .where(
        _t.c.expires_at <= bindparam("now"),
        or_(_t.c.question.is_not(None), _t.c.identity.is_not(None), _t.c.flow.is_not(None), _t.c.seen_as.is_not(None)),
    )
    .values(question=None, identity=None, flow=None, seen_as=None)
)
_drop = delete(_t).where(_t.c.expires_at < bindparam("before"))


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt as it is kept; everything that is secret in it is sealed or a digest."""

    digest: str
    conversation: str
    channel: str
    external_key: str
    wa_id: str | None
    """The phone number of a WhatsApp chat, where it is known."""
    seen_as: str | None
    purpose: str
    question: str | None
    status: str
    reason: str | None
    asker: str | None
    browser: str | None
    flow: str | None
    identity: str | None
    code: str | None
    tries: int
    linked_inbox: int | None
    created_at: float
    expires_at: float


@dataclass(frozen=True, slots=True)
class NewSession:
    """A citizen session to be started, sealed by the caller."""

    digest: str
    sealed_id: str
    data: str
    ttl: float
    subject: str


type Guess = Literal["none", "linked", "wrong", "last", "expired", "used"]


def recent(connection: Connection, conversation: str, since: float) -> int:
    """How many links the conversation, or its citizen over several, got since then."""
    citizen = connection.execute(_citizen, {"id": conversation}).scalar()
    given = {"since": since, "conversation": conversation, "citizen": citizen}
    return int(connection.execute(_recent, given).scalar_one())


def create(connection: Connection, conversation: str, channel: str, offer: LoginOffer, now: float) -> None:
    """A new attempt; one before it in the conversation is over. The caller holds the conversation's lock."""
    for digest in connection.execute(_live, {"conversation": conversation}).scalars().all():
        _end(connection, digest, "superseded")
    connection.execute(
        _add,
        {
            "digest": offer.digest,
            "conversation": conversation,
            "citizen": connection.execute(_citizen, {"id": conversation}).scalar(),
            "channel": channel,
            "purpose": offer.purpose,
            "question": offer.question,
            "seen_as": offer.seen_as,
            "status": OFFERED,
            "created_at": now,
            "expires_at": now + offer.seconds,
        },
    )
    sessions.record(connection, now, "login_offered", conversation=conversation, digest=offer.digest, subject=None)


def by_digest(connection: Connection, digest: str) -> Attempt | None:
    return _attempt(connection.execute(_by_digest, {"digest": digest}).first())


def by_browser(connection: Connection, browser: str) -> Attempt | None:
    return _attempt(connection.execute(_by_browser, {"browser": browser}).first())


def newest(connection: Connection, conversation: str) -> Attempt | None:
    return _attempt(connection.execute(_newest, {"conversation": conversation}).first())


def begin(
    connection: Connection, digest: str, *, asker: str, browser: str, state: str, flow: str, now: float, until: float
) -> Attempt | None:
    """Uses the link up; None when somebody else was faster, or it is over.

    ``asker``: digest of the cookie that the page was sent with. The same one again (a button pressed twice) begins
    anew with another state and ``browser``: what was begun before ends nowhere, and nobody learns its secret.
    """
    begun = (
        update(_t)
        .where(
            _t.c.digest == digest,
            or_(_t.c.status == OFFERED, and_(_t.c.status == BEGUN, _t.c.asker == asker)),
            _t.c.expires_at > now,
        )
        .values(
            status=BEGUN,
            asker=asker,
            browser=browser,
            state=state,
            flow=flow,
            expires_at=case((_t.c.status == OFFERED, until), else_=_t.c.expires_at),
        )
    )
    if connection.execute(begun).rowcount != 1:
        return None
    attempt = by_digest(connection, digest)
    if attempt is not None:
        _forget_link(connection, digest)
        sessions.record(connection, now, "login_begun", conversation=attempt.conversation, digest=digest, subject=None)
    return attempt


def take_state(connection: Connection, state: str) -> Attempt | None:
    """The attempt that waits for this state; whatever comes of it, the state does not serve again."""
    attempt = _attempt(connection.execute(_by_state, {"state": state}).first())
    if attempt is None:
        return None
    taken = update(_t).where(_t.c.digest == attempt.digest, _t.c.state == state).values(state=None, status=RETURNED)
    if attempt.status != BEGUN or connection.execute(taken).rowcount != 1:
        return None
    return attempt


def prove(connection: Connection, digest: str, *, identity: str, code: str, until: float) -> bool:
    """The person is known; the code is awaited in the chat. False: the attempt was over meanwhile."""
    proved = (
        update(_t)
        .where(_t.c.digest == digest, _t.c.status == RETURNED)
        .values(status=PROVED, identity=identity, code=code, flow=None, tries=0, expires_at=until)
    )
    return connection.execute(proved).rowcount == 1


def link_here(connection: Connection, attempt: Attempt, session: NewSession, *, now: float, until: float) -> int | None:
    """Links without a code, where the browser holds the chat's own session; the inbox row whose turn says so.

    None: it is too late.
    """
    outbox.lock(connection, attempt.conversation)
    linked = (
        update(_t)
        .where(_t.c.digest == attempt.digest, _t.c.status == PROVED, _t.c.expires_at > now)
        .values(status=LINKED, identity=None, code=None, seen_as=None, expires_at=until)
    )
    if connection.execute(linked).rowcount != 1:
        return None
    reference = f"login-{attempt.digest[:24]}"
    values = {
        "conversation": attempt.conversation,
        "channel": attempt.channel,
        "external_id": f"{attempt.conversation}:{reference}",
        "reference": reference,
        "due_at": 0.0,
        "received_at": clock.read(connection),
    }
    result: Any = connection.execute(insert(inbox), values)
    number = int(result.inserted_primary_key[0])
    connection.execute(update(_t).where(_t.c.digest == attempt.digest).values(linked_inbox=number))
    start_session(connection, attempt.conversation, session, generation=number)
    return number


def guess(
    connection: Connection, attempt: Attempt, *, inbox_id: int, code: str, session: NewSession | None, now: float
) -> Guess:
    """One try to write the code, counted once for each message; the right one links.

    ``code``: keyed hash of what was written; ``session``: what the right code starts.
    """
    outbox.lock(connection, attempt.conversation)
    row = connection.execute(select(_t).where(_t.c.digest == attempt.digest).with_for_update()).first()
    if row is None:
        return "none"
    if row.status != PROVED or row.code is None:
        return _late(row, inbox_id, code)
    if row.expires_at <= now:
        _end(connection, row.digest, "code_expired")
        return "expired"
    if hmac.compare_digest(row.code, code) and session is not None:
        linked = {"status": LINKED, "linked_inbox": inbox_id, "identity": None, "seen_as": None}
        connection.execute(update(_t).where(_t.c.digest == row.digest).values(**linked))
        # Whoever wrote the code at the website has a cookie of this number (bot/channels/web/api.py).
        generation = inbox_id if attempt.channel == WEB else None
        start_session(connection, attempt.conversation, session, generation=generation)
        return "linked"
    tries = row.tries + (row.last_guess != inbox_id)
    connection.execute(update(_t).where(_t.c.digest == row.digest).values(tries=tries, last_guess=inbox_id))
    sessions.record(
        connection, now, "login_code_wrong", conversation=attempt.conversation, digest=row.digest, subject=None
    )
    if tries < MAX_GUESSES:
        return "wrong"
    _end(connection, row.digest, "too_many_codes")
    return "last"


def _late(row: Row[Any], inbox_id: int, code: str) -> Guess:
    """A code for an attempt that awaits none."""
    if row.status == LINKED and row.linked_inbox == inbox_id:
        return "linked"  # the same message again: its turn failed after it had linked
    if row.status == LINKED and row.code and hmac.compare_digest(row.code, code):
        return "used"
    return "expired" if row.status == ENDED and row.reason == "code_expired" else "none"


def end(connection: Connection, attempt: Attempt, reason: str, now: float, said: Body | None) -> OutboxRow | None:
    """Nothing came of an attempt; ``said`` in its chat. None: it was over already, or nothing had to be said."""
    channel = outbox.lock(connection, attempt.conversation)
    if not _end(connection, attempt.digest, reason) or channel is None:
        return None
    sessions.record(
        connection, now, f"login_{reason}"[:32], conversation=attempt.conversation, digest=attempt.digest, subject=None
    )
    return say(connection, attempt.conversation, channel, said, now) if said is not None else None


def end_live(connection: Connection, conversation: str, reason: str, now: float) -> None:
    """Nothing comes of the conversation's attempt, if one lives. The caller holds the conversation's lock."""
    for digest in connection.execute(_live, {"conversation": conversation}).scalars().all():
        _end(connection, digest, reason)
        sessions.record(connection, now, f"login_{reason}"[:32], conversation=conversation, digest=digest, subject=None)


def say_once(connection: Connection, attempt: Attempt, event: str, body: Body, now: float) -> OutboxRow | None:
    """Tells a chat something about its live attempt, once."""
    channel = outbox.lock(connection, attempt.conversation)
    told = select(audit.c.id).where(audit.c.session == attempt.digest, audit.c.event == f"login_{event}")
    if channel is None or connection.execute(told).first() is not None:
        return None
    sessions.record(
        connection, now, f"login_{event}", conversation=attempt.conversation, digest=attempt.digest, subject=None
    )
    return say(connection, attempt.conversation, channel, body, now)


def say(connection: Connection, conversation: str, channel: str, body: Body, now: float) -> OutboxRow:
    """Something that answers no message. The caller holds the conversation's lock."""
    return outbox.write(
        connection,
        conversation=conversation,
        channel=channel,
        author=outbox.ASSISTANT,
        in_reply_to=None,
        final=True,
        body=body,
        status=outbox.READY,
        now=now,
    )


def overdue(connection: Connection, now: float) -> list[Attempt]:
    """Live attempts whose time is over."""
    found = connection.execute(_overdue, {"now": now}).all()
    return [attempt for row in found if (attempt := by_digest(connection, row.digest)) is not None]


def tidy(connection: Connection, now: float) -> None:
    """Forgets what attempts that are over kept, and after a day the attempts themselves."""
    connection.execute(_settle, {"now": now})
    connection.execute(_drop, {"before": now - KEPT_SECONDS})


def start_session(
    connection: Connection, conversation: str, session: NewSession, *, generation: int | None = None
) -> None:
    """By the database's clock, as it is asked whether the session is over."""
    now = clock.read(connection)
    sessions.start(
        connection,
        conversation,
        session.digest,
        sealed_id=session.sealed_id,
        data=session.data,
        now=now,
        expires_at=now + session.ttl,
        generation=generation,
    )
    sessions.record(
        connection, now, "session_started", conversation=conversation, digest=session.digest, subject=session.subject
    )


def _end(connection: Connection, digest: str, reason: str) -> bool:
    over = (
        update(_t)
        .where(_t.c.digest == digest, _t.c.status.in_(LIVE))
        .values(
            status=ENDED, reason=reason, state=None, flow=None, identity=None, question=None, code=None, seen_as=None
        )
    )
    ended = connection.execute(over).rowcount == 1
    _forget_link(connection, digest)
    return ended


def _forget_link(connection: Connection, digest: str) -> None:
    connection.execute(_forget, {"digest": digest})


def _attempt(row: Row[Any] | None) -> Attempt | None:
    if row is None:
        return None
    return Attempt(**{name: getattr(row, name) for name in Attempt.__slots__})
