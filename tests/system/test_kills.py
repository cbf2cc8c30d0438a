"""kill -9 of each process, at many moments, while citizens write: no message is lost and none is answered twice.

Answered means the reply that an undisturbed run of the same conversations gives, not an apology.
"""

from __future__ import annotations

import os
import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest

from tests.system import load
from tests.system.load import MESSAGES, Answered, Pace, Transcript
from tests.whole_system import ACTIONS, FRONT_DESK, IDENTITY, PARTS, PORTAL, RASA, WholeSystem

SEED = os.environ.get("GUICHE_TEST_SEED", "22")
KILLS = (
    *[(PORTAL, ACTIONS)] * 2,
    *[(FRONT_DESK,)] * 6,
    *[(ACTIONS,)] * 3,
    *[(RASA,)] * 2,
    *[(IDENTITY,)] * 2,
)
"""In an order to be drawn. The action server after the backend: its client would not ask again for 10 s."""
STRIDE = 8
"""Messages at least between two draws."""
LONGEST_DELAY = 0.06
"""Seconds between a message and the kill: a turn takes 0.02 to 0.2."""
DOWN = "fora do ar"
TURN = 3.0
"""Seconds in which a turn that met the closed door comes to its end."""


@dataclass(frozen=True)
class Kill:
    """One kill: when so many messages are on their way, or stored, and a little later."""

    part: str
    after: int
    stored: bool
    delay: float


@dataclass
class Disturbed:
    """What the citizens saw, and when the backend was away: from its kill until a new client asks."""

    transcripts: list[Transcript]
    backend_away: list[tuple[float, float]]


def plan(seed: str) -> list[Kill]:
    """Seeded moments, spread over the run."""
    rng = random.Random(seed)
    moments = sorted(rng.sample(range(5, MESSAGES - STRIDE, STRIDE), len(KILLS)))
    return [
        Kill(part, moment + later, rng.random() < 0.5, rng.uniform(0, LONGEST_DELAY))
        for moment, together in zip(moments, rng.sample(KILLS, len(KILLS)), strict=True)
        for part, later in zip(together, (rng.randint(0, 3), rng.randint(4, STRIDE - 1)), strict=False)
    ]


class Killer:
    """Kills by a plan and starts again what it killed, mostly without waiting until it is ready."""

    def __init__(self, system: WholeSystem, kills: list[Kill]) -> None:
        self._system = system
        self._kills = kills
        self._portal_killed: float | None = None
        self.backend_away: list[tuple[float, float]] = []

    def __call__(self, pace: Pace) -> None:
        moment = threading.Event()
        pace.hold_at(self._kills[0].after)
        for kill, following in zip(self._kills, [*self._kills[1:], None], strict=True):
            pace.wait(kill.after, stored=kill.stored)
            moment.wait(kill.delay)
            self._kill(kill.part)
            pace.hold_at(following.after if following else MESSAGES)
        for part in PARTS:
            self._system.parts.wait_ready(part)

    def _kill(self, part: str) -> None:
        if part == PORTAL:
            self._portal_killed = time.time()
        self._system.kill(part)
        self._system.parts.spawn(part)
        if part == PORTAL:
            self._system.parts.wait_ready(part)
        elif part == ACTIONS and self._portal_killed is not None:
            self.backend_away.append((self._portal_killed, time.time()))
            self._portal_killed = None


@pytest.fixture(scope="module")
def undisturbed(system: WholeSystem) -> list[Transcript]:
    return load.run(system, SEED)


@pytest.fixture(scope="module")
def disturbed(system: WholeSystem, undisturbed: list[Transcript]) -> Iterator[Disturbed]:
    killer = Killer(system, plan(SEED))
    transcripts = load.run(system, SEED, killer)
    yield Disturbed(transcripts, killer.backend_away)
    system.heal()


def answers(transcripts: list[Transcript]) -> list[Answered]:
    return [answer for transcript in transcripts for answer in transcript.answers]


def found(transcripts: list[Transcript]) -> int:
    """How many look-ups showed a process."""
    return sum("Encontrei o processo" in bubble for answer in answers(transcripts) for bubble in answer.bubbles)


def test_the_undisturbed_run_is_one_to_compare_with(undisturbed: list[Transcript]) -> None:
    """It shows what the comparison rests on: real answers, and the same ones for the same script."""
    said = [bubble for answer in answers(undisturbed) for bubble in answer.bubbles]
    assert [text for text in said if "não consegui responder" in text or DOWN in text] == []
    assert found(undisturbed) >= load.COPIES * 6
    for number, transcript in enumerate(undisturbed):
        assert [(answer.bubbles, answer.titles) for answer in transcript.answers] == [
            (answer.bubbles, answer.titles) for answer in undisturbed[number % len(load.SCRIPTS)].answers
        ]


def test_every_message_is_stored_once_and_answered_once(disturbed: Disturbed) -> None:
    wrong = [answer for answer in answers(disturbed.transcripts) if answer.finals != 1]
    assert wrong == []
    assert sum(transcript.copies for transcript in disturbed.transcripts) == MESSAGES


def test_answers_come_in_the_order_of_the_messages(disturbed: Disturbed) -> None:
    for transcript in disturbed.transcripts:
        assert transcript.order == list(range(len(transcript.answers)))


def test_every_answer_is_the_one_of_the_undisturbed_run(undisturbed: list[Transcript], disturbed: Disturbed) -> None:
    """The exception: who asked for a process while the backend was away may have been told so."""
    different = [
        (was, now)
        for was, now in zip(answers(undisturbed), answers(disturbed.transcripts), strict=True)
        if (was.bubbles, was.titles) != (now.bubbles, now.titles) and not _honest(was, now, disturbed.backend_away)
    ]
    assert different == [], f"{len(different)} of {MESSAGES} differ (GUICHE_TEST_SEED={SEED})"


def test_look_ups_were_answered_all_the_same(undisturbed: list[Transcript], disturbed: Disturbed) -> None:
    """The exception above does not hide that nothing works: the backend was away for a part of the run only."""
    assert found(disturbed.transcripts) > found(undisturbed) / 3


def test_nobody_is_told_twice_about_one_message_that_it_takes_longer(disturbed: Disturbed) -> None:
    assert [answer for answer in answers(disturbed.transcripts) if answer.notices > 1] == []


def test_nothing_is_left_open_and_nothing_was_given_up(system: WholeSystem, disturbed: Disturbed) -> None:
    with closing(sqlite3.connect(f"file:{system.state_dir / 'guiche.db'}?mode=ro", uri=True)) as database:
        open_messages = database.execute("SELECT count(*) FROM inbox WHERE status <> 'done'").fetchone()
        given_up = database.execute("SELECT reason FROM dead_letters").fetchall()
        finals = database.execute(
            "SELECT count(*) FROM outbox WHERE author = 'assistant' AND final GROUP BY conversation, in_reply_to"
        ).fetchall()
    assert (open_messages, given_up) == ((0,), [])
    assert {count for (count,) in finals} == {1}


def _honest(was: Answered, now: Answered, away: list[tuple[float, float]]) -> bool:
    """A look-up, or what is one's own, that was worked on while the backend was away, and says so."""
    return (
        any(word in "".join(was.bubbles).casefold() for word in ("processo", "pendência", "vista"))
        and DOWN in "".join(now.bubbles)
        and any(now.asked_at < end and start < now.answered_at < end + TURN for start, end in away)
    )
