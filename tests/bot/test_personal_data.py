"""Citizen sessions: personal answers reach their conversation only, are kept encrypted, and go with the session."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from starlette.responses import JSONResponse, Response

from bot.desk import FrontDesk
from bot.private import PrivateTemplates, PrivateUnknown
from bot.sentences import load_sentences
from tests.bot.conftest import PRIVATE_SECRET, ROOT, OpenDesk
from tests.bot.support.assistant import StandIn
from tests.bot.support.browser import Browser
from tests.bot.support.serving import until

CPF, NAME = "11144477735", "Maria Aparecida de Souza"
TODAY = date(2026, 11, 22)
TITLE, PAYLOAD = "Falta assinar", {"intent": "own_show", "entities": {"ref": "assinatura-ref"}}
PENDENCIES = {
    "kind": "pendencies",
    "total": 1,
    "items": [
        {"type": "Assinatura de documentos", "process": "PMP 2023/500100", "created": "2026-11-01", "deadline": None}
    ],
}


@pytest.fixture
def personal(stand_in: StandIn) -> StandIn:
    """Answers "pendências" with personal data, "sair" with the end of the session."""

    def script(body: dict[str, Any]) -> Response | None:
        if "payload" in body:
            return JSONResponse(stand_in.answer(body, text="Está bem."))
        custom: dict[str, Any] = {
            "pendências": {"private": PENDENCIES},
            "outra coisa": {"private": {"kind": "unheard of"}},
            "sair": {"command": "end_session"},
            "entrar": {"command": "request_login"},
            "pessoa": {"command": "request_human"},
        }.get(body["text"].strip(), {})
        if not custom:
            return None
        answer = stand_in.answer(body, custom=custom)
        if custom.get("private") is PENDENCIES:
            answer["messages"][0]["buttons"] = [{"title": TITLE, "payload": PAYLOAD}]
        if body["text"] in ("entrar", "pessoa"):
            answer["messages"][0]["text"] = "É preciso entrar."
        return JSONResponse(answer)

    stand_in.script = script
    return stand_in


async def everything_kept(desk: FrontDesk) -> str:
    """All rows of all tables, as text."""
    from bot.store.schema import metadata  # noqa: PLC0415

    def read(connection: Any) -> str:
        rows = [str(tuple(row)) for table in metadata.sorted_tables for row in connection.execute(table.select())]
        return "\n".join(rows)

    return await desk.store.database.read(read)


def files(desk: FrontDesk) -> bytes:
    return b"".join(path.read_bytes() for path in Path(desk.settings.state_dir).rglob("*") if path.is_file())


async def test_a_personal_answer_is_shown_kept_encrypted_and_erased_with_the_session(
    open_desk: OpenDesk, personal: StandIn
) -> None:
    async with open_desk() as (url, desk), Browser(url) as browser:
        await browser.ask("oi")
        session = await desk.sessions.create(browser.conversation, CPF, NAME, ttl=60)
        answer = await browser.ask("pendências")
        assert "Assinatura de documentos" in answer["text"]
        assert "sem prazo" in answer["text"]
        assert personal.seen[-1]["metadata"]["session"] == session
        kept = await everything_kept(desk)
        for secret in (CPF, NAME, session, "Assinatura de documentos"):
            assert secret not in kept
            assert secret.encode() not in files(desk)
        ended = await browser.ask("sair")
        assert ended["text"] == f"{desk.sentences.session_ended}\n\n{desk.sentences.login.left_all}"
        await browser.ask("e agora?")
        assert personal.seen[-1]["metadata"]["session"] is None
        async with Browser(url, cookies=browser.http.cookies) as reloaded:
            await until(lambda: len(reloaded.said()) == 4)
            assert reloaded.texts()[1] == desk.sentences.private.gone
        assert await desk.sessions.read(session) is None


async def test_the_buttons_of_a_personal_answer_are_sealed_and_go_with_the_session(
    open_desk: OpenDesk, personal: StandIn
) -> None:
    async with open_desk() as (url, desk), Browser(url) as browser:
        await browser.ask("oi")
        await desk.sessions.create(browser.conversation, CPF, NAME, ttl=60)
        answer = await browser.ask("pendências")
        (button,) = answer["buttons"]
        assert button["title"] == TITLE
        await browser.answer(await browser.send(button=button["id"]))
        assert personal.seen[-1]["payload"] == PAYLOAD
        assert personal.seen[-1]["text"] == TITLE
        await browser.ask("1")
        assert personal.seen[-1]["payload"] == PAYLOAD
        kept = await everything_kept(desk)
        for secret in (TITLE, PAYLOAD["intent"], "assinatura-ref"):
            assert secret not in kept
            assert secret.encode() not in files(desk)
        async with Browser(url, cookies=browser.http.cookies) as reloaded:
            await until(lambda: len(reloaded.said()) == 4)
            assert reloaded.said()[1]["buttons"] == answer["buttons"]
            assert TITLE in [data.get("text") for _, _, data in reloaded.events if data.get("from") == "citizen"]
        await browser.ask("sair")
        async with Browser(url, cookies=browser.http.cookies) as reloaded:
            await until(lambda: len(reloaded.said()) == 5)
            assert reloaded.said()[1]["buttons"] == []
        again = await browser.answer(await browser.send(button=button["id"]))
        assert again["text"] == desk.sentences.button_unknown
        await browser.ask("1")
        assert "payload" not in personal.seen[-1]
        assert '"sealed":"' not in await everything_kept(desk)


async def test_a_session_that_is_over_is_nobody_s(open_desk: OpenDesk, personal: StandIn) -> None:
    async with open_desk() as (url, desk), Browser(url) as browser:
        await browser.ask("oi")
        session = await desk.sessions.create(browser.conversation, CPF, NAME, ttl=60)
        await browser.ask("pendências")
        await desk.store.database.write(
            lambda connection: connection.execute(text("UPDATE citizen_sessions SET expires_at = 1"))
        )
        assert await desk.sessions.read(session) is None
        answer = await browser.ask("pendências")
        assert answer["text"] == desk.sentences.private.gone
        assert personal.seen[-1]["metadata"]["session"] is None
        assert await desk.store.end_expired_sessions() == [browser.conversation]
        kept = await desk.store.transcript(browser.conversation, 0)
        assert all(row.secret is None for row in kept)


async def test_a_new_session_ends_the_one_before(open_desk: OpenDesk) -> None:
    async with open_desk() as (url, desk), Browser(url) as browser:
        await browser.ask("oi")
        first = await desk.sessions.create(browser.conversation, CPF, NAME, ttl=60)
        second = await desk.sessions.create(browser.conversation, "52998224725", "Outra Pessoa", ttl=60)
        assert await desk.sessions.read(first) is None
        citizen = await desk.sessions.read(second)
        assert citizen is not None
        assert citizen.name == "Outra Pessoa"


async def test_data_without_a_template_is_answered_truthfully(open_desk: OpenDesk, personal: StandIn) -> None:
    async with open_desk() as (url, desk), Browser(url) as browser:
        await browser.ask("oi")
        await desk.sessions.create(browser.conversation, CPF, NAME, ttl=60)
        assert (await browser.ask("outra coisa"))["text"] == desk.sentences.private.unknown


async def test_asking_to_sign_in_names_the_portal_where_it_is_known(
    make_settings: Callable[..., Any], open_desk: OpenDesk, personal: StandIn, tmp_path: Path
) -> None:
    (tmp_path / "front_desk.yml").write_bytes((ROOT / "data" / "front_desk.yml").read_bytes())
    (tmp_path / "city.yml").write_text("city_hall: P\nportal: {url: 'https://portal.example'}\n", encoding="utf-8")
    async with open_desk(data_dir=tmp_path) as (url, _), Browser(url) as browser:
        await browser.ask("oi")
        assert "https://portal.example" in (await browser.ask("entrar"))["text"]
        assert (await browser.ask("pessoa"))["text"] == "É preciso entrar."
    (tmp_path / "city.yml").write_text("city_hall: P\n", encoding="utf-8")
    async with open_desk(data_dir=tmp_path) as (url, _), Browser(url) as browser:
        await browser.ask("oi")
        assert (await browser.ask("entrar"))["text"] == "É preciso entrar."


async def test_the_private_api_needs_its_secret_and_leaves_an_audit_line(open_desk: OpenDesk) -> None:
    async with open_desk() as (url, desk), httpx.AsyncClient(base_url=url, trust_env=False) as client:
        session = await desk.sessions.create("c1", CPF, NAME, ttl=60)
        path = f"/private/sessions/{session}"
        for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": PRIVATE_SECRET}):
            answer = await client.get(path, headers=headers)
            assert answer.status_code == 401
            assert NAME not in answer.text
        headers = {"Authorization": f"Bearer {PRIVATE_SECRET}"}
        assert (await client.get(path, headers=headers)).json() == {"document": CPF, "name": NAME}
        unknown = await client.get("/private/sessions/x", headers=headers)
        assert (unknown.status_code, unknown.json()) == (404, {"error": "session_unknown"})

        def lines(connection: Any) -> list[tuple[str, bool]]:
            rows = connection.execute(text("SELECT event, subject IS NOT NULL FROM audit ORDER BY id"))
            return [(event, bool(subject)) for event, subject in rows]

        assert await desk.store.database.read(lines) == [
            ("session_started", True),
            ("session_read", True),
            ("session_unknown", False),
        ]


async def test_without_a_private_secret_nobody_gets_in(open_desk: OpenDesk) -> None:
    async with open_desk(private_secret=None) as (url, desk), httpx.AsyncClient(base_url=url) as client:
        session = await desk.sessions.create("c1", CPF, NAME, ttl=60)
        for value in ("", "Bearer", "Bearer None"):
            answer = await client.get(f"/private/sessions/{session}", headers={"Authorization": value})
            assert answer.status_code == 401


@pytest.fixture
def templates() -> PrivateTemplates:
    sentences = load_sentences(ROOT / "data" / "front_desk.yml", ROOT / "data" / "city.yml")
    return PrivateTemplates(sentences.private, today=lambda: TODAY)


def pendency(number: int, deadline: str | None) -> dict[str, object]:
    return {"type": f"Tipo {number}", "process": f"PMP 2023/{number}", "created": "2026-11-01", "deadline": deadline}


def test_pendencies_in_words(templates: PrivateTemplates) -> None:
    deadlines = ["2026-11-25", "2026-11-22", "2026-11-23", "2026-11-21", "2026-11-12"]
    items = [pendency(number, deadline) for number, deadline in enumerate(deadlines)]
    first, blank, *lines, end, how = templates.render({"kind": "pendencies", "total": 5, "items": items}).splitlines()
    assert (first, blank, end) == ("Estas são as suas 5 pendências abertas:", "", "")
    assert how == "Para ver o que fazer em uma delas, escreva o número dela."
    words = ["vence em 3 dias", "vence hoje", "vence amanhã", "vencida desde ontem", "vencida há 10 dias"]
    for number, (line, when) in enumerate(zip(lines, words, strict=True)):
        assert line.startswith(f"{number + 1}. **Tipo {number}**, processo PMP 2023/{number}: {when}")


def test_many_are_counted_first_and_none_is_good_news(templates: PrivateTemplates) -> None:
    items = [pendency(number, None) for number in range(8)]
    none_urgent = {"overdue": 0, "today": 0, "soon": 0, "counted": 12}
    many = templates.render({"kind": "pendencies", "total": 12, "items": items, **none_urgent})
    assert many.startswith("Você tem **12 pendências** abertas. Mostro 8 delas:\n\n1. ")
    assert many.count("sem prazo") == 8
    all_of_them = templates.render({"kind": "pendencies", "total": 8, "items": items, **none_urgent})
    assert all_of_them.startswith("Você tem **8 pendências** abertas:\n\n1. ")
    one = templates.render({"kind": "pendencies", "total": 1, "items": items[:1]})
    assert one.startswith("Você tem **1 pendência** aberta:")
    assert "não tem pendências" in templates.render({"kind": "pendencies", "total": 0, "items": []})


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((5, 1, 4, 14), "abertas: 5 vencidas, 1 que vence hoje e 4 que vencem em até 7 dias. Mostro 10 delas:"),
        ((1, 0, 1, 14), "abertas: 1 vencida e 1 que vence em até 7 dias. Mostro 10 delas:"),
        ((0, 2, 0, 14), "abertas: 2 que vencem hoje. Mostro 10 delas:"),
        ((5, 1, 0, 11), "abertas. Nas 11 que consegui ler: 5 vencidas e 1 que vence hoje. Mostro 10 delas:"),
    ],
)
def test_of_many_it_is_said_first_how_many_are_urgent(
    templates: PrivateTemplates, counts: tuple[int, int, int, int], words: str
) -> None:
    data = {
        "kind": "pendencies",
        "total": 14,
        "items": [pendency(number, None) for number in range(10)],
        **dict(zip(("overdue", "today", "soon", "counted"), counts, strict=True)),
    }
    assert templates.render(data).splitlines()[:2] == [f"Você tem **14 pendências** {words}", ""]
    if counts == (5, 1, 4, 14):
        of_a_company = templates.render({**data, "owner": "Padaria"})
        assert of_a_company.startswith("Pendências abertas de Padaria: **14**, sendo 5 vencidas, 1 que vence hoje e")
        seven = templates.render({**data, "total": 10, "counted": 10})
        assert seven.startswith("Você tem **10 pendências** abertas: 5 vencidas, 1 que vence hoje e 4 que vencem em")
        assert seven.splitlines()[0].endswith(" em até 7 dias.")


def test_processes_in_words(templates: PrivateTemplates) -> None:
    item = {
        "process": "PMP 2023/500100",
        "subject": "Alvará",
        "status": "Em análise",
        "agency": "PMP",
        "opened": "2023-05-02",
    }
    said = templates.render({"kind": "processes", "total": 1, "items": [item]})
    assert said.splitlines()[-3] == "1. **PMP 2023/500100**, Alvará: Em análise (PMP), aberto em 02/05/2023"
    assert "Não encontrei processos" in templates.render({"kind": "processes", "total": 0, "items": []})


def test_one_pendency_in_words(templates: PrivateTemplates) -> None:
    item = {**pendency(1, "2026-11-25"), "kind": "pendency", "open": True, "next": "sign", "subject": None}
    said = templates.render({**item, "instructions": "Apresentar *a* planta."})
    assert said.startswith("**Tipo 1**, processo PMP 2023/1\n\n- Prazo: 25/11/2026 (vence em 3 dias)\n")
    assert "O que pedem: Apresentar \\*a\\* planta." in said
    assert "botão **Resolver**" in said
    without = templates.render({**item, "instructions": None, "deadline": None, "next": "resolve_pendency"})
    assert "- Prazo: sem prazo" in without
    assert "fale com a secretaria responsável" in without
    assert "botão é **Resolver pendência**" in without
    assert "já foi encerrada" in templates.render({**item, "open": False, "instructions": None})


@pytest.mark.parametrize(
    ("expires", "active", "words"),
    [
        ("2026-11-22", True, "o acesso termina hoje"),
        ("2026-11-23", True, "o acesso termina amanhã"),
        ("2026-12-12", True, "o acesso vale até 12/12/2026 (mais 20 dias)"),
        ("2026-10-08", False, "o acesso terminou em 08/10/2026"),
        ("2026-12-12", False, "o acesso terminou"),  # taken back before its day
    ],
)
def test_until_when_a_view_lasts(templates: PrivateTemplates, expires: str, active: bool, words: str) -> None:
    item = {"process": "PMP 2023/1", "granted": "2026-10-01", "expires": expires, "active": active}
    said = templates.render({"kind": "views", "total": 1, "items": [item]})
    assert f"1. **PMP 2023/1**: {words}" in said.splitlines()


def test_a_process_in_words_whole_and_not(templates: PrivateTemplates) -> None:
    facts = {"process": "PMP 2023/1", "subject": "A", "type": "T", "status": "S", "agency": "P", "unit": None}
    steps = [{"day": "2026-11-01", "title": "Aberto", "text": "Protocolado"}]
    whole = {"kind": "process", **facts, "opened": "2026-11-01", "movements": steps, "parties": ["Ana", "Eva"]}
    said = templates.render({**whole, "whole": True, "until": "2026-11-22"})
    assert "- Interessados: Ana, Eva" in said
    assert "- Seu acesso a este processo termina hoje" in said
    assert "- 01/11/2026: Aberto. Protocolado" in said
    basic = templates.render({**whole, "movements": [], "parties": [], "whole": False, "until": "2026-11-20"})
    assert "Interessados" not in basic
    assert "Ainda não há movimentações registradas." in basic
    assert "terminou em 20/11/2026. Por isso, aqui aparecem só os dados básicos." in basic
    granted = templates.render({**whole, "parties": [], "whole": False, "until": "2026-12-15"})
    assert "vale até 15/12/2026 (mais 23 dias), mas agora o portal mostrou só os dados básicos." in granted
    unknown = templates.render({**whole, "parties": [], "whole": False, "until": None})
    assert "O portal mostrou só os dados básicos deste processo." in unknown
    assert "Por isso" not in granted + unknown


def test_documents_and_companies_in_words(templates: PrivateTemplates) -> None:
    items = [{"name": "planta_final.pdf", "added": "2026-11-01"}] * 3
    said = templates.render({"kind": "documents", "process": "PMP 2023/1", "total": 30, "items": items})
    assert "tem **30 documentos**. Mostro 3 deles:" in said
    assert said.count("- planta\\_final.pdf (incluído em 01/11/2026)") == 3
    company = templates.render({"kind": "company", "name": "Padaria", "processes": 2, "pendencies": 0})
    assert "Não há nada esperando resposta" in company
    assert "2. B" in templates.render({"kind": "companies", "total": 2, "items": [{"name": "A"}, {"name": "B"}]})


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"kind": "pendency"},
        {"kind": "process", "process": "PMP 2023/1"},
        {"kind": "views", "items": [{"process": "x", "active": True, "expires": "nunca"}]},
        {"kind": "x", "items": []},
        {"kind": "pendencies"},
        {"kind": "pendencies", "items": [{}]},
        {"kind": "pendencies", "items": [pendency(1, "amanhã")]},
    ],
)
def test_data_that_lacks_something_is_a_named_error(templates: PrivateTemplates, data: dict[str, object]) -> None:
    with pytest.raises(PrivateUnknown):
        templates.render(data)


def test_names_from_the_portal_are_text_and_never_markup(templates: PrivateTemplates) -> None:
    item = {**pendency(1, None), "type": "**x** [y](https://z)\n# t", "process": None}
    said = templates.render({"kind": "pendencies", "total": 1, "items": [item]})
    assert said.splitlines()[-3].startswith(r"1. **\*\*x\*\* \[y\](https://z) \# t**: sem prazo")
