"""Two questions in one message are told from one question in several sentences."""

from typing import List

import pytest

from assistant.nlu.decision import ANSWER, OFFER, Decision
from assistant.nlu.model import Ranked
from assistant.nlu.segments import PARTS, parts, two_questions

TOPICS = {"sign", "list_processes", "reset_password", "change_email"}
WORDS = {"assino": "sign", "processos": "list_processes", "senha": "reset_password", "email": "change_email"}


def understand(text: str) -> Decision:
    """The topic of the last key word: surely."""
    found = [topic for word, topic in WORDS.items() if word in text]
    return (
        Decision(ANSWER, found[-1], [Ranked(found[-1], 0.9)]) if found else Decision(OFFER, "", [Ranked("vista", 0.2)])
    )


def topics(text: str) -> List[str]:
    pair = two_questions(text, understand, TOPICS)
    return [pair.first.intent, pair.second] if pair else []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("como assino e onde vejo meus processos?", ["sign", "list_processes"]),
        ("Como assino? E onde vejo os meus processos?", ["sign", "list_processes"]),
        ("esqueci a senha. e o email também mudou, como troco?", ["reset_password", "change_email"]),
        ("como assino, também queria ver meus processos", ["sign", "list_processes"]),
        ("como assino\nquais são meus processos", ["sign", "list_processes"]),
        ("quero trocar o email, outra coisa: como assino", ["change_email", "sign"]),
    ],
)
def test_two_questions(text: str, expected: List[str]) -> None:
    assert topics(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "como assino?",
        "bom dia! como assino?",
        "como assino e como assino de novo?",  # one topic
        "perdi a senha. abro meus processos e aparece erro",  # a story: nothing is asked twice
        "troquei de email, onde vejo meus processos?",  # the first part tells why
        "é preciso assinar? meus processos estao parados",
        "como assino os processos com a senha",
    ],
)
def test_one_question(text: str) -> None:
    assert topics(text) == []


def test_an_unsure_part_does_not_count() -> None:
    def unsure(text: str) -> Decision:
        decision = understand(text)
        return decision._replace(topics=[Ranked(decision.topics[0].intent, 0.5)])

    assert two_questions("como assino e onde vejo meus processos?", unsure, TOPICS) is None


def test_the_cost_is_bounded() -> None:
    assert len(parts("como assino e onde vejo " * 200)) == PARTS
