"""The deliverer with a sender that does as it is told: order, failures, what follows of each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Literal

import pytest
from sqlalchemy import text

from bot.delivery import Delivery, OutcomeUnknown, Progress, PutOff, RecipientGone, Refused, TryAgain
from bot.delivery import deliverer as module
from bot.desk import FrontDesk
from bot.messages import Inbound
from bot.store import Receipt
from tests.bot.conftest import MakeSettings
from tests.bot.support.assistant import StandIn
from tests.bot.support.counts import counted
from tests.bot.support.serving import until


class Scripted:
    """Keeps what it sent; each send first takes the next of ``faults`` (None: it succeeds)."""

    channel = "telegram"
    typing_after = 0.0
    typing_every: float | None = 0.02
    notice_after: float | None = None

    def __init__(self, on_unknown: Literal["repeat_once", "wait"] = "repeat_once") -> None:
        self.on_unknown: Literal["repeat_once", "wait"] = on_unknown
        self.faults: list[Exception | None] = []
        self.tried: list[tuple[str, str, bool]] = []
        self.arrived: list[tuple[str, str]] = []
        self.typed: list[tuple[str, str]] = []
        self.at_once: dict[str, int] = {}
        self.hold: asyncio.Event | None = None

    async def send(self, delivery: Delivery, progress: Progress) -> None:
        key = delivery.external_key
        assert not self.at_once.get(key), "two deliveries of one conversation at once"
        self.at_once[key] = 1
        try:
            for row in delivery.rows:
                if row.part:
                    await progress.sent(row.id, row.part)
                    continue
                await progress.sending(row.id)
                self.tried.append((key, row.body.text, delivery.repeat))
                if self.hold is not None:
                    await self.hold.wait()
                fault = self.faults.pop(0) if self.faults else None
                if fault is not None:
                    raise fault
                self.arrived.append((key, row.body.text))
                await progress.sent(row.id, external_id=f"x{row.id}")
        finally:
            self.at_once[key] = 0

    async def typing(self, external_key: str, reply_to: str, kind: str | None) -> None:
        self.typed.append((external_key, reply_to))

    def texts(self, key: str = "c") -> list[str]:
        return [said.splitlines()[-1] for name, said in self.arrived if name == key]


type Open = Callable[..., AbstractAsyncContextManager[FrontDesk]]


@pytest.fixture
def open_with(make_settings: MakeSettings, assistant_url: str) -> Open:
    @asynccontextmanager
    async def opened(sender: Scripted, **changes: object) -> AsyncIterator[FrontDesk]:
        desk = FrontDesk(make_settings(rasa_url=assistant_url, **changes))
        async with desk:
            desk.deliverer.start([sender])
            yield desk

    return opened


async def write(desk: FrontDesk, number: int, key: str = "c", **changes: object) -> Receipt:
    values: dict[str, object] = {"text": f"m{number}", **changes}
    return await desk.receive(
        Inbound("telegram", key, key, f"{key}:{number}", f"r{number}", **values)  # type: ignore[arg-type]
    )


async def statuses(desk: FrontDesk) -> list[str]:
    query = text("SELECT status FROM outbox WHERE author <> 'citizen' ORDER BY id")
    return list(await desk.store.database.read(lambda connection: connection.execute(query).scalars().all()))


async def test_answers_arrive_in_order_and_conversations_do_not_wait_for_each_other(open_with: Open) -> None:
    sender = Scripted()
    async with open_with(sender) as desk:
        for number in range(8):
            await asyncio.gather(write(desk, number, "a"), write(desk, number, "b"))
        await until(lambda: len(sender.arrived) == 16)
        for key in ("a", "b"):
            assert sender.texts(key) == [f"{number + 1}: m{number}" for number in range(8)]
        await until(lambda: _all(desk, "sent", 16))


async def _are(desk: FrontDesk, *expected: str) -> bool:
    return await statuses(desk) == list(expected)


async def _all(desk: FrontDesk, status: str, count: int) -> bool:
    return await statuses(desk) == [status] * count


async def test_what_failed_without_arriving_is_tried_again_and_then_arrives(open_with: Open) -> None:
    sender = Scripted()
    sender.faults = [TryAgain("502"), None, TryAgain("ConnectError")]
    async with open_with(sender) as desk:
        await write(desk, 0)
        await write(desk, 1)
        await until(lambda: len(sender.arrived) == 2)
        assert sender.texts() == ["1: m0", "2: m1"]
        assert not any(repeat for _, _, repeat in sender.tried)


async def test_after_some_tries_it_is_a_dead_letter_and_the_next_goes_on(open_with: Open) -> None:
    sender = Scripted()
    sender.faults = [TryAgain("502"), TryAgain("502")]
    async with open_with(sender, delivery_tries=2) as desk:
        await write(desk, 0)
        await write(desk, 1)
        await until(lambda: len(sender.arrived) == 1)
        assert sender.texts() == ["2: m1"]
        await until(lambda: _are(desk, "failed", "sent"))
        assert (await desk.store.backlog()).dead_letters == 1


async def test_put_off_waits_as_long_as_it_says_and_is_not_counted(open_with: Open) -> None:
    sender = Scripted()
    sender.faults = [PutOff(0.2)] * 3
    async with open_with(sender, delivery_tries=1) as desk:
        started = asyncio.get_running_loop().time()
        await write(desk, 0)
        await until(lambda: len(sender.arrived) == 1)
        assert asyncio.get_running_loop().time() - started >= 0.6


async def test_refused_is_a_dead_letter_at_once(open_with: Open) -> None:
    sender = Scripted()
    sender.faults = [Refused("BadRequest")]
    async with open_with(sender) as desk:
        await write(desk, 0)
        await write(desk, 1)
        await until(lambda: len(sender.arrived) == 1)
        await until(lambda: _are(desk, "failed", "sent"))
        assert len(sender.tried) == 2


async def test_who_is_gone_gets_nothing_until_they_write_again(open_with: Open, stand_in: StandIn) -> None:
    sender = Scripted()
    sender.faults = [RecipientGone("Forbidden")]
    async with open_with(sender) as desk:
        await write(desk, 0)
        await until(lambda: _all(desk, "dropped", 1))
        await write(desk, 1)
        await until(lambda: len(sender.arrived) == 1)
        assert sender.texts() == ["2: m1"]


@pytest.fixture
def quick_repeats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REPEAT_DELAY", 0.1)


async def test_an_unknown_outcome_is_repeated_once_after_a_pause(open_with: Open, quick_repeats: None) -> None:
    sender = Scripted()
    sender.faults = [OutcomeUnknown("TimedOut")]
    async with open_with(sender) as desk:
        started = asyncio.get_running_loop().time()
        await write(desk, 0)
        await write(desk, 1)
        await until(lambda: _all(desk, "sent", 2))
        assert asyncio.get_running_loop().time() - started >= 0.1
        assert [(said.split("\n\n")[-1], repeat) for _, said, repeat in sender.tried] == [
            ("1: m0", False),
            ("1: m0", True),
            ("2: m1", False),
        ]


async def test_a_repeat_of_unknown_outcome_is_a_dead_letter_never_taken_as_sent(
    open_with: Open, quick_repeats: None
) -> None:
    sender = Scripted()
    sender.faults = [OutcomeUnknown("TimedOut"), OutcomeUnknown("TimedOut")]
    before = counted("telegram", "retried"), counted("telegram", "dead")
    async with open_with(sender) as desk:
        await write(desk, 0)
        await write(desk, 1)
        await until(lambda: _are(desk, "failed", "sent"))
        assert sender.texts() == ["2: m1"]
        assert (await desk.store.backlog()).dead_letters == 1
    assert (counted("telegram", "retried") - before[0], counted("telegram", "dead") - before[1]) == (1, 1)


async def test_the_metrics_count_what_is_put_off_what_is_repeated_after_a_death_and_what_nobody_told_of(
    open_with: Open,
) -> None:
    sender = Scripted()
    sender.faults = [PutOff(0.1)]
    before = counted("telegram", "retried")
    async with open_with(sender) as desk:
        await write(desk, 0)
        await until(lambda: _are(desk, "sent"))
        assert counted("telegram", "retried") == before + 1
        sender.hold = asyncio.Event()
        await write(desk, 1)
        await until(lambda: len(sender.tried) == 3)
        # The process that sends it is gone, and another one takes over.
        died = "UPDATE outbox SET token = 'dead', claimed_until = 1 WHERE status = 'sending'"
        await desk.store.database.write(lambda connection: connection.execute(text(died)))
        sender.hold.set()
        await until(lambda: _are(desk, "sent", "sent"))
        assert counted("telegram", "retried") == before + 2


async def test_the_metrics_count_an_uncertain_send_that_nobody_told_of_as_dead(open_with: Open) -> None:
    sender = Scripted("wait")
    sender.faults = [OutcomeUnknown("TimedOut")]
    before = counted("telegram", "retried"), counted("telegram", "dead")
    async with open_with(sender, uncertain_seconds=0.01) as desk:
        await write(desk, 0)
        await until(lambda: _are(desk, "uncertain"))
        await until(lambda: _given_up(desk))
        assert (counted("telegram", "retried"), counted("telegram", "dead")) == (before[0], before[1] + 1)


async def _given_up(desk: FrontDesk) -> bool:
    await desk.deliverer.keep_house()
    return await _are(desk, "failed")


async def test_an_unknown_outcome_is_waited_for_where_repeating_is_wrong(open_with: Open) -> None:
    sender = Scripted("wait")
    sender.faults = [OutcomeUnknown("TimedOut")]
    async with open_with(sender) as desk:
        await write(desk, 0)
        await write(desk, 1)
        await until(lambda: len(sender.arrived) == 1)
        await until(lambda: _are(desk, "uncertain", "sent"))
        assert len(sender.tried) == 2


async def test_a_bug_in_a_sender_is_tried_again_too(open_with: Open) -> None:
    sender = Scripted()
    sender.faults = [KeyError("bug")]
    async with open_with(sender) as desk:
        await write(desk, 0)
        await until(lambda: len(sender.arrived) == 1)


async def test_a_stop_waits_for_what_is_on_its_way(open_with: Open) -> None:
    sender = Scripted()
    sender.hold = asyncio.Event()
    async with open_with(sender) as desk:
        await write(desk, 0)
        await until(lambda: len(sender.tried) == 1)
        asyncio.get_running_loop().call_later(0.1, sender.hold.set)
        await desk.deliverer.stop()
        assert await statuses(desk) == ["sent"]


async def test_what_another_process_wrote_is_found_by_the_sweep(open_with: Open) -> None:
    sender = Scripted()
    async with open_with(sender) as desk:
        desk.wakeups.told.clear()
        await write(desk, 0)
        await until(lambda: len(sender.arrived) == 1)


async def test_typing_is_shown_until_the_answer(open_with: Open, stand_in: StandIn) -> None:
    sender = Scripted()
    stand_in.hold = asyncio.Event()
    async with open_with(sender) as desk:
        await write(desk, 0)
        await until(lambda: len(sender.typed) >= 3)
        stand_in.hold.set()
        await until(lambda: len(sender.arrived) == 1)
        shown = len(sender.typed)
        await write(desk, 1)
        await until(lambda: len(sender.arrived) == 2)
        assert set(sender.typed[:shown]) == {("c", "r0")}
        assert set(sender.typed[shown:]) <= {("c", "r1")}


@pytest.mark.parametrize(
    ("kind", "word"),
    [("voice", "áudios"), ("image", "imagens"), ("sticker", "figurinha"), ("poll", "esse tipo de conteúdo")],
)
async def test_what_is_no_text_gets_a_true_answer_and_a_way_forward(
    open_with: Open, stand_in: StandIn, kind: str, word: str
) -> None:
    sender = Scripted()
    async with open_with(sender) as desk:
        await write(desk, 0, text=None, kind=kind)
        await until(lambda: len(sender.arrived) == 1)
        assert word in sender.texts()[0]
        assert "menu" in sender.texts()[0]
    assert stand_in.seen == []


async def test_a_caption_is_answered_after_a_word_about_the_file(open_with: Open, stand_in: StandIn) -> None:
    sender = Scripted()
    async with open_with(sender) as desk:
        await write(desk, 0, text="como assino?", kind="image")
        await until(lambda: len(sender.arrived) == 1)
    said = sender.arrived[0][1].split("\n\n")
    assert "Não abri o arquivo" in said[-2]
    assert said[-1] == "1: como assino?"


async def test_who_sends_too_much_is_told_once_and_the_rest_is_answered(open_with: Open) -> None:
    sender = Scripted()
    async with open_with(sender, session_rate="3/minute") as desk:
        for number in range(8):
            await desk.receive_throttled(Inbound("telegram", "c", "c", f"c:{number}", f"r{number}", text=f"m{number}"))
        await until(lambda: len(sender.arrived) == 4)
        await until(lambda: _all(desk, "sent", 4))
    said = [text for _, text in sender.arrived]
    assert sum("muitas mensagens em pouco tempo" in text for text in said) == 1
    assert sorted(text.split("\n\n")[-1] for text in said if "muitas mensagens" not in text) == [
        "1: m0",
        "2: m1",
        "3: m2",
    ]
