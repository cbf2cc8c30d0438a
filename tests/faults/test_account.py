"""What the account of a fault would not let pass."""

from __future__ import annotations

import random

import pytest

from tests.faults.account import Account, settle, speaks_of_trouble
from tests.faults.citizen import Sent, told_again
from tests.faults.crowd import Talk, said
from tests.faults.pressure import may_be_overtaken, overtaken

DOWN = (
    "O sistema de processos está fora do ar. Por isso não consegui consultar o processo PMP 2023/500100.\n\n"
    "Tente de novo mais tarde. Não há nada de errado com o que você escreveu."
)
LOOK_UPS = 2
"""The number of a script with look-ups."""


def sent(text: str = "oi", bubble: str = "Olá!", **values: object) -> Sent:
    defaults = {"posted_at": 10.0, "stored_at": 10.1, "answered_at": 11.0, "bubbles": [bubble], "finals": 1, "echo": 1}
    return Sent(text, **{**defaults, **values})  # type: ignore[arg-type]


def account(now: Sent, was: Sent | None = None, **options: object) -> Account:
    talk = Talk(LOOK_UPS, [now], [now.reference])
    expected = [[said(was or sent())]] * (LOOK_UPS + 1)
    return settle("fault", [talk], expected, "Desculpe", **options)  # type: ignore[arg-type]


def test_the_same_answer_once_holds() -> None:
    assert account(sent()).holds


@pytest.mark.parametrize(
    "now",
    [
        sent(finals=0, bubbles=[]),
        sent(finals=2),
        sent(bubble="Outra coisa."),
        sent(bubble="Desculpe, não consegui responder."),
        sent(titles=["Outro botão"]),
        sent(told=[2, 3]),
    ],
)
def test_anything_else_does_not(now: Sent) -> None:
    assert not account(now).holds


def test_only_the_words_for_a_failing_portal_are_excused_and_only_when_it_fails() -> None:
    assert not account(sent(bubble=DOWN)).holds
    excused = account(sent(bubble=DOWN), portal_fails=True)
    assert (excused.holds, excused.excused) == (True, 1)
    assert not account(sent(bubble="Não consegui confirmar o seu acesso agora."), portal_fails=True).holds
    assert not account(sent(bubbles=[DOWN, "E mais alguma coisa."]), portal_fails=True).holds
    assert not account(sent(bubbles=[]), portal_fails=True).holds


@pytest.mark.parametrize(
    "bubble",
    ["", "Encontrei o processo PMP 2023/500100.", "O processo não foi encontrado.", DOWN.split("\n", maxsplit=1)[0]],
)
def test_what_is_no_trouble_of_the_portal(bubble: str) -> None:
    assert not speaks_of_trouble(bubble)


def test_latencies_are_of_the_others_while_it_lasted() -> None:
    quick, slow = sent(posted_at=10, answered_at=11.0), sent(posted_at=50, answered_at=59.0)
    others, concerned = Talk(0, [quick, slow], []), Talk(LOOK_UPS, [sent(posted_at=20, answered_at=49)], [])
    expected = [[said(quick)] * 2] * (LOOK_UPS + 1)
    during = settle("fault", [others, concerned], expected, "x", look_ups_suffer=True, during=(5.0, 45.0))
    assert (during.p95, during.longest) == (1.0, 1.0)
    assert settle("fault", [others, concerned], expected, "x", during=(5.0, 45.0)).longest == 29.0


def test_who_waited_already_is_not_told_again() -> None:
    assert told_again([sent(echo=1, told=[3]), sent(echo=2)]) == 0
    assert told_again([sent(echo=1, told=[3]), sent(echo=4, told=[6])]) == 0  # written after the notice
    assert told_again([sent(echo=1, told=[3]), sent(echo=2, told=[4])]) == 1
    assert told_again([sent(echo=1, told=[3, 5])]) == 1


def test_the_order_of_arrival_is_told_from_others() -> None:
    for number in (120, 400):
        arrived = list(range(number))
        shuffled = random.Random(1).sample(arrived, number)
        for wrong in (arrived[::-1], shuffled):
            assert sorted(overtaken(wrong))[int(0.95 * number)] > may_be_overtaken(number)
    assert max(overtaken(arrived)) == 0
    assert overtaken([1, 0, 2]) == [0, 1, 0]
