"""Signing in from the chat, on the whole system with the sandbox's provider: the right ways, and leaving."""

from __future__ import annotations

import pytest

from tests.system.signing_in import TITLE, Visitor, ask_for_link, said_by_itself, signed_in
from tests.whole_system import WholeSystem, wait_until

MINE = "Você tem **14 pendências** abertas"


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
    assert MINE in answer.text
    assert len(answer.bubbles) == 1
    assert "**12 processos**" in citizen.say("quais são os meus processos?").text


def test_in_the_browser_that_holds_the_chat_no_code_is_needed(system: WholeSystem) -> None:
    citizen = system.citizen()
    link, _ = ask_for_link(citizen)
    page = Visitor(system, citizen.cookies).sign_in(link)
    assert "A conversa já mostra os seus dados" in page.text

    wait_until(lambda: any(MINE in event["text"] for event in citizen.history()))
    answers = [event["text"] for event in citizen.history() if MINE in event["text"]]
    assert len(answers) == 1
    assert answers[0].startswith("Pronto, Maria.")


@pytest.mark.parametrize("account", ["company", "company-letters"])
def test_a_company_s_certificate_shows_the_company_s_data(system: WholeSystem, account: str) -> None:
    _, answer = signed_in(system, account, "quais são os meus processos?")
    assert {"company": "**11 processos**", "company-letters": "**10 processos**"}[account] in answer.text


@pytest.mark.parametrize("word", ["sair", "Sair", "encerrar sessão", "Encerrar a sessão!"])
def test_leaving_ends_the_session_and_erases_what_was_shown(system: WholeSystem, word: str) -> None:
    citizen, answer = signed_in(system)
    assert MINE in answer.text
    left = citizen.say(word)
    assert "encerrei o seu acesso" in left.text
    assert list(left.links) == ["Sair também do acesso de demonstração"]
    assert MINE not in "".join(event["text"] for event in citizen.history())
    assert "Só mostro aqui depois que você entra" in citizen.say("minhas pendências").text


def test_leaving_does_not_need_the_assistant(system: WholeSystem) -> None:
    citizen, _ = signed_in(system)
    system.kill("rasa")
    try:
        assert "encerrei o seu acesso" in citizen.say("sair").text
    finally:
        system.heal()


def test_after_leaving_the_back_button_shows_nothing(system: WholeSystem) -> None:
    citizen = system.citizen()
    link, _ = ask_for_link(citizen)
    visitor = Visitor(system)
    shown = visitor.sign_in(link)
    assert shown.response.headers["cache-control"] == "no-store"
    citizen.say(shown.code)
    citizen.say("sair")
    again = visitor.open(f"{system.url}/entrar/codigo")
    assert shown.code[:3] not in again.text
    assert "Maria" not in again.text
    assert citizen.say(shown.code).text.count("já foi usado") == 1
    assert "Só mostro aqui depois que você entra" in citizen.say("minhas pendências").text


def test_another_account_takes_the_place_of_the_first(system: WholeSystem) -> None:
    citizen, answer = signed_in(system)
    assert MINE in answer.text
    citizen.say("sair")
    link, _ = ask_for_link(citizen)
    answer = citizen.say(Visitor(system).sign_in(link, "idle").code)
    assert answer.text.startswith("Pronto, João.")
    assert "não tem pendências abertas" in answer.text
    assert MINE not in "".join(event["text"] for event in citizen.history())


def test_the_citizen_changes_his_mind_in_the_chat(system: WholeSystem) -> None:
    citizen = system.citizen()
    link, _ = ask_for_link(citizen)
    visitor = Visitor(system)
    shown = visitor.sign_in(link)
    assert "cancelei" in citizen.say("cancelar").text
    assert "O acesso foi cancelado na conversa" in visitor.open(f"{system.url}/entrar/codigo").text
    assert "Pronto" not in citizen.say(shown.code).text


def test_whoever_did_not_ask_declines_and_nothing_happens(system: WholeSystem) -> None:
    citizen = system.citizen()
    link, _ = ask_for_link(citizen)
    visitor = Visitor(system)
    answer = visitor.answer(link, visitor.open(link), "no")
    assert answer.headers["location"] == "/entrar/aviso/declined"
    assert "Nada foi ligado" in visitor.open(f"{system.url}/entrar/aviso/declined").text
    assert any("alguém escolheu não entrar" in text for text in said_by_itself(citizen))
    assert visitor.open(link).status == 410


def test_that_is_not_me_on_the_page_of_the_code(system: WholeSystem) -> None:
    citizen = system.citizen()
    link, _ = ask_for_link(citizen)
    visitor = Visitor(system)
    shown = visitor.sign_in(link)
    page = visitor.http.post(f"{system.url}/entrar/codigo", data=shown.fields, follow_redirects=True)
    assert "Acesso cancelado" in page.text
    assert "Pronto" not in citizen.say(shown.code).text


def test_no_authorization_at_the_provider(system: WholeSystem) -> None:
    citizen = system.citizen()
    link, _ = ask_for_link(citizen)
    assert "não foi autorizado" in Visitor(system).sign_in(link, "no").text
    assert any("não foi autorizado" in text for text in said_by_itself(citizen))


def test_an_account_below_the_minimum_level_is_told_how_to_go_on(system: WholeSystem) -> None:
    citizen = system.citizen()
    link, _ = ask_for_link(citizen)
    assert "pelo menos nível prata" in Visitor(system).sign_in(link, "bronze").text
    assert any("não tem o nível prata" in text for text in said_by_itself(citizen))


def test_two_links_at_once_only_the_newest_serves(system: WholeSystem) -> None:
    citizen = system.citizen()
    first, _ = ask_for_link(citizen)
    second, _ = ask_for_link(citizen, "quais são os meus processos?")
    assert "Há um link mais novo" in Visitor(system).open(first).text
    assert "**12 processos**" in citizen.say(Visitor(system).sign_in(second).code).text


def test_links_are_limited_and_that_is_said(system: WholeSystem) -> None:
    citizen = system.citizen()
    for _ in range(5):
        ask_for_link(citizen)
    refused = citizen.say("minhas pendências")
    assert TITLE not in refused.links
    assert "Você pediu muitos links" in refused.text


def test_a_password_typed_in_the_chat_is_warned_of_and_not_kept(system: WholeSystem) -> None:
    citizen = system.citizen()
    reply = citizen.say("minha senha do gov.br é Girassol#2931, mostra minhas pendências")
    assert "Nunca preciso da sua senha" in reply.text
    assert "Girassol" not in str(citizen.history())
