"""The outbox on its way out: claim a turn's rows, note what left and what arrived, fail, drop, settle.

Each function is one transaction's work. Locks are taken as everywhere: the conversation's row first. A row has
something to be done while its ``due_at`` is set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, Literal

from sqlalchemy import Connection, Row, and_, bindparam, delete, func, insert, literal_column, select, update

from bot.store.claims import is_held
from bot.store.errors import ClaimLost
from bot.store.outbox import (
    DELIVERED,
    DROPPED,
    FAILED,
    OUTBOX,
    READ,
    READY,
    SENDING,
    SENT,
    UNCERTAIN,
)
from bot.store.schema import conversations, dead_letters, outbox

TIME_OUTS = 1
"""How often a request that got no answer in time is repeated. A second one without an answer is a dead letter: taken as
sent, it would be lost where it never arrived; repeated for ever, it would come again and again where it did."""
DEATHS = 5
"""How often a request that a process died in is repeated: it may never have left, so each death repeats it once more.
The limit is for a message that kills whoever sends it; then it is a dead letter. Counted apart from time-outs."""
IMPLAUSIBLE_SECONDS = 86_400.0
"""An expiry or a due time further away was written before the clock jumped back, and does not count."""
MAX_ROWS = 20
_MOST = {"repeats": TIME_OUTS, "deaths": DEATHS}
UNKNOWN = "OutcomeUnknown"

# Written out: an index WHERE due_at IS NOT NULL serves only a statement that says so.
_waits = and_(outbox.c.due_at.is_not(None), outbox.c.status.in_([literal_column(f"'{s}'") for s in (READY, SENDING)]))
_conversation = (
    select(
        conversations.c.id,
        conversations.c.channel,
        conversations.c.external_key,
        conversations.c.unreachable_at,
        conversations.c.last_inbound_at,
    )
    .where(conversations.c.id == bindparam("id"))
    .with_for_update()
)
_next = select(outbox).where(outbox.c.conversation == bindparam("of"), _waits).order_by(outbox.c.id).limit(MAX_ROWS)
_heads = (
    select(func.min(outbox.c.id).label("id"))
    .where(_waits, outbox.c.channel.in_(bindparam("channels", expanding=True)))
    .group_by(outbox.c.conversation)
    .subquery()
)
_waiting = (
    select(outbox.c.conversation, outbox.c.channel, outbox.c.due_at, outbox.c.token, outbox.c.claimed_until)
    .join(_heads, _heads.c.id == outbox.c.id)
    .order_by(outbox.c.id)
    .limit(bindparam("limit"))
)
_change = update(outbox).where(outbox.c.id.in_(bindparam("ids", expanding=True)))
_held = _change.where(outbox.c.token == bindparam("held"), outbox.c.due_at.is_not(None))
_free: dict[str, Any] = {"token": None, "claimed_until": None}
_over: dict[str, Any] = {**_free, "due_at": None}
_RANK = {READY: 0, SENDING: 0, UNCERTAIN: 0, SENT: 1, DELIVERED: 2, READ: 3}

type AnyRow = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Rule:
    """What is done about a request whose outcome is unknown: sent once more, or waited for so many seconds."""

    repeat: bool
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Settled:
    """Outbox ids by what became of their requests of unknown outcome; those that are waited for are in neither."""

    repeated: list[int] = field(default_factory=list)
    """Sent again."""
    dead: list[int] = field(default_factory=list)
    """Repeated often enough: dead letters now."""

    def add(self, other: Settled) -> None:
        self.repeated.extend(other.repeated)
        self.dead.extend(other.dead)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A turn's rows, held; ``repeat``: the first part to be sent may have arrived already."""

    conversation: AnyRow
    rows: list[AnyRow]
    repeat: bool


@dataclass(frozen=True, slots=True)
class Later:
    """Nothing can be sent before so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class WaitingDelivery:
    conversation: str
    channel: str
    due: bool


def claim(
    connection: Connection, conversation_id: str, token: str, *, rule: Rule, node: str, now: float, until: float
) -> tuple[Claimed | Later | None, Settled]:
    """The rows of the oldest turn that is not delivered yet; None when there is nothing to do, or another node does it.
    Beside it what became of requests that a process died in.

    ``node`` begins the tokens of this process, which never delivers twice to one conversation at a time.
    """
    settled = Settled()
    conversation = connection.execute(_conversation, {"id": conversation_id}).first()
    if conversation is None:
        return None, settled
    while rows := connection.execute(_next, {"of": conversation_id}).all():
        if conversation.unreachable_at is not None:
            _set(connection, rows, status=DROPPED, error="RecipientGone", **_over)
            continue
        if is_held(rows[0], now, node, IMPLAUSIBLE_SECONDS):
            return None, settled
        if now < rows[0].due_at < now + IMPLAUSIBLE_SECONDS:
            return Later(rows[0].due_at - now), settled
        turn = list(takewhile(lambda row: row.in_reply_to == rows[0].in_reply_to, rows))  # used up here
        if lost := [row for row in turn if row.status == SENDING]:
            settled.add(_settle(connection, lost, rule, now, "deaths"))
            continue
        _set(connection, turn, token=token, claimed_until=until)
        return Claimed(conversation, turn, repeat=any(row.repeats or row.deaths for row in turn)), settled
    return None, settled


def sending(connection: Connection, ids: Sequence[int], token: str, until: float) -> None:
    """The request for the rows' next part is about to leave; raises ClaimLost."""
    _of_claim(connection, ids, token, status=SENDING, claimed_until=until)


def sent(
    connection: Connection, ids: Sequence[int], token: str, *, part: int, external_id: str | None, last: bool
) -> None:
    """A part has arrived, with ``last`` all of the rows; raises ClaimLost."""
    over: dict[str, Any] = {**_over, "status": SENT} if last else {"status": READY}
    if external_id is not None:
        over["external_id"] = external_id
    _of_claim(connection, ids, token, part=part + 1, repeats=0, deaths=0, attempts=0, error=None, **over)


def put_off(
    connection: Connection, ids: Sequence[int], token: str, due: float, error: str | None, *, tries: int
) -> None:
    """Ends a claim: what of it is not sent is due again then; ``tries`` more failed tries. Silent if it was lost."""
    values = {"status": READY, "due_at": due, "error": error, "attempts": outbox.c.attempts + tries, **_free}
    connection.execute(_held.values(values), {"ids": list(ids), "held": token})


def bury(connection: Connection, ids: Sequence[int], token: str | None, reason: str, now: float) -> None:
    """Gives rows up: they become dead letters. Silent for those that are held by somebody else by now."""
    query = select(outbox).where(outbox.c.id.in_(ids), outbox.c.due_at.is_not(None)).with_for_update()
    rows = [row for row in connection.execute(query) if token is None or row.token == token]
    if not rows:
        return
    _set(connection, rows, status=FAILED, error=reason[:64], **_over)
    connection.execute(
        insert(dead_letters),
        [
            {
                "kind": OUTBOX,
                "item_id": row.id,
                "conversation": row.conversation,
                "reason": reason[:64],
                "tries": row.attempts + 1,
                "at": now,
            }
            for row in rows
        ],
    )


def unknown(connection: Connection, ids: Sequence[int], token: str, rule: Rule, now: float) -> Settled:
    """The outcome of the request for these rows will not be known."""
    query = select(outbox).where(outbox.c.id.in_(ids), outbox.c.token == token, outbox.c.status == SENDING)
    return _settle(connection, connection.execute(query.with_for_update()).all(), rule, now, "repeats")


def _settle(
    connection: Connection, rows: Sequence[AnyRow], rule: Rule, now: float, counter: Literal["repeats", "deaths"]
) -> Settled:
    """A part whose outcome is unknown is sent again, and given up when ``counter`` says that it was often enough; or
    it is waited for, not to be sent again."""
    settled = Settled()
    for row in rows:
        times = getattr(row, counter)
        if not rule.repeat:
            values = {"status": UNCERTAIN, "error": UNKNOWN, **_free, "due_at": now + rule.seconds}
            _set(connection, [row], **values)
        elif times >= _MOST[counter]:
            bury(connection, [row.id], None, UNKNOWN, now)
            settled.dead.append(row.id)
        else:
            _set(connection, [row], status=READY, error=UNKNOWN, **{counter: times + 1})
            settled.repeated.append(row.id)
    return settled


def unreachable(connection: Connection, channel: str, external_key: str, now: float) -> str | None:
    """Whom nothing can be sent to: their rows are dropped until they write again. The conversation, if there is one."""
    query = select(conversations.c.id).where(
        conversations.c.channel == channel, conversations.c.external_key == external_key
    )
    found: str | None = connection.execute(query.with_for_update()).scalar()
    if found is not None:
        mark = update(conversations).where(conversations.c.id == found).values(unreachable_at=now)
        connection.execute(mark)
        drop = update(outbox).where(outbox.c.conversation == found, _waits)
        connection.execute(drop.values(status=DROPPED, error="RecipientGone", **_over))
    return found


def expire_uncertain(connection: Connection, now: float) -> list[tuple[int, str]]:
    """What the platform did not tell of in time becomes dead letters; their ids and channels."""
    query = select(outbox.c.id, outbox.c.channel, outbox.c.due_at).where(
        outbox.c.due_at.is_not(None), outbox.c.status == UNCERTAIN
    )
    late = [
        (row.id, row.channel) for row in connection.execute(query) if not now < row.due_at < now + IMPLAUSIBLE_SECONDS
    ]
    bury(connection, [row for row, _ in late], None, UNKNOWN, now)
    return late


def settle(
    connection: Connection,
    channel: str,
    status: str,
    *,
    external_id: str | None,
    ids: Sequence[int],
    conversation: str | None,
    part: int | None,
    last: bool,
    error: str | None,
    now: float,
) -> int:
    """What the platform tells of rows (by its own name of them, or by ours): sent, delivered, read or failed.

    ``conversation`` beside ``ids``: whose rows they must be. Ids alone begin anew with a new database.
    ``part``: which of their parts it tells of, where that is known; ``last``: nothing of them comes after it.

    A status never goes back, except to failed while it is not delivered. Returns how many rows it changed.
    """
    by = outbox.c.id.in_(ids) if ids else outbox.c.external_id == external_id
    if ids and conversation is not None:
        by = and_(by, outbox.c.conversation == conversation)
    rows = connection.execute(select(outbox).where(outbox.c.channel == channel, by).with_for_update()).all()
    if status == FAILED:
        return _failed_later(connection, rows, part, error or "Failed", now)
    given_up = [row.id for row in rows if row.status == FAILED and row.error == UNKNOWN]
    if not last:
        return _go_on(connection, [row for row in rows if row.part == part], given_up, now)
    _take_back(connection, given_up)
    changed = [row for row in rows if row.id in given_up or _RANK.get(row.status, 9) < _RANK[status]]
    _set(connection, changed, status=status, error=None, **_over)
    named = [row for row in rows if row.external_id is None]
    if external_id is not None:
        _set(connection, named, external_id=external_id)
    return len(changed)


def _failed_later(connection: Connection, rows: Sequence[AnyRow], part: int | None, error: str, now: float) -> int:
    """What was accepted did not arrive: dead letters. Who sends them again begins with the part that failed."""
    changed = [row for row in rows if _RANK.get(row.status, 9) <= _RANK[SENT]]
    for row in changed:  # it may have been taken as sent, which was its last part
        _set(connection, [row], due_at=now, part=part if part is not None else max(0, row.part - (row.status == SENT)))
    bury(connection, [row.id for row in changed], None, error, now)
    return len(changed)


def _go_on(connection: Connection, rows: Sequence[AnyRow], given_up: Sequence[int], now: float) -> int:
    """The part whose outcome is unknown has arrived: the next one is to be sent."""
    held = [row for row in rows if row.status == SENDING]  # whoever sends it hears it too, unless it died
    open_ = [row for row in rows if row.status == UNCERTAIN or row.id in given_up]
    _take_back(connection, [row.id for row in open_])
    for row in held:
        _set(connection, [row], status=READY, part=row.part + 1)
    for row in open_:
        _set(connection, [row], status=READY, part=row.part + 1, error=None, due_at=now, **_free)
    return len(held) + len(open_)


def _take_back(connection: Connection, ids: Sequence[int]) -> None:
    """No dead letters any more: they had arrived after all."""
    if ids:
        letters = delete(dead_letters).where(dead_letters.c.kind == OUTBOX, dead_letters.c.item_id.in_(ids))
        connection.execute(letters)


def waiting(connection: Connection, channels: Sequence[str], now: float, limit: int) -> list[WaitingDelivery]:
    """Conversations with something to deliver, oldest first; ``due`` when it can be claimed now."""
    rows = connection.execute(_waiting, {"channels": list(channels), "limit": limit}).all()
    return [
        WaitingDelivery(
            row.conversation,
            row.channel,
            not is_held(row, now, None, IMPLAUSIBLE_SECONDS) and not now < row.due_at < now + IMPLAUSIBLE_SECONDS,
        )
        for row in rows
    ]


def release_all(connection: Connection) -> None:
    """Ends every claim: for a start where no other process can be delivering."""
    connection.execute(update(outbox).where(_waits, outbox.c.token.is_not(None)).values(_free))


def _set(connection: Connection, rows: Sequence[AnyRow], **values: Any) -> None:
    if rows:
        connection.execute(_change.values(values), {"ids": [row.id for row in rows]})


def _of_claim(connection: Connection, ids: Sequence[int], held: str, **values: Any) -> None:
    if connection.execute(_held.values(values), {"ids": list(ids), "held": held}).rowcount != len(ids):
        raise ClaimLost
