"""What was kept long enough is deleted, in bounded batches; what is young, open or in use stays."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from bot.messages import Body, Bubble, Button, Outcome, Payload
from bot.store import Store, StoredInbound, open_database
from bot.store.logins import NewSession
from bot.store.whatsapp import recognise

DAY = 86_400.0
TABLES = ("conversations", "inbox", "outbox", "buttons", "dead_letters")


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    store = Store(open_database(database_url, 4), claim_seconds=20)
    await store.start()
    yield store
    await store.close()


async def talk(
    store: Store, conversation: str, *, dead: str | None = None, answered: bool = True, channel: str = "web"
) -> None:
    message = StoredInbound(channel, conversation, conversation, f"{conversation}:1", "m1", "oi", None, conversation,
                            frozenset(), "(opção)")  # fmt: skip
    claim = (await store.receive(message, claim=True)).claim
    assert claim is not None
    if answered:
        button = Button(f"b{conversation}", "Sim", Payload("affirm"))
        await store.finish(claim, Outcome([Bubble(Body("olá"))], "{}", buttons=[button], dead=dead))


async def aged(store: Store, conversation: str, days: float) -> None:
    """Everything of it happened ``days`` ago."""
    at = time.time() - days * DAY
    changes = (
        "UPDATE conversations SET updated_at = :at WHERE id = :of",
        "UPDATE inbox SET received_at = :at WHERE conversation = :of",
        "UPDATE outbox SET at = :at WHERE conversation = :of",
        "UPDATE dead_letters SET at = :at WHERE conversation = :of",
    )
    for change in changes:
        await store.database.write(lambda c, change=change: c.execute(text(change), {"at": at, "of": conversation}))  # type: ignore[misc]


async def left(store: Store, conversation: str) -> dict[str, int]:
    column = {"conversations": "id"}
    counts = {}
    for table in TABLES:
        query = f"SELECT count(*) FROM {table} WHERE {column.get(table, 'conversation')} = :of"  # noqa: S608
        counts[table] = await store.database.read(lambda c, q=query: c.execute(text(q), {"of": conversation}).scalar())  # type: ignore[misc]
    return counts


async def test_old_conversations_go_wholly_and_young_ones_stay(store: Store) -> None:
    for name in ("old", "given up", "young"):
        await talk(store, name, dead="AssistantBroken" if name == "given up" else None)
    await aged(store, "old", 200)
    await aged(store, "given up", 200)
    assert await store.delete_old(time.time() - 180 * DAY, 100) > 0
    nothing = dict.fromkeys(TABLES, 0)
    assert await left(store, "old") == nothing
    assert await left(store, "given up") == nothing
    assert await left(store, "young") == nothing | {"conversations": 1, "inbox": 1, "outbox": 2, "buttons": 1}


async def test_what_waits_for_an_answer_and_whoever_is_signed_in_stay(store: Store) -> None:
    await talk(store, "waiting", answered=False)
    await talk(store, "signed in")
    await store.start_session("signed in", NewSession("digest", sealed_id="s", data="d", ttl=60, subject="x"))
    await aged(store, "waiting", 200)
    await aged(store, "signed in", 200)
    await store.delete_old(time.time() - 180 * DAY, 100)
    assert (await left(store, "waiting"))["inbox"] == 1
    assert (await left(store, "waiting"))["conversations"] == 1
    assert (await left(store, "signed in"))["conversations"] == 1


async def test_who_wrote_on_whatsapp_is_forgotten_with_the_conversation(store: Store) -> None:
    for key in ("old", "young"):
        await store.database.write(lambda c, key=key: recognise(c, key, f"phone of {key}", 1.0))  # type: ignore[misc]
        await talk(store, key, channel="whatsapp")
    await aged(store, "old", 200)
    await store.delete_old(time.time() - 180 * DAY, 100)
    left = await store.database.read(lambda c: c.execute(text("SELECT key FROM whatsapp_people")).scalars().all())
    assert left == ["young"]


async def test_a_batch_is_bounded_and_the_next_goes_on(store: Store) -> None:
    for number in range(7):
        await talk(store, f"c{number}")
        await aged(store, f"c{number}", 200)
    before = time.time() - 180 * DAY
    batches = []
    while deleted := await store.delete_old(before, 3):
        batches.append(deleted)
    assert max(batches) <= 4 * 3
    assert len(batches) >= 3
    assert sum([(await left(store, f"c{number}"))["outbox"] for number in range(7)]) == 0
