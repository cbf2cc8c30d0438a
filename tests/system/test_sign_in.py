"""Signing in from the chat, on the whole system with the sandbox's provider: the right ways, and leaving."""

from __future__ import annotations

import html
from urllib.parse import urlsplit

import pytest

from tests.system.conftest import Faulty
from tests.system.signing_in import TITLE, Visitor, ask_for_link, parameter, said_by_itself, signed_in
from tests.whole_system import WholeSystem, wait_until

MINE = "Você tem **14 pendências** abertas"


def test_the_code_that_the_browser_shows_links_the_chat_and_the_question_is_answered(system: WholeSystem) -> None:
    citizen = system.citizen()
    link, offer = ask_for_link(citizen)
    assert "Só mostro aqui depois que você entra" in offer.text
    assert "não o envie a ninguém" in offer.text

    visitor = Visitor(system)
    page = visitor.open(link)
    assert f"chat do site {urlsplit(system.url).netloc}" in page.text
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
    visitor = Visitor(system, citizen)
    page = visitor.sign_in(link)
    assert "Você entrou como Maria (documento ***.444.777-**)" in page.text
    assert MINE not in "".join(event["text"] for event in citizen.history())
    assert "A conversa já mostra os seus dados" in visitor.confirm(page).text

    wait_until(lambda: any(MINE in event["text"] for event in citizen.history()))
    answers = [event["text"] for event in citizen.history() if MINE in event["text"]]
    assert len(answers) == 1
    assert answers[0].startswith("Pronto, Maria.")


def test_on_somebody_else_s_computer_the_page_says_who_signed_in_before_anything_is_shown(system: WholeSystem) -> None:
    """Maria is still signed in at the provider when João, at the same computer, follows his link."""
    maria, joao = system.citizen(), system.citizen()
    before, browser = Visitor(system, maria), Visitor(system, joao)
    before.confirm(before.sign_in(ask_for_link(maria)[0]))
    wait_until(lambda: any(MINE in event["text"] for event in maria.history()))
    maria.say("sair")
    browser.http.cookies.set("sandbox_oidc", before.http.cookies["sandbox_oidc"], domain="127.0.0.1")

    link, _ = ask_for_link(joao)
    page = browser.open(browser.accept(link).headers["location"])  # the provider asks nobody again
    assert "É você?" in page.text
    assert "Você entrou como Maria" in page.text
    ended = browser.confirm(page, "no")
    assert "ninguém entrou" in ended.text
    assert "Sair do acesso de demonstração neste navegador" in ended.text
    assert MINE not in str(joao.history())
    assert any("foi cancelado" in text for text in said_by_itself(joao))

    browser.open(f"{system.parts.identity_url}/logout?post_logout_redirect_uri={system.url}/")
    link, _ = ask_for_link(joao)
    assert "Você entrou como João" in browser.sign_in(link, "idle").text


@pytest.mark.parametrize(
    ("account", "name", "processes"),
    [
        ("company", "**Construtora Boa Vista Ltda**", 11),
        ("company-letters", "**CNPJ \\*\\*.ABC.345/\\*\\*\\*\\*-\\*\\***", 10),  # the provider names it nowhere
    ],
)
def test_a_company_s_certificate_shows_the_company_s_data(
    system: WholeSystem, account: str, name: str, processes: int
) -> None:
    citizen, answer = signed_in(system, account, "quais são os meus processos?")
    assert answer.text.startswith("Pronto, João.")
    assert f"**{processes} processos**" in answer.text
    company = citizen.say("dados da minha empresa").text
    assert name in company
    assert f"- Processos: {processes}" in company
    assert "João" not in company


def test_who_represents_a_company_asks_for_it_and_for_themselves(system: WholeSystem) -> None:
    citizen, answer = signed_in(system, "owner", "dados da minha empresa")
    assert answer.text.startswith("Pronto, João. Você entrou (documento \\*\\*\\*.982.247-\\*\\*)")
    assert "**Construtora Boa Vista Ltda**" in answer.text
    assert "- Processos: 11" in answer.text
    assert "Pendências abertas de Construtora Boa Vista Ltda" in citizen.say("pendências da minha empresa").text
    assert "não tem pendências abertas" in citizen.say("minhas pendências").text
    assert "**1 processo**" in citizen.say("quais são os meus processos?").text


def test_who_represents_several_companies_chooses_one(system: WholeSystem) -> None:
    citizen, answer = signed_in(system, "partner", "dados da minha empresa")
    assert "1. Construtora Boa Vista Ltda" in answer.text
    assert "2. Padaria do Engenho Ltda" in answer.text
    assert "**Padaria do Engenho Ltda**" in citizen.say("2").text


def test_without_the_list_of_companies_one_s_own_is_still_shown(system: WholeSystem, faulty: Faulty) -> None:
    faulty("companies_down")
    citizen, answer = signed_in(system, "owner")
    assert "não tem pendências abertas" in answer.text
    assert "não consegui saber quais empresas você representa" in citizen.say("dados da minha empresa").text


@pytest.mark.parametrize(
    "word",
    [
        *("sair", "Sair", "encerrar sessão", "Encerrar a sessão!", "quero sair", "quero sair daqui, por favor"),
        *("encerrar conversa", "pode encerrar o atendimento, obrigada", "tchau", "até logo"),
    ],
)
def test_leaving_ends_the_session_and_erases_what_was_shown(system: WholeSystem, word: str) -> None:
    citizen, answer = signed_in(system)
    assert MINE in answer.text
    left = citizen.say(word)
    assert "encerrei o seu acesso" in left.text
    assert list(left.links) == ["Sair também do acesso de demonstração"]
    assert MINE not in "".join(event["text"] for event in citizen.history())
    assert "Só mostro aqui depois que você entra" in citizen.say("minhas pendências").text


@pytest.mark.parametrize("text", ["não quero sair", "como eu saio do portal?", "obrigado", "encerrar o processo"])
def test_what_is_no_leaving_ends_nothing(system: WholeSystem, text: str) -> None:
    citizen, _ = signed_in(system)
    assert "encerrei" not in citizen.say(text).text
    assert MINE in citizen.say("minhas pendências").text


def test_leaving_in_the_middle_of_a_guide_ends_both_and_says_so(system: WholeSystem) -> None:
    citizen, _ = signed_in(system)
    citizen.say("como assino um documento?")
    assert citizen.press("Passo a passo").text
    left = citizen.say("sair").text
    assert "encerrei o seu acesso" in left
    assert "passo a passo ou de uma consulta, isso também terminou" in left
    assert "Passo" not in citizen.say("próximo").text


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
    again = citizen.say(shown.code).text
    assert "já foi usado" in again
    assert "Você já entrou" not in again
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


def test_an_account_below_the_minimum_level_is_shown_the_way_up_and_comes_back(system: WholeSystem) -> None:
    citizen = system.citizen()
    link, _ = ask_for_link(citizen)
    visitor = Visitor(system)
    page = visitor.sign_in(link, "bronze")
    assert "pelo menos nível prata" in page.text
    (told,) = [event for event in citizen.history() if "não tem o nível prata" in event["text"]]
    (way,) = told["buttons"]
    assert way["title"] == "Aumentar o nível da conta"
    assert html.escape(way["url"]) in page.response.text
    asked = {name: parameter(way["url"], name) for name in ("client_id", "niveis", "redirect_uri")}
    assert asked == {"client_id": "guiche", "niveis": "2", "redirect_uri": f"{system.url}/entrar/retorno"}

    answer = visitor.http.post(
        f"{system.parts.identity_url}/confiabilidades", data=visitor.open(way["url"]).fields, follow_redirects=True
    )
    assert "volte à conversa" in answer.text
    link, _ = ask_for_link(citizen)
    assert "Pronto, Rita" in citizen.say(visitor.sign_in(link, "bronze").code).text


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
