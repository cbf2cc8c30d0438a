"""The store's promises, on SQLite and on PostgreSQL: stored once, claimed once, in order, all or nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from bot.messages import Body, Bubble, Button, Choices, Outcome, Payload, ShownButton
from bot.store import Claim, ClaimLost, ConversationLocked, Store, StoredInbound, inbox, open_database
from bot.store.database import Database
from bot.store.postgres import PostgresDatabase
from tests.bot.support.postgres import Cluster
from tests.bot.support.serving import until

STATE = '{"turn":1}'


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    opened = Store(open_database(database_url, 8), claim_seconds=20)
    await opened.start()
    yield opened
    await opened.close()


@pytest.fixture
async def other_node(database_url: str, store: Store) -> AsyncIterator[Store]:
    """A second front desk on the same database."""
    opened = Store(open_database(database_url, 8), claim_seconds=20)
    await opened.database.start()
    yield opened
    await opened.close()


def message(number: int, conversation: str = "c1", **changes: object) -> StoredInbound:
    values: dict[str, object] = {
        "channel": "web",
        "external_key": conversation,
        "citizen": "visitor",
        "external_id": f"{conversation}:{number}",
        "reference": f"m{number}",
        "text": f"text {number}",
        "button": None,
        "conversation": conversation,
        "masked": frozenset[str](),
        "fallback_echo": "(?)",
        **changes,
    }
    return StoredInbound(**values)  # type: ignore[arg-type]


def reply(*texts: str, state: str | None = STATE, **changes: object) -> Outcome:
    return Outcome([Bubble(Body(said)) for said in texts], state, **changes)  # type: ignore[arg-type]


async def claimed(store: Store, conversation: str = "c1") -> Claim:
    claim = await store.claim(conversation)
    assert claim is not None
    return claim


async def said(store: Store, conversation: str = "c1") -> list[tuple[str, str | None, str]]:
    rows = await store.transcript(conversation, 0)
    return [(row.author, row.in_reply_to, row.body) for row in rows]


async def scalar(store: Store, query: str) -> object:
    return await store.database.read(lambda connection: connection.execute(text(query)).scalar())


async def test_a_second_delivery_is_stored_once(store: Store) -> None:
    first = await store.receive(message(1), claim=False)
    second = await store.receive(message(1), claim=True)
    assert first.inbox_id is not None
    assert second.inbox_id is None
    assert second.claim is None
    assert await said(store) == [("citizen", "m1", '{"text":"text 1"}')]


async def test_a_turn_is_written_whole(store: Store) -> None:
    received = await store.receive(message(1), claim=True)
    assert received.claim is not None
    button = Button("b1", "Entrar", Payload("sign_in", {"a": "x"}))
    outcome = Outcome(
        [Bubble(Body("um")), Bubble(Body("dois", [ShownButton("b1", "Entrar")]))],
        STATE,
        choices=Choices([button]),
        buttons=[button],
        greeted=True,
    )
    replies = await store.finish(received.claim, outcome)
    assert [row.final for row in replies] == [False, True]
    assert [row.body for row in await store.transcript("c1", 0)][1:] == [row.body for row in replies]
    await store.receive(message(2, text=None, button="b1"), claim=False)
    claim = await claimed(store)
    assert claim.state == STATE
    assert claim.greeted
    assert claim.choices == Choices([button])
    assert claim.pressed is not None
    assert claim.pressed.payload == Payload("sign_in", {"a": "x"})
    assert (await said(store))[-1] == ("citizen", "m2", '{"text":"Entrar"}')


async def test_a_button_of_another_conversation_is_not_found(store: Store) -> None:
    received = await store.receive(message(1), claim=True)
    assert received.claim is not None
    button = Button("b1", "Entrar", Payload("sign_in"))
    await store.finish(received.claim, reply("um", buttons=[button]))
    await store.receive(message(1, "c2", text=None, button="b1"), claim=False)
    assert (await claimed(store, "c2")).pressed is None


async def test_a_lost_claim_writes_nothing(store: Store, other_node: Store) -> None:
    await store.receive(message(1), claim=False)
    lost = await claimed(store)
    await store.database.write(lambda connection: connection.execute(text("UPDATE inbox SET claimed_until = 1")))
    taken = await claimed(other_node)
    with pytest.raises(ClaimLost):
        await store.finish(lost, reply("velha", state='{"turn":9}'))
    with pytest.raises(ClaimLost):
        await store.give_back(lost, 0, counted=True)
    await other_node.finish(taken, reply("nova"))
    assert [row[2] for row in await said(store)] == ['{"text":"text 1"}', '{"text":"nova"}']
    assert await scalar(store, "SELECT state FROM conversations") == STATE
    assert await scalar(store, "SELECT tries FROM inbox") == 0


async def test_a_conversation_is_worked_by_one_node_at_a_time(store: Store, other_node: Store) -> None:
    await store.receive(message(1), claim=False)
    await store.receive(message(2), claim=False)
    first = await claimed(store)
    assert await other_node.claim("c1") is None
    await store.finish(first, reply("um"))
    second = await claimed(other_node)
    assert (first.reference, second.reference) == ("m1", "m2")
    assert (first.more, second.more) == (True, False)


async def test_claims_racing_for_one_conversation_give_one_winner(store: Store, other_node: Store) -> None:
    for number in range(5):
        await store.receive(message(number), claim=False)
    order = []
    while len(order) < 5:
        nodes = (store, other_node)
        claims = await asyncio.gather(*(node.claim("c1") for node in nodes), return_exceptions=True)
        assert all(isinstance(claim, Claim | ConversationLocked | None) for claim in claims)
        won = [(node, claim) for node, claim in zip(nodes, claims, strict=True) if isinstance(claim, Claim)]
        assert len(won) <= 1
        for node, claim in won:
            order.append(claim.reference)
            await node.finish(claim, reply("ok"))
    assert order == [f"m{number}" for number in range(5)]


async def test_only_the_first_that_waits_is_claimed_on_receipt(store: Store) -> None:
    first = await store.receive(message(1), claim=True)
    second = await store.receive(message(2), claim=True)
    assert first.claim is not None
    assert second.claim is None


async def test_an_expired_claim_is_seen_by_the_sweep(store: Store, other_node: Store) -> None:
    await store.receive(message(1), claim=True)
    assert [item.due for item in await other_node.waiting()] == [False]
    await store.database.write(lambda connection: connection.execute(text("UPDATE inbox SET claimed_until = 1")))
    assert [item.due for item in await other_node.waiting()] == [True]


async def test_a_clock_that_jumped_back_holds_nothing_up(store: Store, other_node: Store) -> None:
    await store.receive(message(1), claim=True)
    await store.database.write(
        lambda connection: connection.execute(text("UPDATE inbox SET claimed_until = 9e12, due_at = 9e12"))
    )
    assert [item.due for item in await other_node.waiting()] == [True]
    assert await other_node.claim("c1") is not None


async def test_a_message_put_off_is_not_due_and_keeps_its_count(store: Store) -> None:
    await store.receive(message(1), claim=False)
    await store.give_back(await claimed(store), 60, counted=True, waited=False)
    assert [item.due for item in await store.waiting()] == [False]
    again = await claimed(store)  # whoever knows better than the delay may take it
    assert (again.tries, again.waits) == (1, 0)
    await store.give_back(again, 0, counted=False)
    assert [item.due for item in await store.waiting()] == [True]
    assert (await claimed(store)).waits == 1


async def test_one_that_failed_before_is_tried_at_a_time(store: Store, other_node: Store) -> None:
    async with store.suspects() as first:
        nodes = [store] if store.database.single_process else [store, other_node]
        for node in nodes:
            async with node.suspects() as second:
                assert (first, second) == (True, False)
    for node in nodes:
        async with node.suspects() as free:
            assert free


async def test_a_conversation_in_which_somebody_writes_is_asked_for_again(postgres: Cluster) -> None:
    """On SQLite there is one writer at a time."""
    url = make_url(postgres.database()).set(drivername="postgresql+psycopg")
    store, writing = Store(PostgresDatabase(url, 2), claim_seconds=20), create_engine(url)
    await store.start()
    await store.receive(message(1), claim=False)
    with writing.begin() as connection:
        connection.execute(text("SELECT 1 FROM conversations FOR UPDATE"))
        with pytest.raises(ConversationLocked):
            await store.claim("c1")
        assert await store.claim("nobody's") is None
    assert await store.claim("c1") is not None
    writing.dispose()
    await store.close()


async def test_who_waited_for_the_lock_sees_what_was_claimed_meanwhile(postgres: Cluster) -> None:
    """Two windows of one conversation, at two nodes: the second message comes while the first one is being stored."""
    url = make_url(postgres.database()).set(drivername="postgresql+psycopg")
    store, writing = Store(PostgresDatabase(url, 2), claim_seconds=20), create_engine(url)
    await store.start()
    first = await store.receive(message(1), claim=True)
    assert first.claim is not None
    await store.finish(first.claim, reply("pronto"))
    with writing.begin() as connection:
        received = inbox.receive(connection, message(2), time.time(), "another:1", 20)
        assert received.claim is not None
        waiting = asyncio.create_task(store.receive(message(3), claim=True))
        with create_engine(url).connect() as looking:
            held_up = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            await until(lambda: looking.execute(held_up).scalar() == 1)
    assert (await waiting).claim is None
    writing.dispose()
    await store.close()


async def test_a_claim_is_in_force_whatever_the_nodes_clocks_say(
    store: Store, other_node: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two nodes whose clocks are two hours apart, either way."""
    right = time.time
    for number, (ours, theirs) in enumerate([(0.0, 7_200.0), (7_200.0, 0.0), (0.0, -7_200.0), (-7_200.0, 0.0)]):
        conversation = f"c{number}"
        monkeypatch.setattr(time, "time", lambda ours=ours: right() + ours)
        received = await store.receive(message(1, conversation), claim=True)
        assert received.claim is not None
        monkeypatch.setattr(time, "time", lambda theirs=theirs: right() + theirs)
        assert await other_node.claim(conversation) is None
        assert [item.due for item in await other_node.waiting()] == [False]
        monkeypatch.setattr(time, "time", lambda ours=ours: right() + ours)
        await store.give_back(received.claim, 60, counted=False)
        monkeypatch.setattr(time, "time", lambda theirs=theirs: right() + theirs)
        assert [item.due for item in await other_node.waiting()] == [False]
        await other_node.finish(await claimed(other_node, conversation), reply("pronto"))
        monkeypatch.undo()


async def test_how_long_a_message_waited_is_not_asked_of_the_nodes_clocks(
    store: Store, other_node: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = time.time
    for number, off in enumerate([0.0, 7_200.0, -3_600.0]):
        conversation = f"c{number}"
        before = right()
        monkeypatch.setattr(time, "time", lambda off=off: right() + off)
        await store.receive(message(1, conversation), claim=False)
        monkeypatch.undo()
        assert (await store.backlog()).oldest < 60
        assert [item.waited < 60 for item in await store.unnotified()] == [True]
        claim = await claimed(other_node, conversation)
        assert claim.age < 60
        assert before - 1 < claim.received_at < right() + 1  # what the assistant is told
        await other_node.finish(claim, reply("pronto"))


async def test_a_message_given_up_is_a_dead_letter(store: Store) -> None:
    await store.receive(message(1), claim=False)
    await store.finish(await claimed(store), reply("desculpe", state=None, dead="AssistantBroken"))
    assert await scalar(store, "SELECT reason FROM dead_letters") == "AssistantBroken"
    assert await scalar(store, "SELECT status FROM inbox") == "dead"
    assert await store.claim("c1") is None


async def test_the_delay_is_said_once_for_all_that_wait(store: Store) -> None:
    ids = [(await store.receive(message(number), claim=False)).inbox_id for number in range(3)]
    said_first = await asyncio.gather(*(store.notice("c1", number or 0, "demora", "ainda") for number in ids))
    assert [row.body for row in said_first if row] == ['{"text":"demora"}']
    assert await store.unnotified() == []
    late = await store.receive(message(9), claim=False)
    row = await store.notice("c1", late.inbox_id or 0, "demora", "ainda")
    assert row is not None
    assert (row.body, row.in_reply_to, row.final) == ('{"text":"ainda"}', "m9", False)


async def test_no_delay_is_said_of_an_answered_message(store: Store) -> None:
    received = await store.receive(message(1), claim=True)
    assert received.claim is not None
    await store.finish(received.claim, reply("pronto"))
    assert await store.notice("c1", received.inbox_id or 0, "demora", "ainda") is None


async def test_a_citizen_is_greeted_once_over_all_conversations(store: Store) -> None:
    received = await store.receive(message(1, "c1"), claim=True)
    assert received.claim is not None
    assert not received.claim.greeted
    await store.finish(received.claim, reply("oi", greeted=True))
    same = await store.receive(message(1, "c2"), claim=True)
    other = await store.receive(message(1, "c3", citizen="somebody else"), claim=True)
    assert same.claim is not None
    assert same.claim.greeted
    assert other.claim is not None
    assert not other.claim.greeted


async def test_a_start_on_sqlite_frees_what_a_dead_process_held(tmp_path: Path) -> None:
    """On PostgreSQL other nodes may be alive: there a claim expires."""
    url = f"sqlite:///{tmp_path / 'store.db'}"
    dead, restarted = (Store(open_database(url, 8), claim_seconds=20) for _ in range(2))
    await dead.start()
    await dead.receive(message(1), claim=True)
    await restarted.start()
    assert [item.due for item in await restarted.waiting()] == [True]
    await dead.close()
    await restarted.close()


async def test_many_writers_lose_nothing_and_ids_grow_in_order_of_commit(store: Store, other_node: Store) -> None:
    seen: list[int] = []

    async def reader() -> None:
        while len(seen) < 60:
            seen.extend(row.id for row in await store.transcript("c1", seen[-1] if seen else 0))

    async with asyncio.TaskGroup() as group:
        group.create_task(reader())
        for number in range(60):
            node = (store, other_node)[number % 2]
            group.create_task(node.receive(message(number), claim=False))
    assert len(seen) == len(set(seen)) == 60
    assert await scalar(store, "SELECT count(*) FROM inbox") == 60


async def test_one_operation_that_fails_does_not_fail_its_neighbours(store: Store) -> None:
    async def broken(database: Database) -> None:
        await database.write(lambda connection: connection.execute(text("SELECT * FROM nothing_like_it")))

    results = await asyncio.gather(
        *(store.receive(message(number), claim=False) for number in range(10)),
        broken(store.database),
        *(store.receive(message(number), claim=False) for number in range(10, 20)),
        return_exceptions=True,
    )
    assert sum(isinstance(result, Exception) for result in results) == 1
    assert await scalar(store, "SELECT count(*) FROM inbox") == 20


async def test_the_tail_tells_what_other_nodes_wrote(store: Store, other_node: Store) -> None:
    before = await store.last_id()
    received = await other_node.receive(message(1), claim=False)
    assert received.echo is not None
    assert await store.tail(before) == {"c1": received.echo.id}
