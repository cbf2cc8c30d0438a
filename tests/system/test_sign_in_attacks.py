"""What must not work: each test is one attack on signing in, named as docs/seguranca.md names it."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import httpx
import pytest

from tests.citizen import Citizen
from tests.system.conftest import Faulty
from tests.system.signing_in import Copied, Page, Visitor, ask_for_link, parameter, said_by_itself
from tests.whole_system import WholeSystem, wait_until

NOBODY = "Só mostro aqui depois que você entra"
TOKENS_THAT_ARE_WRONG = [
    "wrong_audience",
    "several_audiences",
    "wrong_issuer",
    "wrong_nonce",
    "no_nonce",
    "algorithm_none",
    "algorithm_hs256",
    "other_key",
    "changed",
    "no_times",
    "not_a_cpf",
    "no_token",
    "nonsense",
]


def nobody_is_in(citizen: Citizen) -> bool:
    return NOBODY in citizen.say("minhas pendências").text


def rows(system: WholeSystem) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{system.state_dir / 'guiche.db'}?mode=ro", uri=True)) as database:
        return database.execute("SELECT * FROM login_attempts ORDER BY digest").fetchall()


def test_a_link_forwarded_to_a_victim_gives_the_attacker_s_chat_nothing(system: WholeSystem) -> None:
    attacker, victim = system.citizen(), Visitor(system, system.citizen())
    link, _ = ask_for_link(attacker)
    page = victim.open(link)
    assert "Só continue se VOCÊ abriu esta conversa" in page.text
    shown = victim.sign_in(link)
    assert "Nunca envie este código" in shown.text
    assert nobody_is_in(attacker)
    assert shown.code not in str(attacker.history())


def test_the_code_serves_in_the_chat_that_asked_and_in_no_other(system: WholeSystem) -> None:
    attacker, victim = system.citizen(), system.citizen()
    link, _ = ask_for_link(attacker)
    code = Visitor(system).sign_in(link).code
    assert "Pronto" not in victim.say(code).text
    assert nobody_is_in(victim)


def test_prefetching_a_link_changes_nothing(system: WholeSystem) -> None:
    citizen = system.citizen()
    link, _ = ask_for_link(citizen)
    before = rows(system)
    for method in ("GET", "HEAD"):
        assert httpx.request(method, link, trust_env=False, headers={"User-Agent": "WhatsApp/2"}).status_code == 200
    assert rows(system) == before
    assert "Pronto, Maria" in citizen.say(Visitor(system).sign_in(link).code).text


def test_a_form_of_another_site_is_refused(system: WholeSystem) -> None:
    citizen = system.citizen()
    link, _ = ask_for_link(citizen)
    visitor = Visitor(system)
    page = visitor.open(link)
    before = rows(system)
    forged: list[dict[str, Any]] = [
        {"data": {"answer": "yes"}},
        {"data": {"answer": "yes", "csrf": "x" * 32}},
        {"data": {**page.fields, "answer": "yes"}, "headers": {"Origin": "https://evil.example"}},
        {"data": {**page.fields, "answer": "yes"}, "headers": {"Sec-Fetch-Site": "cross-site"}},
        {"json": {**page.fields, "answer": "yes"}},
    ]
    assert [visitor.http.post(link, **how).status_code for how in forged] == [403] * len(forged)
    other = Visitor(system)
    other.open(link)
    assert other.http.post(link, data={**page.fields, "answer": "yes"}).status_code == 403
    assert rows(system) == before


def test_the_provider_s_answer_in_another_browser_is_refused(system: WholeSystem) -> None:
    """Session fixation and login CSRF: who began and who comes back must be one browser."""
    citizen = system.citizen()
    link, _ = ask_for_link(citizen)
    attacker = Visitor(system)
    callback = attacker.callback(link)
    assert "Este acesso começou em outro lugar" in Visitor(system).open(callback).text
    assert any("começou em um navegador e terminou em outro" in text for text in said_by_itself(citizen))
    assert "não vale" in attacker.open(callback).text
    assert nobody_is_in(citizen)


def test_a_cookie_that_the_attacker_planted_before_is_replaced(system: WholeSystem) -> None:
    """Session fixation: the cookie that binds is made anew when the person says yes."""
    citizen = system.citizen()
    link, _ = ask_for_link(citizen)
    planted = "A" * 43
    victim = Visitor(system)
    victim.http.cookies.set("guiche_entrar", planted, domain="127.0.0.1", path="/")
    shown = victim.sign_in(link)
    bound = {cookie.value for cookie in victim.http.cookies.jar if cookie.name == "guiche_entrar"}
    assert planted not in bound
    attacker = Visitor(system)
    attacker.http.cookies.set("guiche_entrar", planted, domain="127.0.0.1", path="/")
    assert shown.code[:3] + " " + shown.code[3:] not in attacker.open(f"{system.url}/entrar/codigo").text


@pytest.mark.parametrize("way", ["by the code", "without a code"])
def test_a_chat_cookie_that_was_copied_before_is_no_use_while_the_access_lasts(system: WholeSystem, way: str) -> None:
    """Session fixation on a shared computer: who had the cookie before has not what came with signing in."""
    citizen = system.citizen()
    link, _ = ask_for_link(citizen)
    thief = Copied(system, citizen)
    if way == "by the code":
        assert "Pronto, Maria" in citizen.say(Visitor(system).sign_in(link).code).text
    else:
        visitor = Visitor(system, citizen)
        visitor.confirm(visitor.sign_in(link))
        wait_until(lambda: any("Pronto, Maria" in event["text"] for event in citizen.history()))
    assert "12 processos" in citizen.say("quais são os meus processos?").text

    wait_until(thief.ended.is_set)
    assert "event: session" in thief.heard
    assert "Maria" not in thief.heard
    assert "quais são os meus processos" not in thief.heard
    assert thief.refused() == [409] * 3
    assert thief.http.post("/chat/session", json={"new": True}).json()["conversation"] != citizen.conversation

    before = citizen.conversation
    assert "encerrei o seu acesso" in citizen.say("sair").text
    assert citizen.open() == before
    assert "Só mostro aqui depois que você entra" in citizen.say("minhas pendências").text


def test_a_code_that_is_sent_again_with_a_copied_cookie_gives_its_sender_nothing(system: WholeSystem) -> None:
    """The thief sees the victim's message with the code, its id too, and posts it again to get the same new cookie."""
    citizen = system.citizen()
    link, _ = ask_for_link(citizen)
    thief = httpx.Client(base_url=system.url, trust_env=False, cookies=citizen.cookies)
    code = Visitor(system).sign_in(link).code
    sent = citizen.post(text=code)
    again = thief.post("/chat/messages", json={"id": sent, "text": code})
    assert "set-cookie" not in again.headers
    citizen.answer(sent)
    assert thief.post("/chat/messages", json={"id": sent, "text": code}).status_code == 409
    assert thief.get("/chat/events").status_code == 409


def test_a_used_callback_state_and_code_do_not_serve_again(system: WholeSystem) -> None:
    citizen = system.citizen()
    link, _ = ask_for_link(citizen)
    visitor = Visitor(system)
    callback = visitor.callback(link)
    shown = visitor.open(callback)
    assert "Este endereço não vale" in visitor.open(callback).text
    assert "Pronto, Maria" in citizen.say(shown.code).text
    assert "já foi usado" in citizen.say(shown.code).text

    other = system.citizen()
    link, _ = ask_for_link(other)
    thief = Visitor(system)
    begun = thief.accept(link)
    state = parameter(begun.headers["location"], "state")
    used = parameter(callback, "code")
    page = thief.open(f"{system.url}/entrar/retorno?code={used}&state={state}")
    assert "Não foi possível confirmar o acesso" in page.text
    assert nobody_is_in(other)


def test_a_state_that_nobody_made_is_refused(system: WholeSystem) -> None:
    for query in ("?code=x", "?state=x&code=y", f"?state={'a' * 5000}&code=y", "?error=access_denied", "?state=&code="):
        assert "Este endereço não vale" in Visitor(system).open(f"{system.url}/entrar/retorno{query}").text


def test_another_provider_s_answer_is_refused(system: WholeSystem) -> None:
    citizen = system.citizen()
    link, _ = ask_for_link(citizen)
    visitor = Visitor(system)
    callback = visitor.callback(link)
    assert "Não foi possível confirmar" in visitor.open(f"{callback}&iss=https%3A%2F%2Fevil.example%2F").text
    assert nobody_is_in(citizen)


@pytest.mark.parametrize("kind", TOKENS_THAT_ARE_WRONG)
def test_a_token_that_is_wrong_signs_nobody_in(system: WholeSystem, faulty: Faulty, kind: str) -> None:
    citizen = system.citizen()
    link, _ = ask_for_link(citizen)
    faulty(kind)
    assert "Não foi possível confirmar o acesso" in Visitor(system, citizen).sign_in(link).text
    assert any("por segurança ninguém entrou" in text for text in said_by_itself(citizen))


@pytest.mark.parametrize("kind", ["expired", "future"])
def test_a_token_of_another_time_signs_nobody_in(system: WholeSystem, faulty: Faulty, kind: str) -> None:
    citizen = system.citizen()
    link, _ = ask_for_link(citizen)
    faulty(kind)
    assert "Os relógios não conferem" in Visitor(system, citizen).sign_in(link).text
    assert any("horário que não vale agora" in text for text in said_by_itself(citizen))


@pytest.mark.parametrize("kind", ["down", "rubbish", "slow", "drip"])
def test_a_provider_that_does_not_work_is_said_so(system: WholeSystem, faulty: Faulty, kind: str) -> None:
    citizen = system.citizen()
    link, _ = ask_for_link(citizen)
    faulty(kind)
    assert "O serviço de acesso não respondeu" in Visitor(system, citizen).sign_in(link).text
    assert any("não respondeu agora" in text for text in said_by_itself(citizen))


def test_the_provider_may_change_its_key(system: WholeSystem) -> None:
    citizen = system.citizen()
    link, _ = ask_for_link(citizen)
    httpx.post(f"{system.parts.identity_url}/_control/key", trust_env=False).raise_for_status()
    assert "Pronto, Maria" in citizen.say(Visitor(system).sign_in(link).code).text


def test_guessing_the_code_ends_after_five_tries(system: WholeSystem) -> None:
    attacker = system.citizen()
    link, _ = ask_for_link(attacker)
    victim = Visitor(system)
    right = victim.sign_in(link).code
    wrong = [f"{(int(right) + number) % 1_000_000:06d}" for number in range(1, 6)]
    said = [attacker.say(code).text for code in wrong]
    assert ["não confere" in text for text in said] == [True] * 4 + [False]
    assert "deixou de valer" in said[4]
    assert "Pronto" not in attacker.say(right).text
    assert nobody_is_in(attacker)
    assert "escrito errado muitas vezes" in victim.open(f"{system.url}/entrar/codigo").text


def test_guesses_in_parallel_and_over_several_conversations_are_counted_together(system: WholeSystem) -> None:
    """A script writes twenty codes at once, the right one last; then it begins new conversations for more links."""
    attacker = system.citizen()
    link, _ = ask_for_link(attacker)
    right = Visitor(system).sign_in(link).code
    codes = [f"{(int(right) + number) % 1_000_000:06d}" for number in range(1, 20)] + [right]
    with ThreadPoolExecutor(len(codes)) as at_once:
        sent = list(at_once.map(lambda code: attacker.post(text=code), codes[:-1]))
    sent.append(attacker.post(text=right))
    said = [attacker.answer(identifier).text for identifier in sent]
    assert sum("não confere" in text for text in said) == 4
    assert sum("deixou de valer" in text for text in said) == 1
    assert not [text for text in said if "Pronto" in text]
    assert nobody_is_in(attacker)

    links = 2  # the one above and that of the last question
    while links < 5:
        attacker.open(new=True)
        ask_for_link(attacker)
        links += 1
    attacker.open(new=True)
    assert "Você pediu muitos links" in attacker.say("minhas pendências").text


def test_a_link_that_is_in_use_does_not_serve_another_device(system: WholeSystem) -> None:
    citizen = system.citizen()
    link, _ = ask_for_link(citizen)
    first, second = Visitor(system), Visitor(system)
    page = second.open(link)
    shown = first.sign_in(link)
    assert second.answer(link, page, "yes").status_code == 409
    assert "já foi aberto" in second.open(link).text
    second.answer(link, page, "yes")
    assert sum("foi aberto de novo" in text for text in said_by_itself(citizen)) == 1
    assert "Pronto, Maria" in citizen.say(shown.code).text


def test_no_address_of_a_request_is_ever_redirected_to(system: WholeSystem) -> None:
    visitor = Visitor(system)
    citizen = system.citizen()
    link, _ = ask_for_link(citizen)
    evil = "https%3A%2F%2Fevil.example%2F"
    for path in (
        f"{link}?next={evil}",
        f"{system.url}/entrar/retorno?redirect_uri={evil}&next={evil}&state={evil}",
        f"{system.url}/entrar/aviso/{evil}",
        f"{system.url}/entrar/aviso/..%2f..%2fevil.example",
        f"{system.url}/entrar//evil.example",
    ):
        answer = visitor.http.get(path)
        assert "evil.example" not in answer.headers.get("location", "")
        assert "evil.example" not in answer.text or answer.status_code == 404
    begun = visitor.accept(link)
    assert begun.headers["location"].startswith(f"{system.parts.identity_url}/authorize?")
    assert parameter(begun.headers["location"], "redirect_uri") == f"{system.url}/entrar/retorno"


def test_what_goes_to_the_provider_is_what_the_standard_asks(system: WholeSystem) -> None:
    link, _ = ask_for_link(system.citizen())
    first = Visitor(system).accept(link).headers["location"]
    link, _ = ask_for_link(system.citizen())
    second = Visitor(system).accept(link).headers["location"]
    assert parameter(first, "code_challenge_method") == "S256"
    assert parameter(first, "response_type") == "code"
    for name in ("state", "nonce", "code_challenge"):
        assert len(parameter(first, name)) >= 43
        assert parameter(first, name) != parameter(second, name)


def test_the_pages_are_locked_down(system: WholeSystem) -> None:
    link, _ = ask_for_link(system.citizen())
    headers = Visitor(system).open(link).response.headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy
    assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")
    cookie = headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie
    assert "domain" not in cookie


def test_a_link_is_kept_sealed_and_is_gone_when_it_was_used(system: WholeSystem) -> None:
    citizen = system.citizen()
    link, _ = ask_for_link(citizen)
    token = link.rpartition("/")[2]
    files = [path for path in system.state_dir.rglob("*") if path.is_file()]
    assert [path.name for path in files if token.encode() in path.read_bytes()] == []
    Visitor(system).accept(link)
    assert token not in str(citizen.history())


def test_a_page_of_an_unknown_link_says_what_to_do(system: WholeSystem) -> None:
    page: Page = Visitor(system).open(f"{system.url}/entrar/{'x' * 43}")
    assert page.status == 404
    assert "Volte à conversa e peça outro" in page.text
