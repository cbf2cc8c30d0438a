"""What delivery writes down, on SQLite and on PostgreSQL: order, one at a time, what is known after a crash."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text

from bot.delivery import Delivery, Ledger
from bot.messages import Body, Bubble, Outcome
from bot.store import ClaimLost, Store, StoredInbound, open_database
from bot.store.dead_letters import Name, retry
from bot.store.delivery import DEATHS, Later, Rule, Settled
from bot.vault import Vault

REPEAT, WAIT = Rule(repeat=True), Rule(repeat=False, seconds=900)


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    opened = Store(open_database(database_url, 8), claim_seconds=20)
    await opened.start()
    yield opened
    await opened.close()


@pytest.fixture
def ledger(store: Store) -> Ledger:
    return Ledger(store, Vault(Fernet.generate_key().decode()), uncertain_seconds=900)


@pytest.fixture
async def other_node(database_url: str, store: Store) -> AsyncIterator[Ledger]:
    opened = Store(open_database(database_url, 8), claim_seconds=20)
    await opened.database.start()
    yield Ledger(opened, Vault(Fernet.generate_key().decode()), uncertain_seconds=900)
    await opened.close()


async def turn(store: Store, number: int, *said: str, channel: str = "telegram", key: str = "c1") -> list[int]:
    """A message and its answer; the ids of the rows to be sent."""
    message = StoredInbound(
        channel=channel,
        external_key=key,
        citizen=key,
        external_id=f"{key}:{number}",
        reference=f"m{number}",
        text="oi",
        button=None,
        conversation=key,
        masked=frozenset(),
        fallback_echo="(?)",
    )
    await store.receive(message, claim=False)
    claim = await store.claim(key)
    assert claim is not None
    return [row.id for row in await store.finish(claim, Outcome([Bubble(Body(word)) for word in said], None))]


async def claimed(ledger: Ledger, rule: Rule = REPEAT, conversation: str = "c1") -> Delivery:
    delivery, _ = await ledger.claim(conversation, rule)
    assert isinstance(delivery, Delivery)
    return delivery


async def column(store: Store, name: str, table: str = "outbox") -> list[object]:
    where = "WHERE author <> 'citizen'" if table == "outbox" else ""
    query = text(f"SELECT {name} FROM {table} {where} ORDER BY 1")  # noqa: S608  # a test's own words
    return list(await store.database.read(lambda connection: connection.execute(query).scalars().all()))


async def expire(store: Store) -> None:
    await store.database.write(lambda connection: connection.execute(text("UPDATE outbox SET claimed_until = 1")))


async def crash(store: Store) -> None:
    """The process that held the claims is gone."""
    await store.database.write(
        lambda connection: connection.execute(text("UPDATE outbox SET token = 'dead', claimed_until = 1"))
    )


async def test_turns_are_handed_out_whole_and_in_order(store: Store, ledger: Ledger) -> None:
    first, second = await turn(store, 1, "um", "dois"), await turn(store, 2, "três")
    delivery = await claimed(ledger)
    assert [row.id for row in delivery.rows] == first
    assert [row.body.text for row in delivery.rows] == ["um", "dois"]
    assert (delivery.external_key, delivery.in_reply_to, delivery.repeat) == ("c1", "m1", False)
    assert delivery.last_inbound_at is not None
    for row in delivery.rows:
        await ledger.sending(delivery, [row.id])
        await ledger.sent(delivery, [row.id], 0, f"x{row.id}", last=True)
    assert [row.id for row in (await claimed(ledger)).rows] == second
    assert await column(store, "status") == ["ready", "sent", "sent"]


async def test_what_the_website_reads_is_not_delivered(store: Store, ledger: Ledger) -> None:
    await turn(store, 1, "um", channel="web")
    assert (await ledger.claim("c1", REPEAT))[0] is None
    assert await ledger.waiting(["telegram", "web"]) == []


async def test_one_node_delivers_to_a_conversation(store: Store, ledger: Ledger, other_node: Ledger) -> None:
    await turn(store, 1, "um")
    delivery = await claimed(ledger)
    assert (await other_node.claim("c1", REPEAT))[0] is None
    assert [item.due for item in await other_node.waiting(["telegram"])] == [False]
    await expire(store)
    assert [item.due for item in await other_node.waiting(["telegram"])] == [True]
    await claimed(other_node)
    with pytest.raises(ClaimLost):
        await ledger.sending(delivery, [delivery.rows[0].id])
    with pytest.raises(ClaimLost):
        await ledger.sent(delivery, [delivery.rows[0].id], 0, None, last=True)


async def test_a_delivery_is_held_whatever_the_nodes_clocks_say(
    store: Store, ledger: Ledger, other_node: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = time.time
    for ours, theirs in ((0.0, 100_000.0), (100_000.0, 0.0)):
        await turn(store, 1, "um", key=f"c{ours}")
        monkeypatch.setattr(time, "time", lambda ours=ours: right() + ours)
        delivery = await claimed(ledger, conversation=f"c{ours}")
        await ledger.sending(delivery, [delivery.rows[0].id])
        monkeypatch.setattr(time, "time", lambda theirs=theirs: right() + theirs)
        assert (await other_node.claim(f"c{ours}", REPEAT))[0] is None
        assert [item.due for item in await other_node.waiting(["telegram"])] == [False]
        monkeypatch.undo()
        await ledger.sent(delivery, [delivery.rows[0].id], 0, None, last=True)


async def test_a_crash_before_the_request_left_repeats_nothing(
    store: Store, ledger: Ledger, other_node: Ledger
) -> None:
    await turn(store, 1, "um")
    await claimed(ledger)
    await crash(store)
    assert not (await claimed(other_node)).repeat


async def test_each_crash_while_sending_repeats_once_and_in_the_end_it_is_a_dead_letter(
    store: Store, ledger: Ledger, other_node: Ledger
) -> None:
    (row,) = await turn(store, 1, "um")
    delivery = await claimed(ledger)
    for _ in range(DEATHS):
        await ledger.sending(delivery, [row])
        await crash(store)
        found, settled = await other_node.claim("c1", REPEAT)
        assert isinstance(found, Delivery)
        assert (found.repeat, found.rows[0].part, settled) == (True, 0, Settled(repeated=[row]))
        await crash(store)
        delivery = await claimed(ledger)
    await ledger.sending(delivery, [row])
    await crash(store)
    assert await other_node.claim("c1", REPEAT) == (None, Settled(dead=[row]))
    assert await column(store, "status") == ["failed"]
    assert await column(store, "reason", "dead_letters") == ["OutcomeUnknown"]


async def test_a_time_out_is_repeated_once_and_then_a_dead_letter_that_can_be_sent_again(
    store: Store, ledger: Ledger
) -> None:
    (row,) = await turn(store, 1, "um")
    for expected in (Settled(repeated=[row]), Settled(dead=[row])):
        delivery = await claimed(ledger)
        await ledger.sending(delivery, [row])
        assert await ledger.unknown(delivery, [row], REPEAT) == expected
    assert (await ledger.claim("c1", REPEAT))[0] is None
    assert await column(store, "reason", "dead_letters") == ["OutcomeUnknown"]
    name = Name("outbox", row)
    assert await store.database.write(lambda connection: retry(connection, [name])) == [name]
    delivery = await claimed(ledger)
    assert (delivery.repeat, delivery.rows[0].part) == (False, 0)


@pytest.mark.parametrize("order", ["death first", "time-out first"])
async def test_deaths_and_time_outs_are_counted_apart(
    store: Store, ledger: Ledger, other_node: Ledger, order: str
) -> None:
    """One of each loses nothing: after both the message is sent a third time."""
    (row,) = await turn(store, 1, "um")
    delivery = await claimed(ledger)
    for fate in ("death", "time-out") if order == "death first" else ("time-out", "death"):
        await ledger.sending(delivery, [row])
        if fate == "time-out":
            assert (await ledger.unknown(delivery, [row], REPEAT)).repeated == [row]
        await crash(store)
        delivery = await claimed(other_node)
        assert (delivery.repeat, delivery.rows[0].part) == (True, 0)
        await crash(store)
        delivery = await claimed(ledger)
    assert await column(store, "item_id", "dead_letters") == []


async def test_a_retry_goes_on_after_the_parts_that_arrived(store: Store, ledger: Ledger, other_node: Ledger) -> None:
    (row,) = await turn(store, 1, "um")
    delivery = await claimed(ledger)
    await ledger.sending(delivery, [row])
    await ledger.sent(delivery, [row], 0, "x1", last=False)
    await crash(store)
    again = await claimed(other_node)
    assert (again.rows[0].part, again.repeat) == (1, False)


async def test_an_uncertain_send_is_not_repeated_and_holds_nothing_up(
    store: Store, ledger: Ledger, other_node: Ledger
) -> None:
    (first,), (second,) = await turn(store, 1, "um"), await turn(store, 2, "dois")
    delivery = await claimed(ledger, WAIT)
    await ledger.sending(delivery, [first])
    await crash(store)
    assert [row.id for row in (await claimed(other_node, WAIT)).rows] == [second]
    assert await column(store, "status") == ["ready", "uncertain"]
    assert await ledger.expire_uncertain() == []
    await store.database.write(
        lambda connection: connection.execute(text("UPDATE outbox SET due_at = 1 WHERE status = 'uncertain'"))
    )
    assert await ledger.expire_uncertain() == [(first, "telegram")]
    assert await column(store, "kind", "dead_letters") == ["outbox"]
    # The status comes after all: it is no dead letter any more.
    assert await ledger.settle("telegram", "delivered", rows=[first], external_id="x1") == 1
    assert await column(store, "kind", "dead_letters") == []
    assert await ledger.settle("telegram", "read", external_id="x1") == 1
    assert await ledger.settle("telegram", "sent", external_id="x1") == 0


async def test_a_failed_status_makes_a_dead_letter_unless_it_was_delivered(store: Store, ledger: Ledger) -> None:
    (row,) = await turn(store, 1, "um")
    delivery = await claimed(ledger)
    await ledger.sending(delivery, [row])
    await ledger.sent(delivery, [row], 0, "x1", last=True)
    assert await ledger.settle("telegram", "failed", external_id="x1", error="131026") == 1
    assert await column(store, "reason", "dead_letters") == ["131026"]
    assert await ledger.settle("telegram", "failed", external_id="x1", error="131026") == 0


async def test_a_failure_is_counted_and_due_later(store: Store, ledger: Ledger) -> None:
    rows = await turn(store, 1, "um", "dois")
    await ledger.put_off(await claimed(ledger), rows, 60, "TryAgain", tries=1)
    later, _ = await ledger.claim("c1", REPEAT)
    assert isinstance(later, Later)
    assert 50 < later.seconds <= 60
    await store.database.write(lambda connection: connection.execute(text("UPDATE outbox SET due_at = 0 WHERE id > 0")))


async def test_whom_nothing_can_be_sent_to_loses_what_waits_until_they_write_again(
    store: Store, ledger: Ledger
) -> None:
    await turn(store, 1, "um")
    assert await ledger.unreachable("telegram", "nobody") is None
    assert await ledger.unreachable("telegram", "c1") == "c1"
    assert await column(store, "status") == ["dropped"]
    assert (await ledger.claim("c1", REPEAT))[0] is None
    await turn(store, 2, "dois")  # they wrote
    assert [row.body.text for row in (await claimed(ledger)).rows] == ["dois"]


async def test_what_is_given_up_is_a_dead_letter(store: Store, ledger: Ledger) -> None:
    first, second = await turn(store, 1, "um", "dois")
    delivery = await claimed(ledger)
    await ledger.bury(delivery, [first], "BadRequest")
    await ledger.put_off(delivery, [second], 0, None)
    assert await column(store, "item_id", "dead_letters") == [first]
    assert [row.id for row in (await claimed(ledger)).rows] == [second]


async def test_the_sweep_finds_the_oldest_of_each_conversation(store: Store, ledger: Ledger) -> None:
    await turn(store, 1, "um", key="a")
    await turn(store, 1, "um", key="b", channel="whatsapp")
    await turn(store, 2, "dois", key="a")
    found = await ledger.waiting(["telegram", "whatsapp"])
    assert [(item.conversation, item.channel, item.due) for item in found] == [
        ("a", "telegram", True),
        ("b", "whatsapp", True),
    ]
    assert [item.conversation for item in await ledger.waiting(["whatsapp"])] == ["b"]
