"""Who is who, on both databases: names that are learnt one at a time, at once, and by another owner."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from cryptography.fernet import Fernet

from bot.channels.whatsapp.inbound import IdentityChanged, Person
from bot.channels.whatsapp.people import People
from bot.identity.sessions import CitizenSessions
from bot.store import Store, open_database
from bot.vault import Vault


@pytest.fixture
async def people(database_url: str) -> AsyncIterator[People]:
    store = Store(open_database(database_url, 8), claim_seconds=20.0)
    await store.start()
    yield People(store, CitizenSessions(store, Vault(Fernet.generate_key().decode())))
    await store.close()


async def test_who_is_who(people: People) -> None:
    steps: list[tuple[Person, str, dict[str, Any]]] = [
        # who writes, the conversation, where it is answered
        (Person(None, "551"), "551", {"to": "551"}),
        (Person("BR.1", "551"), "551", {"to": "551"}),  # the user id is learnt
        (Person("BR.1", None), "551", {"to": "551"}),
        (Person("BR.2", None), "BR.2", {"recipient": "BR.2"}),
        (Person("BR.2", "552"), "BR.2", {"to": "552"}),  # the phone is learnt
        (Person("BR.3", "551"), "BR.3", {"to": "551"}),  # the phone has another owner
        (Person("BR.1", None), "551", {"recipient": "BR.1"}),
        (Person(None, "553"), "553", {"to": "553"}),
        (Person("BR.4", None), "BR.4", {"recipient": "BR.4"}),
        (Person("BR.4", "553"), "BR.4", {"to": "553"}),  # two turn out to be one
        (Person(None, "553"), "BR.4", {"to": "553"}),
    ]
    for person, key, address in steps:
        assert await people.key(person) == key, person
        assert await people.recipient(key) == address, person
    assert await people.recipient("553") == {"to": "553"}  # what still waits there reaches them
    assert await people.recipient("nobody") is None


async def test_a_phone_that_was_given_up_begins_anew(people: People) -> None:
    assert await people.key(Person(None, "551")) == "551"
    await people.moved(IdentityChanged(Person(None, "551"), None, phone=True))
    assert await people.recipient("551") is None
    fresh = await people.key(Person(None, "551"))
    assert fresh.startswith("551~")
    assert await people.recipient(fresh) == {"to": "551"}


async def test_the_first_messages_of_somebody_at_once(people: People) -> None:
    keys = await asyncio.gather(*(people.key(Person("BR.1", "551")) for _ in range(8)))
    assert set(keys) == {"BR.1"}
