"""Answers of any kind: unknown fields survive, broken ones are refused, and nothing ever escapes the error tree."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from portal import BrokenAnswer, NotFound, PortalClient, PortalError, PortalSettings, Process, RetryPolicy
from portal._config import MAX_ANSWER_BYTES
from sandbox.portal import views
from sandbox.portal.build import BUSY, EXAMPLE, VISITOR

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.portal.world import World

    Connect = Callable[..., PortalClient]

TOKEN_ANSWER = {"access_token": "t", "token_type": "Bearer", "expires_in": 300}


def answering(status: int, body: bytes, headers: dict[str, str] | None = None) -> httpx.MockTransport:
    def handle(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(200, json=TOKEN_ANSWER)
        return httpx.Response(status, content=body, headers=headers)

    return httpx.MockTransport(handle)


@pytest.fixture
def record(world: World) -> dict[str, Any]:
    """The example process as the backend shows it to strangers."""
    return views.process(world.find(*EXAMPLE)[0], everything=False)


async def find(connect: Connect, answer: object) -> Process:
    return await connect(answering(200, json.dumps(answer).encode())).find_process(*EXAMPLE)


async def test_fields_that_we_do_not_know_are_ignored(connect: Connect, record: dict[str, Any]) -> None:
    record |= {"nuVersao": 7, "extra": {"a": [1]}}
    record["movimentos"][0]["flNovo"] = True

    assert (await find(connect, {"processos": [record], "pagina": 1})).number == 500100


@pytest.mark.parametrize("missing", ["nmUnidadeAtual", "dtRecebimento", "movimentos", "interessados"])
async def test_optional_fields_may_be_missing(connect: Connect, record: dict[str, Any], missing: str) -> None:
    del record[missing]

    assert (await find(connect, {"processos": [record]})).number == 500100


@pytest.mark.parametrize("missing", ["idProcesso", "dsAssunto", "dtAbertura", "dsSituacao", "tpProcesso"])
async def test_a_process_without_an_essential_field_is_refused(
    connect: Connect, record: dict[str, Any], missing: str
) -> None:
    del record[missing]

    with pytest.raises(BrokenAnswer):
        await find(connect, {"processos": [record]})


@pytest.mark.parametrize(
    ("field", "value"),
    [("dtAbertura", "14/03/2023"), ("dtAbertura", None), ("anoProcesso", "2023"), ("dsAssunto", 5), ("movimentos", {})],
)
async def test_a_field_of_another_type_is_refused(
    connect: Connect, record: dict[str, Any], field: str, value: object
) -> None:
    with pytest.raises(BrokenAnswer):
        await find(connect, {"processos": [record | {field: value}]})


@pytest.mark.parametrize("value", [BUSY.document, int(BUSY.document), [BUSY.document], {BUSY.document: BUSY.document}])
async def test_a_refusal_names_the_field_and_quotes_no_value(
    connect: Connect, record: dict[str, Any], value: object
) -> None:
    refusals: list[BrokenAnswer] = []
    for field in record:
        try:
            await find(connect, {"processos": [record | {field: value}]})
        except BrokenAnswer as error:
            refusals.append(error)

    assert len(refusals) >= 8
    assert not [error for error in refusals if BUSY.document in str(error) or error.__cause__]
    del record["dsAssunto"]
    with pytest.raises(BrokenAnswer, match=r"`dsAssunto` - at `\$\.processos\[0\]`"):
        await find(connect, {"processos": [record]})


async def test_an_answer_that_is_no_text_is_not_kept_in_the_error(connect: Connect) -> None:
    with pytest.raises(BrokenAnswer) as caught:
        await connect(answering(200, b'{"processos": "' + BUSY.document.encode() + b'\xff"}')).find_process(*EXAMPLE)

    assert BUSY.document not in f"{caught.value!r} {caught.value.__cause__!r}"


async def test_another_process_than_the_one_asked_for_is_refused(connect: Connect, record: dict[str, Any]) -> None:
    with pytest.raises(BrokenAnswer):
        await find(connect, {"processos": [record | {"nuProcesso": 500101}]})


async def test_an_empty_list_of_processes_is_not_found(connect: Connect) -> None:
    with pytest.raises(NotFound):
        await find(connect, {"processos": []})


async def test_a_list_longer_than_its_total_is_refused(connect: Connect, world: World) -> None:
    items = [views.pendency(item) for item in world.pendencies_of(BUSY.document)]

    with pytest.raises(BrokenAnswer):
        await connect(answering(200, json.dumps({"pendencias": items, "total": 1}).encode())).list_pendencies(
            BUSY.document
        )


LISTS = {"pendencias": "list_pendencies", "processos": "list_processes", "vistas": "list_views"}


@pytest.mark.parametrize(("name", "operation"), LISTS.items())
async def test_an_empty_list_whose_total_is_not_zero_proves_nothing(
    connect: Connect, name: str, operation: str
) -> None:
    ask = getattr(connect(answering(200, json.dumps({name: [], "total": 7}).encode())), operation)
    with pytest.raises(BrokenAnswer, match="empty"):
        await ask(BUSY.document)

    nothing = getattr(connect(answering(200, json.dumps({name: [], "total": 0}).encode())), operation)
    assert (await nothing(BUSY.document)).total == 0


def listed(world: World, *situations: str, total: int | None = None) -> httpx.MockTransport:
    """The answer of a backend that ignores the filter: pendencies of any situation."""
    one = views.pendency(world.pendencies_of(BUSY.document)[0])
    items = [one | {"idPendencia": number, "stPendencia": word} for number, word in enumerate(situations, start=1)]
    return answering(200, json.dumps({"pendencias": items, "total": len(items) if total is None else total}).encode())


async def test_finished_pendencies_never_pass_for_open_ones(connect: Connect, world: World) -> None:
    page = await connect(listed(world, "Finalizada", "Aberta", "Finalizada")).list_pendencies(BUSY.document)
    assert ([item.id for item in page.items], page.total) == ([2], 1)

    page = await connect(listed(world, *["Finalizada"] * 3)).list_pendencies(BUSY.document)
    assert (page.items, page.total) == ((), 0)


@pytest.mark.parametrize("others", [["Finalizada"] * 49, ["Aberta"] * 49], ids=["finished", "open"])
async def test_how_many_are_open_is_not_guessed_from_a_page_that_does_not_hold_all(
    connect: Connect, world: World, others: list[str]
) -> None:
    with pytest.raises(BrokenAnswer, match="filter"):
        await connect(listed(world, "Finalizada", *others, total=80)).list_pendencies(BUSY.document)

    page = await connect(listed(world, *["Aberta"] * 50, total=80)).list_pendencies(BUSY.document)
    assert (len(page.items), page.total) == (50, 80)


@pytest.mark.parametrize("word", ["Em aberto", "Pendente", "A", "", "Fechada", BUSY.document])
async def test_a_situation_that_we_do_not_know_is_taken_for_none(connect: Connect, world: World, word: str) -> None:
    portal = connect(listed(world, "Aberta", word))

    with pytest.raises(BrokenAnswer, match=r"Aberta or Finalizada - at `\$\.pendencias\[1\]`") as caught:
        await portal.list_pendencies(BUSY.document)
    assert BUSY.document not in str(caught.value)
    with pytest.raises(BrokenAnswer, match="Ativo or Expirado"):
        await connect(of_a_view(world, word)).list_views(VISITOR.document)


@pytest.mark.parametrize("write", [str, str.upper, str.lower, lambda word: f" {word} "])
async def test_a_situation_is_known_in_whatever_case(
    connect: Connect, world: World, write: Callable[[str], str]
) -> None:
    page = await connect(listed(world, write("Aberta"), write("Finalizada"))).list_pendencies(BUSY.document)
    assert page.total == 1

    active = await connect(of_a_view(world, write("Ativo"))).list_views(VISITOR.document)
    assert active.items[0].active


def of_a_view(world: World, situation: str) -> httpx.MockTransport:
    view = views.view(world.views_of(VISITOR.document)[0], world.today) | {"stVista": situation}
    return answering(200, json.dumps({"vistas": [view], "total": 1}).encode())


async def test_a_new_type_of_pendency_is_shown_as_it_is_called(connect: Connect, world: World) -> None:
    item = views.pendency(world.pendencies_of(BUSY.document)[0]) | {"tpPendencia": "Ciência de despacho"}
    portal = connect(answering(200, json.dumps({"pendencias": [item], "total": 1}).encode()))

    (pendency,) = (await portal.list_pendencies(BUSY.document)).items
    assert (pendency.type, pendency.is_signature) == ("Ciência de despacho", False)


async def test_an_answer_that_is_right_but_far_too_large_is_refused(connect: Connect, record: dict[str, Any]) -> None:
    assert (await find(connect, {"processos": [record], "extra": "x" * (MAX_ANSWER_BYTES // 2)})).number == 500100

    with pytest.raises(BrokenAnswer, match="too large"):
        await find(connect, {"processos": [record], "extra": "x" * MAX_ANSWER_BYTES})


async def test_broken_compression_is_a_broken_answer(connect: Connect) -> None:
    with pytest.raises(BrokenAnswer):
        await connect(answering(200, b"no gzip", {"Content-Encoding": "gzip"})).find_process(*EXAMPLE)


async def test_a_token_that_would_break_a_header_is_refused(connect: Connect) -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=TOKEN_ANSWER | {"access_token": "a\r\nX-Evil: 1"})

    with pytest.raises(BrokenAnswer):
        await connect(httpx.MockTransport(handle)).find_process(*EXAMPLE)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(["processos", "pendencias", "vistas", "documentos", "total", "codigo", "idPendencia"])
BODIES = st.binary(max_size=300) | st.one_of(JSON_VALUES, st.dictionaries(NAMES, JSON_VALUES)).map(
    lambda value: json.dumps(value).encode()
)


@given(status=st.integers(200, 599), body=BODIES)
@hypothesis_settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_the_backend_answers_only_portal_errors_come_out(
    settings: PortalSettings, status: int, body: bytes
) -> None:
    once = replace(settings, retry=RetryPolicy(attempts=1))
    async with PortalClient(once, transport=answering(status, body)) as portal:
        for ask in (
            portal.find_process(*EXAMPLE),
            portal.list_pendencies(BUSY.document),
            portal.list_processes(BUSY.document),
            portal.list_views(BUSY.document),
            portal.list_documents(1, BUSY.document),
            portal.get_pendency(1, BUSY.document),
        ):
            try:
                await ask
            except PortalError:
                continue
