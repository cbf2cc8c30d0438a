"""Measured conversations: closed loop (each person waits for the reply), open loop (messages come when they come)."""

from __future__ import annotations

import asyncio
import json
import math
import random
import time
from dataclasses import dataclass, field
from statistics import median

from benchmarks.people import FAILURES, PATIENCE, NewPerson, Person
from bot.cli.paths import ROOT

SEED = 7
TURNS = 10
"""Messages of one conversation; then the person leaves and another comes. Rasa's default slows down as one grows."""
LINES = ROOT / "tests" / "understanding" / "messages.jsonl"
AT_ONCE = 4
OFFERED_CONVERSATIONS = 20
PAUSE = 0.1
"""Seconds after a failure: a system that is gone is not asked as fast as it refuses."""
TOPICS = frozenset(
    (
        *("register", "missing_email", "sign_in", "reset_password", "change_email", "resolve_pendency", "sign"),
        *("attachments", "vista", "list_agencies", "human"),
    )
)
"""Answered by the help center alone: neither system asks an action server or a portal."""


@dataclass(frozen=True)
class Line:
    """What a citizen would write, and the topic that answers it."""

    text: str
    topic: str


def candidates(count: int) -> list[Line]:
    """Held-out lines about the help center's topics, the same ones each time."""
    lines = (json.loads(line) for line in LINES.read_text(encoding="utf-8").splitlines())
    found = [Line(line["text"], line["label"]) for line in lines if line["label"] in TOPICS]
    return random.Random(SEED).sample(found, min(count, len(found)))


async def answered(new: NewPerson, lines: list[Line], answers: dict[str, list[str]]) -> set[Line]:
    """The lines to which the reply is their topic's answer. Each is asked in a conversation of its own."""
    found: set[Line] = set()
    left = iter(lines)

    async def people() -> None:
        for line in left:
            person = new()
            try:
                await person.open()
                reply = await person.say(line.text)
            except FAILURES:
                continue
            finally:
                await person.close()
            if any(answer in reply for answer in answers.get(line.topic, [])):
                found.add(line)

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(people())
    return found


@dataclass
class Account:
    """What a load did. `latencies`: seconds from sending (or from when it should have been sent) to the reply.

    `unanswered`: messages without a reply. Whoever gets none leaves, and another comes.
    """

    seconds: float = 0.0
    unanswered: int = 0
    latencies: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Messages a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """Seconds within which this share of the answered messages was answered; not a number when none was."""
        if not self.latencies:
            return math.nan
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


async def closed_loop(new: NewPerson, texts: list[str], conversations: int, seconds: float) -> Account:
    """So many people at once, each with one message under way, for so long."""
    account = Account()
    started = time.perf_counter()
    until = started + seconds

    async def people(number: int) -> None:
        chance = random.Random(f"{SEED}/{number}")
        while time.perf_counter() < until:
            person = new()
            try:
                await person.open()
                for text in chance.sample(texts, min(TURNS, len(texts))):
                    if time.perf_counter() >= until:
                        break
                    account.latencies.append(await _timed(person, text, time.perf_counter()))
            except FAILURES:
                account.unanswered += 1
                await asyncio.sleep(PAUSE)
            finally:
                await person.close()

    async with asyncio.TaskGroup() as group:
        for number in range(conversations):
            group.create_task(people(number))
    account.seconds = time.perf_counter() - started
    return account


async def open_loop(
    new: NewPerson, texts: list[str], rate: float, seconds: float, conversations: int = OFFERED_CONVERSATIONS
) -> Account:
    """`rate` messages a second, whether the system keeps up or not. A conversation's messages stay in order.

    Latency counts from the intended moment: a message that waits behind a slow one has waited.
    """
    account, chance = Account(), random.Random(SEED)
    schedule = [chance.expovariate(rate) for _ in range(int(rate * seconds))]
    started = time.perf_counter()
    clock = started
    queues: list[asyncio.Queue[tuple[str, float] | None]] = [asyncio.Queue() for _ in range(conversations)]

    async def people(queue: asyncio.Queue[tuple[str, float] | None]) -> None:
        while True:
            person = new()
            try:
                await person.open()
                for _ in range(TURNS):
                    item = await queue.get()
                    if item is None:
                        return
                    account.latencies.append(await _timed(person, *item))
            except FAILURES:
                account.unanswered += 1
                await asyncio.sleep(PAUSE)
            finally:
                await person.close()

    async with asyncio.TaskGroup() as group:
        for queue in queues:
            group.create_task(people(queue))
        for number, pause in enumerate(schedule):
            clock += pause
            await asyncio.sleep(max(0.0, clock - time.perf_counter()))
            queues[number % conversations].put_nowait((chance.choice(texts), clock))
        for queue in queues:
            queue.put_nowait(None)
    account.seconds = time.perf_counter() - started
    return account


async def long_conversation(new: NewPerson, texts: list[str], turns: int) -> list[float]:
    """Seconds of each turn of one conversation. Ten texts in turn, so that every window of ten asks the same.

    One that was not answered took PATIENCE; what could not even be begun is such a turn as well.
    """
    ten = random.Random(SEED).sample(texts, min(TURNS, len(texts)))
    person = new()
    seconds: list[float] = []
    try:
        await person.open()
        while len(seconds) < turns:
            try:
                seconds.append(await _timed(person, ten[len(seconds) % len(ten)], time.perf_counter()))
            except FAILURES:
                seconds.append(PATIENCE)
    except FAILURES:
        return [PATIENCE] * turns
    finally:
        await person.close()
    return seconds


def around(latencies: list[float], turn: int) -> float:
    """Median of the ten turns about this one (the first ten for turn 5)."""
    end = min(len(latencies), max(TURNS, turn + TURNS // 2))
    return median(latencies[end - TURNS : end])


async def _timed(person: Person, text: str, intended: float) -> float:
    await person.say(text)
    return time.perf_counter() - intended
