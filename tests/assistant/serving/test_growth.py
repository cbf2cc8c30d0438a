"""One conversation's cost does not grow: turn 300 within 1.3x of turn 5, medians in one run."""

import time
from statistics import median

from tests.assistant.serving.rasa_server import Conversation

LIMIT = 1.3
TURNS = 300
WINDOW = 20
TEXTS = ("esqueci minha senha", "e depois?", "onde fica isso?", "como assino?", "não entendi")


def test_turn_300_costs_about_as_much_as_turn_5(conversation: Conversation) -> None:
    """Medians over a window around each turn; the same texts in each window. Noise: the best of three comparisons."""
    durations = []
    sizes = []
    for turn in range(TURNS + WINDOW):
        started = time.perf_counter()
        conversation.say(TEXTS[turn % len(TEXTS)])
        durations.append(time.perf_counter() - started)
        sizes.append(len(str(conversation.state)))
    early, late = durations[5 : 5 + WINDOW], durations[TURNS : TURNS + WINDOW]
    assert max(sizes[-WINDOW:]) <= 1.3 * max(sizes[5 : 5 + WINDOW])
    assert median(late) <= LIMIT * median(early) or min(late) <= LIMIT * min(early)
