"""The promises of an attempt to sign in, on SQLite and PostgreSQL: each step once, whoever comes at the same time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.messages import Body, LoginOffer
from bot.store import Store, StoredInbound, logins, open_database, sessions
from bot.store.logins import Attempt, NewSession

NOW = 1_800_000_000.0
SESSION = NewSession("session digest", "sealed id", "sealed data", 1800, "subject")
RIGHT, WRONG = "hash of the right code", "hash of another code"


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    opened = Store(open_database(database_url, 8), claim_seconds=20)
    await opened.start()
    await opened.receive(
        StoredInbound("web", "c1", "visitor", "c1:1", "m1", "oi", None, "c1", frozenset(), "(?)"), claim=False
    )
    yield opened
    await opened.close()


async def offered(store: Store, digest: str = "a1") -> None:
    offer = LoginOffer(digest, "list_pendencies", "sealed question", 600)
    await store.database.write(lambda connection: logins.create(connection, "c1", "web", offer, NOW))


async def begin(
    store: Store, digest: str = "a1", browser: str = "b", asker: str | None = None, now: float = NOW
) -> Attempt | None:
    """``asker``: the cookie of before; each browser has its own."""
    given = {"asker": asker or f"before {browser}", "browser": browser, "state": f"s {browser}", "flow": "sealed flow"}
    return await store.database.write(
        lambda connection: logins.begin(connection, digest, **given, now=now, until=now + 600)
    )


async def take(store: Store, state: str = "s b") -> Attempt | None:
    return await store.database.write(lambda connection: logins.take_state(connection, state))


async def proved(store: Store) -> Attempt:
    await offered(store)
    await begin(store)
    await take(store)
    assert await store.database.write(
        lambda connection: logins.prove(connection, "a1", identity="sealed", code=RIGHT, until=NOW + 300)
    )
    attempt = await store.database.read(lambda connection: logins.by_digest(connection, "a1"))
    assert attempt is not None
    return attempt


async def guess(store: Store, attempt: Attempt, inbox_id: int, code: str, now: float = NOW) -> Any:
    return await store.database.write(
        lambda connection: logins.guess(connection, attempt, inbox_id=inbox_id, code=code, session=SESSION, now=now)
    )


async def status(store: Store, digest: str = "a1") -> tuple[str, str | None]:
    attempt = await store.database.read(lambda connection: logins.by_digest(connection, digest))
    assert attempt is not None
    return attempt.status, attempt.reason


async def test_a_link_is_used_up_by_one_of_two_browsers(store: Store) -> None:
    await offered(store)
    both = await asyncio.gather(*(begin(store, browser=name) for name in ("b", "c", "d")))
    assert sum(attempt is not None for attempt in both) == 1


async def test_the_same_page_sent_twice_begins_anew_and_what_was_begun_before_ends_nowhere(store: Store) -> None:
    await offered(store)
    first = await begin(store, browser="b1", asker="page")
    second = await begin(store, browser="b2", asker="page", now=NOW + 60)
    assert first is not None
    assert second is not None
    assert (second.browser, second.expires_at) == ("b2", first.expires_at)  # the time is not longer for it
    assert await begin(store, browser="b3", asker="another page") is None
    assert await take(store, "s b1") is None
    assert await take(store, "s b2") is not None
    assert await begin(store, browser="b4", asker="page") is None  # it came back from the provider


async def test_a_state_serves_once(store: Store) -> None:
    await offered(store)
    await begin(store)
    taken = await asyncio.gather(*(take(store) for _ in range(3)))
    assert sum(attempt is not None for attempt in taken) == 1


async def test_a_new_link_ends_the_one_before(store: Store) -> None:
    await offered(store)
    await offered(store, "a2")
    assert await status(store) == ("ended", "superseded")
    assert await begin(store) is None
    assert await begin(store, "a2") is not None


async def test_the_right_code_links_once_and_the_same_message_again_is_no_other_try(store: Store) -> None:
    attempt = await proved(store)
    assert await guess(store, attempt, 7, RIGHT) == "linked"
    assert await guess(store, attempt, 7, RIGHT) == "linked"
    assert await guess(store, attempt, 8, RIGHT) == "used"
    assert await guess(store, attempt, 8, WRONG) == "none"


async def test_a_message_counts_as_one_try_however_often_its_turn_is_done(store: Store) -> None:
    attempt = await proved(store)
    assert [await guess(store, attempt, 7, WRONG) for _ in range(9)] == ["wrong"] * 9
    assert await guess(store, attempt, 8, RIGHT) == "linked"


async def test_five_wrong_codes_end_it_and_forget_who_it_was(store: Store) -> None:
    attempt = await proved(store)
    assert [await guess(store, attempt, number, WRONG) for number in range(5)] == ["wrong"] * 4 + ["last"]
    assert await guess(store, attempt, 9, RIGHT) == "none"
    assert await status(store) == ("ended", "too_many_codes")
    ended = await store.database.read(lambda connection: logins.by_digest(connection, "a1"))
    assert ended is not None
    assert (ended.identity, ended.code, ended.question, ended.flow) == (None, None, None, None)


async def test_a_code_that_came_late_links_nobody(store: Store) -> None:
    attempt = await proved(store)
    assert await guess(store, attempt, 7, RIGHT, now=NOW + 301) == "expired"
    assert await guess(store, attempt, 8, RIGHT) == "expired"


async def test_linking_here_makes_one_turn(store: Store) -> None:
    attempt = await proved(store)

    async def link() -> int | None:
        return await store.database.write(
            lambda connection: logins.link_here(connection, attempt, SESSION, now=NOW, until=NOW + 300)
        )

    numbers = [number for number in await asyncio.gather(link(), link()) if number is not None]
    assert len(numbers) == 1
    assert await store.session_of("c1") == SESSION.sealed_id
    access = await store.database.read(lambda connection: sessions.access(connection, "c1"))
    assert access is not None
    assert access.generation == numbers[0]


async def test_nothing_is_linked_here_after_the_time_or_twice_over(store: Store) -> None:
    attempt = await proved(store)
    for now, expected in ((NOW + 301, None), (NOW, int), (NOW, None)):
        number = await store.database.write(
            lambda connection, now=now: logins.link_here(connection, attempt, SESSION, now=now, until=now + 300)
        )
        assert type(number) is (expected or type(None))
    assert await guess(store, attempt, 99, RIGHT) == "none"


async def test_an_end_is_said_once_and_only_for_what_was_alive(store: Store) -> None:
    attempt = await proved(store)
    body = Body("acabou")

    async def end() -> object:
        return await store.database.write(
            lambda connection: logins.end(connection, attempt, "declined", time.time(), body)
        )

    said = [row for row in await asyncio.gather(end(), end(), end()) if row is not None]
    assert len(said) == 1
