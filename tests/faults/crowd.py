"""Citizens who chat all the time, by the scripts of tests/system/load.py, while things happen to the system."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.faults.citizen import Citizen, Sent
from tests.system.load import SCRIPTS, SIGNED_IN

PATIENCE = 120.0
"""Seconds for an answer, whatever happens meanwhile."""
HELP_CENTER = 2
"""The first scripts ask the help center only; the others look processes up, too."""

type SignIn = Callable[[str], Awaitable[None]]
"""Signs the citizen of a conversation in."""
type Said = tuple[tuple[str, ...], tuple[str, ...]]


def said(message: Sent) -> Said:
    """What counts as the same reply."""
    return tuple(message.bubbles), tuple(message.titles)


@dataclass
class Talk:
    """One conversation by one script, as far as it came."""

    script: int
    sent: list[Sent] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    streams: int = 0

    @property
    def asks_portal(self) -> bool:
        return self.script >= HELP_CENTER

    @property
    def in_order(self) -> bool:
        return self.order == [message.reference for message in self.sent if message.finals]


async def undisturbed(desks: list[str], chance: random.Random, sign_in: SignIn) -> list[list[Said]]:
    """What each script is answered when nothing happens."""

    async def run(script: int) -> list[Said]:
        talk = Talk(script)
        await _talk(desks, talk, random.Random(chance.random()), asyncio.Event(), pause=0.0, sign_in=sign_in)
        return [said(message) for message in talk.sent]

    return [await run(script) for script in range(len(SCRIPTS))]


class Crowd:
    """``size`` citizens at a time, each in a new conversation when the last one's script is done.

    ``sign_in`` None: nobody leads the scripts of those who sign in.
    """

    def __init__(
        self, desks: list[str], size: int, pause: float, chance: random.Random, sign_in: SignIn | None
    ) -> None:
        self._desks = desks
        self._size = size
        self._pause = pause
        self._chance = chance
        self._sign_in = sign_in
        self._scripts = [number for number in range(len(SCRIPTS)) if sign_in or number not in SIGNED_IN]
        self._stop = asyncio.Event()
        self.talks: list[Talk] = []

    @asynccontextmanager
    async def chatting(self) -> AsyncIterator[None]:
        """They begin, and at the end everybody waits for the last answers."""
        self._stop.clear()
        async with asyncio.TaskGroup() as group:
            for _ in range(self._size):
                group.create_task(self._go_on())
            try:
                yield
            finally:
                self._stop.set()

    def answered(self) -> int:
        return sum(message.finals > 0 for talk in self.talks for message in talk.sent)

    async def _go_on(self) -> None:
        chance = random.Random(self._chance.random())
        while not self._stop.is_set():
            talk = Talk(chance.choice(self._scripts))
            self.talks.append(talk)
            await _talk(self._desks, talk, chance, self._stop, self._pause, sign_in=self._sign_in)


async def _talk(
    desks: list[str],
    talk: Talk,
    chance: random.Random,
    stop: asyncio.Event,
    pause: float,
    *,
    sign_in: SignIn | None,
) -> None:
    """One to three messages at a time, then the last one's answer, then a while for thinking."""
    script = SCRIPTS[talk.script]
    async with Citizen(desks, chance) as citizen:
        talk.order = citizen.order
        while len(talk.sent) < len(script) and not stop.is_set():
            alone = talk.script in SIGNED_IN and not talk.sent
            for text in script[len(talk.sent) :][: 1 if alone else chance.randint(1, 3)]:
                talk.sent.append(await citizen.post(text, patience=PATIENCE))
            with contextlib.suppress(TimeoutError):  # the account shows it
                await citizen.answered(talk.sent[-1], PATIENCE)
            if alone and sign_in is not None:
                await sign_in(citizen.conversation)
            if pause:
                await asyncio.sleep(chance.uniform(0, 2 * pause))
        talk.streams = citizen.streams
