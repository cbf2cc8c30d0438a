"""Every process killed and started again: conversations go on where they were."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.citizen import Citizen
from tests.whole_system import PARTS, WholeSystem

FORM = ["quero consultar um processo", "SEMAE", "2024"]
NUMBER = "120045"
GUIDED = ["como assino um documento?", "passo a passo", "próximo"]


@dataclass(frozen=True)
class Left:
    """Citizens as they were when everything was killed, and what somebody undisturbed is answered."""

    form: Citizen
    guided: Citizen
    waiting: Citizen
    message: str
    histories: list[list[dict[str, Any]]]
    found: str
    third_step: str
    fourth_step: str

    @property
    def citizens(self) -> list[Citizen]:
        return [self.form, self.guided]


def say(citizen: Citizen, *texts: str) -> Citizen:
    for text in texts:
        citizen.say(text)
    return citizen


@pytest.fixture(scope="module")
def left(system: WholeSystem) -> Left:
    """Kill -9 of everything, with one message unanswered, and everything up again."""
    found = say(system.citizen(), *FORM, NUMBER).replies[-1].text
    undisturbed = say(system.citizen(), *GUIDED)
    third, fourth = undisturbed.press("Próximo").text, undisturbed.say("próximo").text
    form, guided = say(system.citizen(), *FORM), say(system.citizen(), *GUIDED)
    histories = [form.history(), guided.history()]
    waiting = say(system.citizen(), "oi")
    for part in PARTS[:-1]:
        system.kill(part)
    message = waiting.post(text="esqueci minha senha")
    system.kill(PARTS[-1])
    system.heal()
    return Left(form, guided, waiting, message, histories, found, third, fourth)


def test_the_history_is_still_there_and_nothing_came_twice(left: Left) -> None:
    assert [citizen.history() for citizen in left.citizens] == left.histories


def test_the_cookie_still_means_the_same_conversation(left: Left) -> None:
    for citizen in left.citizens:
        known = citizen.conversation
        assert citizen.open() == known


def test_a_form_half_way_goes_on(left: Left) -> None:
    assert "SEMAE 2024/120045" in left.found
    assert left.form.say(NUMBER).text == left.found


def test_guided_mode_half_way_goes_on_with_a_button_of_before(left: Left) -> None:
    assert "passo 3" in left.third_step
    assert left.guided.press("Próximo").text == left.third_step


def test_a_typed_word_still_chooses_a_button_of_before(system: WholeSystem, left: Left) -> None:
    """Whoever comes back with the same cookie, in a new window."""
    assert "passo 4" in left.fourth_step
    window = Citizen(system.url, left.guided.cookies)
    try:
        assert window.conversation == left.guided.conversation
        assert window.say("próximo").text == left.fourth_step
    finally:
        window.close()


def test_a_message_that_waited_when_everything_died_is_answered_once(left: Left) -> None:
    assert "Redefinir Senha" in left.waiting.answer(left.message).text
    events = left.waiting.history()
    answers = [event for event in events if event.get("in_reply_to") == left.message and event["final"]]
    assert len(answers) == 1
    assert [event["text"] for event in events if event["from"] == "citizen"] == ["oi", "esqueci minha senha"]
