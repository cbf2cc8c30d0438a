"""Signing in from the chat, on the whole system with the sandbox's provider: the right ways."""

from __future__ import annotations

from tests.system.signing_in import Visitor, ask_for_link
from tests.whole_system import WholeSystem


def test_the_code_that_the_browser_shows_links_the_chat_and_the_question_is_answered(system: WholeSystem) -> None:
    citizen = system.citizen()
    link, offer = ask_for_link(citizen)
    assert "Só mostro aqui depois que você entra" in offer.text
    assert "não o envie a ninguém" in offer.text

    visitor = Visitor(system)
    page = visitor.open(link)
    assert "site da prefeitura" in page.text
    assert "ver as pendências" in page.text
    shown = visitor.sign_in(link)
    assert "Maria (documento ***.444.777-**)" in shown.text
    assert shown.response.url.path == "/entrar/codigo"
    assert not shown.response.url.query

    answer = citizen.say(f"{shown.code[:3]} {shown.code[3:]}")
    assert answer.text.startswith("Pronto, Maria. Você entrou (documento \\*\\*\\*.444.777-\\*\\*)")
    assert "Você tem **14 pendências** abertas" in answer.text
    assert len(answer.bubbles) == 1
    assert "**12 processos**" in citizen.say("quais são os meus processos?").text
