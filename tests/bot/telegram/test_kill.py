"""kill -9 of a real front desk before, during and after sends: each message processed once and answered.

A send that a kill found on its way is repeated. "One repeat a kill" holds for each conversation: it has one request on
its way, and what no kill found on its way is never repeated.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tests.bot.support.assistant import StandIn
from tests.bot.support.process import FrontDeskProcess
from tests.bot.support.serving import until
from tests.bot.telegram.conftest import SECRET, TOKEN, Telegram

CHATS = range(7100, 7112)
MESSAGES = 4
KILLS = 3
ON_THEIR_WAY = (
    "SELECT external_key FROM outbox JOIN conversations ON conversations.id = conversation WHERE status = 'sending'"
)


@pytest.fixture
async def front_desk(tmp_path: Path, assistant_url: str, telegram: Telegram) -> AsyncIterator[FrontDeskProcess]:
    process = FrontDeskProcess(
        tmp_path,
        assistant_url,
        GUICHE_TELEGRAM_TOKEN=TOKEN,
        GUICHE_TELEGRAM_SECRET=SECRET,
        GUICHE_TELEGRAM_API_URL=telegram.url,
        GUICHE_PUBLIC_URL="https://guiche.example",
        GUICHE_ENCRYPTION_KEY=Fernet.generate_key().decode(),
        GUICHE_SECRET_KEY="the same after each start" * 2,
        GUICHE_NOTICE_AFTER="8",
    )
    await process.start()
    await telegram.api("setWebhook", url=f"{process.url}/telegram/webhook", secret_token=SECRET)
    yield process
    await process.kill()


async def eventually(condition: Callable[[], object | Awaitable[object]]) -> None:
    """``until``, with time for starts of the front desk on a busy machine."""
    await until(condition, within=90)


def rows(front_desk: FrontDeskProcess, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(f"file:{front_desk.log.parent / 'state' / 'guiche.db'}?mode=ro", uri=True)) as store:
        return store.execute(query).fetchall()


def settled(front_desk: FrontDeskProcess) -> bool:
    return rows(front_desk, "SELECT count(*) FROM outbox WHERE due_at IS NOT NULL") == [(0,)] and rows(
        front_desk, "SELECT count(*) FROM inbox WHERE status = 'open'"
    ) == [(0,)]


async def sends(telegram: Telegram) -> int:
    return int((await telegram.state())["requests"].get("sendMessage", 0))


async def answers(telegram: Telegram, **chat: int) -> list[str]:
    """What arrived, but for "it takes longer": a start takes seconds on a busy machine."""
    return [text for text in await telegram.texts(**chat) if "está demorando" not in text.lower()]


async def _answered(telegram: Telegram, count: int, chat: int) -> bool:
    return len(await answers(telegram, chat=chat)) >= count


async def _tried(telegram: Telegram, count: int) -> bool:
    return await sends(telegram) >= count


async def test_a_kill_before_during_and_after_the_send(
    front_desk: FrontDeskProcess, telegram: Telegram, stand_in: StandIn
) -> None:
    """One kill finds four conversations at four places; a second one finds the repeat of one of them."""
    before, refused, accepted, after = 7201, 7202, 7203, 7204
    await telegram.fault("hang", chat=refused)
    await telegram.fault("accept_then_hang", chat=accepted, times=2)
    await telegram.say("oi", after)
    await eventually(lambda: _answered(telegram, 1, after))
    await eventually(lambda: settled(front_desk))
    for chat in (refused, accepted):
        await telegram.say("oi", chat)
    await eventually(lambda: _tried(telegram, 3))
    stand_in.hold = asyncio.Event()
    await telegram.say("oi", before)
    await eventually(lambda: len(stand_in.seen) == 4)
    await front_desk.kill()
    stand_in.hold.set()
    await front_desk.start()
    await eventually(lambda: _answered(telegram, 2, accepted))
    assert await answers(telegram, chat=accepted) == ["1: oi"] * 2
    await eventually(lambda: rows(front_desk, "SELECT count(*) FROM outbox WHERE due_at IS NOT NULL") == [(1,)])
    await front_desk.kill()  # during the repeat, which has arrived too, as nobody can know
    await front_desk.start()
    for chat in (before, refused, accepted, after):
        await telegram.say("e depois?", chat)
        await eventually(lambda: _ends_with(telegram, "2: e depois?", chat))  # noqa: B023  # awaited here
    await eventually(lambda: settled(front_desk))
    for chat, copies in ((before, 1), (refused, 1), (accepted, 3), (after, 1)):
        assert await answers(telegram, chat=chat) == ["1: oi"] * copies + ["2: e depois?"]
    assert rows(front_desk, "SELECT count(*) FROM dead_letters") == [(0,)]


async def test_a_kill_and_then_a_time_out_lose_nothing(front_desk: FrontDeskProcess, telegram: Telegram) -> None:
    chat = 7301
    await telegram.fault("hang", chat=chat, times=2)
    await telegram.say("oi", chat)
    await eventually(lambda: _tried(telegram, 1))
    await front_desk.kill()
    await front_desk.start()  # the repeat gets no answer either, until it is given up waiting for
    await eventually(lambda: _answered(telegram, 1, chat))
    await eventually(lambda: settled(front_desk))
    assert await answers(telegram, chat=chat) == ["1: oi"]
    assert rows(front_desk, "SELECT count(*) FROM dead_letters") == [(0,)]


async def _ends_with(telegram: Telegram, text: str, chat: int) -> bool:
    return (await answers(telegram, chat=chat))[-1:] == [text]


async def test_killed_at_any_moment_of_a_burst_every_message_is_processed_once_and_answered(
    front_desk: FrontDeskProcess, telegram: Telegram, stand_in: StandIn
) -> None:
    stand_in.delay = 0.01
    chance = random.Random(20261125)
    on_their_way: Counter[int] = Counter()
    said = [(chat, number) for number in range(MESSAGES) for chat in CHATS]
    for index, (chat, number) in enumerate(said):
        await telegram.say(f"m{number}", chat)
        if index % (len(said) // KILLS) == len(said) // KILLS - 1:
            await asyncio.sleep(chance.random() / 2)  # any moment of a turn, and of a send
            await front_desk.kill()
            found = Counter(int(str(key)) for (key,) in rows(front_desk, ON_THEIR_WAY))
            assert max(found.values(), default=0) <= 1, "two requests of one conversation on their way"
            on_their_way += found
            await front_desk.start()
    await eventually(lambda: _nothing_waits(telegram))
    await eventually(lambda: settled(front_desk))
    wanted = [f"{number + 1}: m{number}" for number in range(MESSAGES)]
    repeats: Counter[int] = Counter()
    for chat in CHATS:
        texts = await answers(telegram, chat=chat)
        once = list(dict.fromkeys(texts))
        # The updates of a chat may be delivered in another order after a kill, as Telegram's retries are; the turns
        # are numbered in the state, so that one lost or done twice shows.
        assert [text.split(":")[0] for text in once] == [text.split(":")[0] for text in wanted], texts
        assert sorted(text.split(": ")[1] for text in once) == [f"m{number}" for number in range(MESSAGES)], texts
        repeats[chat] = len(texts) - len(once)
        assert repeats[chat] <= on_their_way[chat], "repeated without a kill that found it on its way"
    assert rows(front_desk, "SELECT status, count(*) FROM inbox GROUP BY status") == [("done", len(said))]
    assert rows(front_desk, "SELECT count(*) FROM dead_letters") == [(0,)]
    statuses = rows(front_desk, "SELECT DISTINCT status FROM outbox WHERE author = 'assistant'")
    assert statuses == [("sent",)]
    print(f"sent {len(said)}, on their way at {KILLS} kills {on_their_way.total()}, repeated {repeats.total()}, dead 0")


async def _nothing_waits(telegram: Telegram) -> bool:
    return int((await telegram.state())["pending"]) == 0
