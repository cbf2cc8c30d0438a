"""Rasa or the action server down or deaf: the message waits, the citizen is told once, the real answer comes later."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest

from bot.cli.paths import ROOT
from bot.sentences import load_sentences
from tests.citizen import Citizen
from tests.whole_system import ACTIONS, RASA, WholeSystem

AT_MOST = 8.0
"""Seconds that a citizen waits for an answer of some kind (issue "Guichê answers")."""
PATIENCE = 60.0
CROWD = 24
"""More than the front desk has workers: a notice must not need one."""
SENTENCES = load_sentences(ROOT / "data" / "front_desk.yml", ROOT / "data" / "city.yml")
DELAYED, DELAYED_AGAIN = SENTENCES.delayed, SENTENCES.delayed_again
QUESTIONS = ["esqueci minha senha", "e depois?", "como assino um documento?"]
LOOK_UP = "PMP 2023/500100"


@contextmanager
def deaf(system: WholeSystem, part: str) -> Iterator[None]:
    """The part accepts connections and does nothing (SIGSTOP)."""
    group = system.parts.pid(part)
    os.killpg(group, signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(group, signal.SIGCONT)


def undisturbed(system: WholeSystem, *texts: str) -> list[str]:
    """What somebody else is answered who asks the same."""
    other = system.citizen()
    return [other.say(text).text for text in texts]


def notices(events: list[dict[str, Any]]) -> list[str]:
    return [event["text"] for event in events if event["from"] == "assistant" and not event["final"]]


def finals(events: list[dict[str, Any]]) -> list[str]:
    return [event["in_reply_to"] for event in events if event["from"] == "assistant" and event["final"]]


def seconds_to_first_word(citizen: Citizen) -> float:
    """From the citizen's only message to whatever was said first, by the server's clock."""
    asked, said = citizen.history()[:2]
    assert (asked["from"], said["from"]) == ("citizen", "assistant")
    return (datetime.fromisoformat(said["at"]) - datetime.fromisoformat(asked["at"])).total_seconds()


def test_while_rasa_is_down_messages_wait_and_each_wait_is_told_once(system: WholeSystem) -> None:
    expected = undisturbed(system, *QUESTIONS)
    citizen = system.citizen()
    system.kill(RASA)

    asked = [citizen.post(text=text) for text in QUESTIONS[:2]]
    assert citizen.first_word(asked[0], AT_MOST) == DELAYED
    asked.append(citizen.post(text=QUESTIONS[2]))
    assert citizen.first_word(asked[2], AT_MOST) == DELAYED_AGAIN
    system.restart(RASA)

    assert [citizen.answer(message, PATIENCE).text for message in asked] == expected
    events = citizen.history()
    assert notices(events) == [DELAYED, DELAYED_AGAIN]
    assert finals(events) == asked


def test_while_rasa_is_deaf_a_whole_crowd_is_told_in_time_and_answered_later(system: WholeSystem) -> None:
    expected = undisturbed(system, QUESTIONS[0])
    crowd = [system.citizen() for _ in range(CROWD)]
    with deaf(system, RASA):
        asked = [citizen.post(text=QUESTIONS[0]) for citizen in crowd]
        for citizen, message in zip(crowd, asked, strict=True):
            assert citizen.first_word(message, AT_MOST) == DELAYED

    for citizen, message in zip(crowd, asked, strict=True):
        assert [citizen.answer(message, PATIENCE).text] == expected
    assert max(seconds_to_first_word(citizen) for citizen in crowd) < AT_MOST
    assert {tuple(notices(citizen.history())) for citizen in crowd} == {(DELAYED,)}


def test_while_the_action_server_is_down_look_ups_wait_and_questions_do_not(system: WholeSystem) -> None:
    expected = undisturbed(system, LOOK_UP)
    citizen, other = system.citizen(), system.citizen()
    system.kill(ACTIONS)

    asked = citizen.post(text=LOOK_UP)
    question = other.say(QUESTIONS[0])
    assert "Redefinir Senha" in question.text
    assert question.notices == []
    assert citizen.first_word(asked, AT_MOST) == DELAYED
    system.restart(ACTIONS)

    assert [citizen.answer(asked, PATIENCE).text] == expected
    assert notices(citizen.history()) == [DELAYED]


def test_while_the_action_server_is_deaf_the_citizen_is_told_in_time(system: WholeSystem) -> None:
    expected = undisturbed(system, LOOK_UP)
    citizen = system.citizen()
    with deaf(system, ACTIONS):
        asked = citizen.post(text=LOOK_UP)
        assert citizen.first_word(asked, AT_MOST) == DELAYED

    assert [citizen.answer(asked, PATIENCE).text] == expected
    assert notices(citizen.history()) == [DELAYED]


@pytest.mark.parametrize("part", [RASA, ACTIONS])
def test_a_short_outage_is_not_told(system: WholeSystem, part: str) -> None:
    """Nobody is troubled with what is over in a moment."""
    expected = undisturbed(system, LOOK_UP)
    citizen = system.citizen()
    with deaf(system, part):
        asked = citizen.post(text=LOOK_UP)

    reply = citizen.answer(asked, PATIENCE)
    assert ([reply.text], reply.notices) == (expected, [])
