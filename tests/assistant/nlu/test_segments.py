"""Two questions in one message are told from one question in several sentences."""

from time import process_time
from typing import List

import pytest

from assistant.nlu.decision import ANSWER, OFFER, Decision
from assistant.nlu.model import Ranked
from assistant.nlu.segments import PARTS, parts, two_questions

SECONDS = 0.5
WORDS = {
    "assin": "sign",
    "processos": "list_processes",
    "senha": "reset_password",
    "email": "change_email",
    "pendencia": "list_pendencies",
    "vista": "vista",
    "anexos": "attachments",
}
TOPICS = set(WORDS.values())


def understand(text: str) -> Decision:
    """The topic of the last key word: surely; the others after it."""
    found = [topic for word, topic in WORDS.items() if word in text]
    if not found:
        return Decision(OFFER, "", [Ranked("nothing", 0.2)])
    return Decision(ANSWER, found[-1], [Ranked(topic, 0.9) for topic in reversed(found)])


def topics(text: str) -> List[str]:
    pair = two_questions(text, understand(text), understand, TOPICS)
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
        ("quero ver minhas pendencias e meus processos", ["list_pendencies", "list_processes"]),
        ("ver anexos e pedir vista", ["attachments", "vista"]),
        ("quero assinar, depois como vejo meus processos?", ["sign", "list_processes"]),
        ("municipe pergunta: 1) como recuperar senha 2) como trocar email", ["reset_password", "change_email"]),
        ("a) trocar o email; b) assinar o termo", ["change_email", "sign"]),
        ("como peço vista e que documentos levo pra mudar o email", ["vista", "change_email"]),
        ("trocar email / recuperar senha", ["change_email", "reset_password"]),
        ("minha senha some toda hora. e meus processos, quais são?", ["reset_password", "list_processes"]),
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
        "já troquei o email. e agora como vejo meus processos?",  # what was done only leads to the question
        "pedi vista e a senha nao entra",
        "esqueci a senha. e agora, o email serve?",
    ],
)
def test_one_question(text: str) -> None:
    assert topics(text) == []


def test_an_unsure_part_does_not_count() -> None:
    def unsure(text: str) -> Decision:
        decision = understand(text)
        return decision._replace(topics=[Ranked(decision.topics[0].intent, 0.5)])

    text = "como assino e onde vejo meus processos?"
    assert two_questions(text, unsure(text), unsure, TOPICS) is None


def test_a_mere_and_parts_only_what_the_whole_message_is_about_too() -> None:
    text = "ver anexos e pedir vista"
    assert two_questions(text, Decision(ANSWER, "sign", [Ranked("sign", 0.9)]), understand, TOPICS) is None


def test_the_cost_is_bounded() -> None:
    assert len(parts("como assino e onde vejo " * 200)) == PARTS


@pytest.mark.parametrize(
    "piece", ["e ", "e", " ", "\n", "a) ", ", ", "e também ", "bom dia ", "e pra e ", "? e, ", "ver e "]
)
def test_a_long_message_takes_no_longer_than_its_length(piece: str) -> None:
    """A pattern that backtracks would take minutes for these."""
    started = process_time()
    text = piece * (1000 // len(piece))
    two_questions(text, understand(text), understand, TOPICS)
    assert process_time() - started < SECONDS
