"""Who is who on WhatsApp: a person has Meta's user id (BSUID), a phone's id (wa_id), or both, learnt one at a time.

Each function is one transaction's work.

``key`` is our name of the person and of their conversation; it never changes, whatever is learnt later.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select, update

from bot.store.schema import conversations
from bot.store.schema import whatsapp_people as people

type _Person = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Known:
    """``changed``: keys of people one of whose names went to somebody else or was replaced."""

    key: str
    changed: list[str]


@dataclass(frozen=True, slots=True)
class Address:
    """Where a person is reached: one of the two at least."""

    bsuid: str | None
    wa_id: str | None


def recognise(connection: Connection, bsuid: str | None, wa_id: str | None, now: float) -> Known:
    """The person who writes; what is new about them is kept. At least one of the names is given.

    A phone that comes with another user id than before has another owner now, and so another conversation.
    """
    by_bsuid, by_phone = _find(connection, bsuid, wa_id)
    if by_bsuid is None and by_phone is not None and bsuid is not None and by_phone.bsuid is None:
        _learn(connection, by_phone, now, bsuid=bsuid)  # known by the phone alone until now
        return Known(by_phone.key, [])
    if bsuid is None and by_phone is not None:
        return Known(by_phone.key, [])
    changed = []
    if by_phone is not None and wa_id is not None and (by_bsuid is None or by_phone.key != by_bsuid.key):
        merged = by_bsuid is not None and by_phone.bsuid is None  # the same person, met by each name before
        _learn(connection, by_phone, now, wa_id=None, merged_into=by_bsuid.key if merged and by_bsuid else None)
        changed.append(by_phone.key)
    if by_bsuid is None:
        return Known(_new(connection, bsuid, wa_id, now), changed)
    if wa_id is not None and by_bsuid.wa_id != wa_id:
        if by_bsuid.wa_id is not None:
            changed.append(by_bsuid.key)
        _learn(connection, by_bsuid, now, wa_id=wa_id)
    return Known(by_bsuid.key, changed)


def moved(connection: Connection, bsuid: str | None, wa_id: str | None, now: float, *, phone: bool) -> list[str]:
    """Meta says that a person has another phone (``phone``) or user id now; the keys of whom it concerns."""
    concerned = {person.key: person for person in _find(connection, bsuid, wa_id) if person is not None}
    for person in concerned.values():
        if phone:
            _learn(connection, person, now, wa_id=None)
    return list(concerned)


def address(connection: Connection, key: str) -> Address | None:
    """Where to send, also for somebody who turned out to be somebody known."""
    person = connection.execute(select(people).where(people.c.key == key)).first()
    if person is not None and person.merged_into is not None:
        person = connection.execute(select(people).where(people.c.key == person.merged_into)).first()
    if person is None or not (person.bsuid or person.wa_id):
        return None
    return Address(person.bsuid, person.wa_id)


def conversation_of(connection: Connection, channel: str, key: str) -> str | None:
    """The person's conversation, if anything was said yet."""
    query = select(conversations.c.id).where(conversations.c.channel == channel, conversations.c.external_key == key)
    found: str | None = connection.execute(query).scalar()
    return found


def _find(connection: Connection, bsuid: str | None, wa_id: str | None) -> tuple[_Person | None, _Person | None]:
    """By the user id, by the phone."""
    names = [people.c.bsuid == bsuid] if bsuid is not None else []
    names += [people.c.wa_id == wa_id] if wa_id is not None else []
    rows = connection.execute(select(people).where(or_(*names)).order_by(people.c.key).with_for_update()).all()
    by_bsuid = next((row for row in rows if bsuid is not None and row.bsuid == bsuid), None)
    by_phone = next((row for row in rows if wa_id is not None and row.wa_id == wa_id), None)
    return by_bsuid, by_phone


def _learn(connection: Connection, person: _Person, now: float, **values: str | None) -> None:
    connection.execute(update(people).where(people.c.key == person.key).values(**values, updated_at=now))


def _new(connection: Connection, bsuid: str | None, wa_id: str | None, now: float) -> str:
    key = bsuid or wa_id or ""
    taken = connection.execute(select(people.c.key).where(people.c.key == key)).first()
    if taken is not None:  # somebody who had this phone before
        key = f"{key}~{secrets.token_urlsafe(6)}"
    connection.execute(insert(people).values(key=key, bsuid=bsuid, wa_id=wa_id, updated_at=now))
    return key
