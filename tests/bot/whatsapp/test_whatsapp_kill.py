"""kill -9 of a real front desk under a burst on WhatsApp, before, during and after sends; everything is counted.

Every message is processed once. Its answer arrived, or its outcome is unknown and it is a dead letter, or both (it
arrived, and no status said so). None is sent twice.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.bot.support.assistant import StandIn
from tests.bot.support.process import FrontDeskProcess
from tests.bot.support.serving import until
from tests.bot.whatsapp.conftest import Meta, body_of
from tests.bot.whatsapp.front_desk import Book, environment
from tests.citizen import NOTICES

PEOPLE = [f"551998765{number:04d}" for number in range(8)]
MESSAGES = 8
KILLS = 3
UNCERTAIN_SECONDS = 3.0


@pytest.fixture
async def front_desk(tmp_path: Path, assistant_url: str, meta: Meta) -> AsyncIterator[FrontDeskProcess]:
    await meta.settings(rates=False)
    process = FrontDeskProcess(
        tmp_path,
        assistant_url,
        port=meta.port,
        **environment(meta),
        GUICHE_UNCERTAIN_SECONDS=str(UNCERTAIN_SECONDS),
        GUICHE_GLOBAL_RATE="10000/second",
        GUICHE_NOTICE_AFTER="8",  # the longest there is: a start may take longer on a busy machine
    )
    await process.start()
    yield process
    await process.kill()


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return Book(tmp_path / "state" / "guiche.db")


async def burst(meta: Meta, said: list[int]) -> None:
    """Everybody writes, in turn. Meta posts again what nobody takes, so their order may change around a kill."""
    for number in range(MESSAGES):
        for person in PEOPLE:
            await meta.say(f"m{number} de {person}", person)
            said[0] += 1


async def settled(front_desk: FrontDeskProcess, book: Book, answers: int) -> None:
    """All is answered, and what nobody told of in time is given up, which happens when a front desk starts."""
    await until(lambda: len(book.answers()) == answers, within=120)
    await until(lambda: not {"ready", "sending"} & set(book.statuses()), within=120)
    waiting = [row["due_at"] for row in book.replies() if row["status"] == "uncertain"]
    if waiting:
        await until(lambda: time.time() > max(waiting))
        await front_desk.kill()
        await front_desk.start()
        await until(lambda: "uncertain" not in book.statuses(), within=120)


def counted(meta: Meta, book: Book) -> dict[str, int]:
    """sent: arrived at Meta; repeated: of these, more than once; dead: given up as unknown; lost: neither."""
    arrived = Counter(text.split("\n")[-1] for text in meta.texts() if text not in NOTICES)
    answers = {json.loads(row["body"])["text"].split("\n")[-1]: row for row in book.answers()}
    dead = [text for text, row in answers.items() if row["status"] == "failed"]
    return {
        "sent": len(arrived),
        "repeated": sum(times - 1 for times in arrived.values()),
        "dead": len(dead),
        "lost": len([text for text in answers if text not in arrived and text not in dead]),
    }


async def test_under_a_burst_nothing_is_lost_and_nothing_repeated(
    front_desk: FrontDeskProcess, meta: Meta, stand_in: StandIn, book: Book
) -> None:
    stand_in.delay = 0.01
    stand_in.script = None
    chance = random.Random(20261125)
    said = [0]
    total = len(PEOPLE) * MESSAGES
    await meta.fault("slow", times=None, seconds=0.05)  # so that kills meet requests on their way
    writing = asyncio.create_task(burst(meta, said))
    for kill in range(1, KILLS + 1):
        await until(lambda: said[0] >= total * kill / (KILLS + 1), within=120)  # noqa: B023  # awaited here
        await asyncio.sleep(chance.random() / 10)
        await front_desk.kill()
        await front_desk.start()
    await writing
    await settled(front_desk, book, total)
    assert {row["status"] for row in book.rows("SELECT status FROM inbox")} == {"done"}
    asked = Counter(body["text"] for body in stand_in.seen)
    assert len(asked) == total
    figures = counted(meta, book)
    print(figures)
    assert figures["lost"] == 0
    assert figures["repeated"] == 0
    assert figures["sent"] + figures["dead"] >= total
    assert figures["dead"] <= KILLS * len(PEOPLE)  # at most what was on its way at a kill


async def test_killed_before_during_and_after_sends(
    front_desk: FrontDeskProcess, meta: Meta, stand_in: StandIn, book: Book
) -> None:
    """Before: made again, sent once. During: a status tells, or it is a dead letter. After: nothing is sent again."""
    before, lost, accepted, after = PEOPLE[:2], PEOPLE[2:4], PEOPLE[4:6], PEOPLE[6:]

    async def restart() -> None:
        await front_desk.kill()
        await front_desk.start()

    stand_in.hold = asyncio.Event()
    await say_hello(meta, before)
    await until(lambda: len(stand_in.seen) == 2)  # the answers are being made
    await front_desk.kill()
    stand_in.hold.set()
    await front_desk.start()
    await until(lambda: statuses(book) == ["delivered"] * 2, within=120)

    for person in lost:
        await meta.fault("hang", to=person)
    for person in accepted:
        await meta.fault("accept_then_hang", to=person)
    await meta.settings(statuses=[])
    await say_hello(meta, lost + accepted)
    await until(lambda: len(sends(meta)) == 6)  # four requests are on their way
    await restart()
    await until(lambda: statuses(book)[2:] == ["uncertain"] * 4, within=120)
    for item in list(meta.fake.number.sent)[2:]:
        assert await meta.status(item.wamid, "delivered") == 200

    await say_hello(meta, after)
    await until(lambda: statuses(book)[6:] == ["sent"] * 2)
    await restart()
    await settled(front_desk, book, len(PEOPLE))
    assert sorted(statuses(book)) == ["delivered"] * 4 + ["failed"] * 2 + ["sent"] * 2
    assert book.reasons() == ["OutcomeUnknown"] * 2
    assert counted(meta, book) == {"sent": 6, "repeated": 0, "dead": 2, "lost": 0}
    assert len(sends(meta)) == len(PEOPLE)
    assert set(meta.texts(lost[0]) + meta.texts(lost[1])) == set()


async def say_hello(meta: Meta, people: list[str]) -> None:
    for person in people:
        await meta.say(f"oi de {person}", person)


def statuses(book: Book) -> list[str]:
    """Of the answers, in order."""
    return [row["status"] for row in book.answers()]


def sends(meta: Meta) -> list[object]:
    """Requests that were to send an answer."""
    return [
        request
        for request in list(meta.fake.requests)
        if request.get("status") != "read" and body_of(request) not in NOTICES
    ]
