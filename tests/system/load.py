"""Many citizens who write at once, and what each of them was answered."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.portal.build import BUSY
from tests.citizen import NOTICES, Citizen
from tests.whole_system import WholeSystem

PATIENCE = 240.0
"""Seconds for an answer while parts are being killed and started again."""
SESSION_SECONDS = 3_600.0
COPIES = 3
"""Conversations with each script: their messages meet the kills at other moments."""

SCRIPTS = (
    # The help center: topics and follow-ups, which only Rasa answers.
    (
        "oi",
        "esqueci minha senha",
        "e depois?",
        "onde fica isso?",
        "não recebi o e-mail de confirmação",
        "e se não aparecer?",
        "quero mudar meu e-mail",
        "como faço meu cadastro?",
        "explica de novo",
        "obrigado",
    ),
    (
        "tenho uma pendência para resolver",
        "e depois?",
        "o PIN é a minha senha?",
        "senha",
        "asdkjh qwe",
        "como peço vista de um processo?",
        "quais órgãos usam o portal?",
        "onde vejo os documentos do processo?",
        "quero falar com uma pessoa",
        "tchau",
    ),
    # Look-ups: Rasa, the action server and the backend.
    (
        "PMP 2023/500100",
        "e o 500101?",
        "FUMEP 2025/7",
        "obrigado",
        "SEMAE 2024/120045",
        "IPASP 1998/312",
        "como peço vista de um processo?",
        "PMP 2022/410077",
        "PMP 2023/500100",
        "minhas pendências",
    ),
    # The form, one part a message, and a question in the middle.
    (
        "quero consultar um processo",
        "SEMAE",
        "2024",
        "120045",
        "quero consultar um processo",
        "é da prefeitura",
        "como assino um documento?",
        "2023",
        "500100",
        "obrigado",
    ),
    # Guided mode, with a look-up in between.
    (
        "como assino um documento?",
        "passo a passo",
        "próximo",
        "próximo",
        "onde fica isso?",
        "próximo",
        "PMP 2023/500100",
        "próximo",
        "voltar",
        "sair",
    ),
    # What is one's own, signed in after the first message: the action server asks the front desk who asks.
    (
        "oi",
        "minhas pendências",
        "a primeira",
        "esqueci minha senha",
        "meus processos",
        "o segundo",
        "PMP 2023/500100",
        "minhas vistas",
        "minhas pendências",
        "obrigado",
    ),
)
SIGNED_IN = frozenset((5,))
"""The scripts of those who sign in, as PERSON."""
PERSON = BUSY
MESSAGES = sum(len(script) for script in SCRIPTS) * COPIES


@dataclass(frozen=True)
class Answered:
    """One message and what became of it, as a reload of the page shows it. Times are the server's."""

    text: str
    bubbles: tuple[str, ...]
    titles: tuple[str, ...]
    finals: int
    notices: int
    asked_at: float
    answered_at: float


@dataclass(frozen=True)
class Transcript:
    """One conversation. `order` has the message's number for each final answer, as they came."""

    answers: list[Answered]
    order: list[int]
    copies: int
    """Messages of the citizen's in the transcript."""


class Pace:
    """Holds the citizens back at `gate` messages, so that something can happen to the system just then."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._sent = self._stored = 0
        self._gate = MESSAGES
        self._broken = False

    def hold_at(self, messages: int) -> None:
        """Nobody writes more than so many messages until this is called again."""
        with self._changed:
            self._gate = messages
            self._changed.notify_all()

    def before_sending(self) -> None:
        """Waits until one more may be written."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._sent < self._gate or self._broken, PATIENCE)
            self._sent += 1
            self._changed.notify_all()

    def after_storing(self) -> None:
        """The front desk said that it has the message."""
        with self._changed:
            self._stored += 1
            self._changed.notify_all()

    def wait(self, messages: int, *, stored: bool) -> None:
        """Until so many are on their way, or stored."""
        with self._changed:
            reached: Callable[[], bool] = lambda: (self._stored if stored else self._sent) >= messages  # noqa: E731
            assert self._changed.wait_for(lambda: reached() or self._broken, PATIENCE), "the citizens stopped writing"

    def give_up(self) -> None:
        """Somebody failed: nobody waits any more."""
        with self._changed:
            self._broken = True
            self._changed.notify_all()


def run(system: WholeSystem, seed: str, meanwhile: Callable[[Pace], None] = lambda _: None) -> list[Transcript]:
    """Every script so many times, each by a citizen of its own, all at once; `meanwhile` runs beside them."""
    scripts = SCRIPTS * COPIES
    pace = Pace()
    citizens = [system.citizen() for _ in scripts]

    def write(number: int) -> Transcript:
        try:
            sign_in = system.sign_in if number % len(SCRIPTS) in SIGNED_IN else None
            return _write(citizens[number], scripts[number], random.Random(f"{seed}/{number}"), pace, sign_in)
        except BaseException:
            pace.give_up()
            raise

    with ThreadPoolExecutor(len(scripts)) as pool:
        pending = [pool.submit(write, number) for number in range(len(scripts))]
        try:
            meanwhile(pace)
        finally:
            pace.hold_at(MESSAGES)
        return [future.result() for future in pending]


def _write(
    citizen: Citizen,
    script: tuple[str, ...],
    rng: random.Random,
    pace: Pace,
    sign_in: Callable[[Citizen, str, str, float], str] | None,
) -> Transcript:
    """One to three messages at a time, without waiting in between; then the last one's answer."""
    identifiers: list[str] = []
    while len(identifiers) < len(script):
        alone = sign_in is not None and not identifiers
        for text in script[len(identifiers) :][: 1 if alone else rng.randint(1, 3)]:
            pace.before_sending()
            identifiers.append(citizen.post(text=text, within=PATIENCE))
            pace.after_storing()
        citizen.answer(identifiers[-1], PATIENCE)
        if sign_in is not None and alone:
            sign_in(citizen, PERSON.document, PERSON.name, SESSION_SECONDS)
    return _transcript(citizen.history(), identifiers, script)


def _transcript(events: list[dict[str, Any]], identifiers: list[str], script: tuple[str, ...]) -> Transcript:
    finals = [event["in_reply_to"] for event in events if event["from"] == "assistant" and event["final"]]
    asked = {event["id"]: event for event in events if event["from"] == "citizen"}
    answers = []
    for identifier, text in zip(identifiers, script, strict=True):
        said = [event for event in events if event["from"] == "assistant" and event["in_reply_to"] == identifier]
        real = [event for event in said if event["text"] not in NOTICES]
        answers.append(
            Answered(
                text=text,
                bubbles=tuple(event["text"] for event in real),
                titles=tuple(button["title"] for event in real for button in event["buttons"]),
                finals=sum(event["final"] for event in said),
                notices=len(said) - len(real),
                asked_at=_seconds(asked[identifier]["at"]),
                answered_at=max(_seconds(event["at"]) for event in real),
            )
        )
    order = [identifiers.index(identifier) for identifier in finals]
    return Transcript(answers, order, sum(event["from"] == "citizen" for event in events))


def _seconds(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()
