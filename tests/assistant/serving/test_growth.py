"""One conversation's cost does not grow: turn 300 within 1.3x of turn 5, medians in one run."""

import time
from statistics import median

from tests.assistant.serving.rasa_server import Conversation, RasaServer

LIMIT = 1.3
TURNS = 300
EARLY = 5
ROUNDS = 6
TEXTS = ("esqueci minha senha", "e depois?", "onde fica isso?", "como assino?", "não entendi")


def test_turn_300_costs_about_as_much_as_turn_5(rasa: RasaServer) -> None:
    """A long conversation and young ones take turns at the same texts, so that other load meets both."""
    old = Conversation(rasa)
    for turn in range(TURNS):
        old.say(TEXTS[turn % len(TEXTS)])
    early, late, sizes = [], [], {"early": 0, "late": 0}
    for _ in range(ROUNDS):
        young = Conversation(rasa)
        for turn in range(EARLY):
            young.say(TEXTS[turn])
        for text in TEXTS * 2:
            early.append(_seconds(young, text))
            late.append(_seconds(old, text))
            sizes["early"] = max(sizes["early"], len(str(young.state)))
            sizes["late"] = max(sizes["late"], len(str(old.state)))
    assert sizes["late"] <= LIMIT * sizes["early"]
    assert median(late) <= LIMIT * median(early)


def _seconds(conversation: Conversation, text: str) -> float:
    started = time.perf_counter()
    conversation.say(text)
    return time.perf_counter() - started
