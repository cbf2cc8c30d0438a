"""What each operation brings, and what a stranger does not get. Every exchange here is held against the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from portal import (
    PENDENCY_TYPES,
    InvalidRequest,
    NotAParty,
    NotFound,
    PortalClient,
    Restricted,
    SeveralFound,
)
from sandbox.portal.build import (
    ALPHANUMERIC_COMPANY,
    BARE,
    BUSY,
    COMPANY,
    EXAMPLE,
    IDLE,
    NEWCOMER,
    SECRET,
    SEVERAL,
    VISITOR,
)
from sandbox.portal.documents import formatted

if TYPE_CHECKING:
    from sandbox.portal.world import World


async def test_a_stranger_sees_the_basic_data_of_a_process(portal: PortalClient) -> None:
    process = await portal.find_process(*EXAMPLE)

    assert process.reference == "PMP 2023/500100"
    assert process.type == "Alvará de construção"
    assert process.subject == "Alvará de construção de residência unifamiliar"
    assert process.situation == "Em andamento"
    assert process.current_agency == "PMP"
    assert process.current_unit == "Setor de Fiscalização de Obras"
    assert process.opened.isoformat() == "2023-03-14"


async def test_a_stranger_sees_masked_parties_and_no_text_of_movements(portal: PortalClient) -> None:
    process = await portal.find_process(*EXAMPLE)

    shown = repr(process)
    assert {party.name for party in process.parties} == {"M*** A*** d*** S***", "C*** B*** V*** L***"}
    assert process.parties[0].document == "***.444.777-**"
    for party in (BUSY, COMPANY):
        assert party.name not in shown
        assert formatted(party.document) not in shown
        assert party.document not in shown
    assert all(step.text is None for step in process.movements)


async def test_a_party_sees_the_parties_and_the_movements_in_full(portal: PortalClient) -> None:
    process = await portal.find_process(*EXAMPLE, document=BUSY.document)

    assert {party.name for party in process.parties} == {BUSY.name, COMPANY.name}
    assert all(step.text for step in process.movements)


async def test_movements_are_given_newest_first(portal: PortalClient) -> None:
    latest = (await portal.find_process(*EXAMPLE)).latest_movements(3)

    assert [step.title for step in latest] == ["Vistoria agendada", "Habite-se solicitado", "Alvará emitido"]


async def test_a_process_may_have_neither_unit_nor_movements(portal: PortalClient) -> None:
    process = await portal.find_process(*BARE)

    assert process.current_unit is None
    assert process.latest_movements(3) == ()


async def test_an_unknown_process_is_not_found(portal: PortalClient) -> None:
    with pytest.raises(NotFound):
        await portal.find_process("PMP", 2023, 999_999)


async def test_one_number_in_several_classifications_brings_the_candidates(portal: PortalClient) -> None:
    with pytest.raises(SeveralFound) as caught:
        await portal.find_process(*SEVERAL)

    assert {item.classification for item in caught.value.candidates} == {
        "Processo administrativo",
        "Requerimento",
        "Protocolo",
    }


async def test_the_classification_tells_them_apart(portal: PortalClient) -> None:
    process = await portal.find_process(*SEVERAL, classification="Requerimento")

    assert process.type == "Revisão de conta"


async def test_a_secret_process_is_restricted_for_strangers(portal: PortalClient) -> None:
    with pytest.raises(Restricted):
        await portal.find_process(*SECRET)
    with pytest.raises(Restricted):
        await portal.find_process(*SECRET, document=IDLE.document)


async def test_a_secret_process_is_shown_to_its_party(portal: PortalClient) -> None:
    assert (await portal.find_process(*SECRET, document=BUSY.document)).agency == "PMP"


@pytest.mark.parametrize(
    ("agency", "year", "number"),
    [("pmp", 2023, 1), ("PMP; DROP", 2023, 1), ("", 2023, 1), ("PMP", 23, 1), ("PMP", 2023, 0), ("PMP", 2023, 10**9)],
)
async def test_a_senseless_reference_is_not_even_sent(
    portal: PortalClient, sent: list[str], agency: str, year: int, number: int
) -> None:
    with pytest.raises(InvalidRequest):
        await portal.find_process(agency, year, number)
    assert sent == []


@pytest.mark.parametrize("document", ["", "111.444.777-35", "1114447773", "12abc34501de35", "11144477735\n", "x" * 14])
async def test_a_senseless_document_is_not_even_sent(portal: PortalClient, sent: list[str], document: str) -> None:
    with pytest.raises(InvalidRequest):
        await portal.list_pendencies(document)
    assert sent == []


async def test_open_pendencies_come_with_the_nearest_deadline_first(portal: PortalClient) -> None:
    page = await portal.list_pendencies(BUSY.document)

    deadlines = [item.deadline for item in page.items if item.deadline]
    assert page.total == len(page.items) == 14
    assert all(item.open for item in page.items)
    assert deadlines == sorted(deadlines)
    assert page.items[-1].deadline is None
    assert {item.type for item in page.items} == set(PENDENCY_TYPES)


async def test_finished_pendencies_come_only_when_asked_for(portal: PortalClient) -> None:
    assert (await portal.list_pendencies(IDLE.document)).total == 0

    page = await portal.list_pendencies(IDLE.document, only_open=False)
    assert [item.open for item in page.items] == [False]


async def test_the_total_counts_what_the_page_leaves_out(portal: PortalClient) -> None:
    page = await portal.list_pendencies(BUSY.document, limit=2)

    assert (len(page.items), page.total) == (2, 14)


async def test_somebody_new_has_nothing(portal: PortalClient) -> None:
    assert (await portal.list_pendencies(NEWCOMER.document)).total == 0
    assert (await portal.list_processes(NEWCOMER.document)).total == 0
    assert (await portal.list_views(NEWCOMER.document)).total == 0


async def test_the_detail_of_a_pendency_has_its_instructions(portal: PortalClient) -> None:
    first = (await portal.list_pendencies(BUSY.document)).items[0]

    detail = await portal.get_pendency(first.id, BUSY.document)
    assert first.instructions is None
    assert detail.instructions
    assert detail.id == first.id


async def test_somebody_elses_pendency_is_not_found(portal: PortalClient) -> None:
    first = (await portal.list_pendencies(BUSY.document)).items[0]

    with pytest.raises(NotFound):
        await portal.get_pendency(first.id, IDLE.document)


async def test_own_processes_are_listed_newest_first(portal: PortalClient) -> None:
    page = await portal.list_processes(BUSY.document)

    opened = [item.opened for item in page.items]
    assert opened == sorted(opened, reverse=True)
    assert "PMP 2023/500100" in {item.reference for item in page.items}
    assert "PMP 2022/410077" in {item.reference for item in page.items}


async def test_a_company_with_letters_in_its_cnpj_has_processes_too(portal: PortalClient) -> None:
    page = await portal.list_processes(ALPHANUMERIC_COMPANY.document)

    assert "SEMAE 2024/120045" in {item.reference for item in page.items}


async def test_granted_views_are_active_or_expired(portal: PortalClient) -> None:
    page = await portal.list_views(VISITOR.document)

    assert [(view.process, view.active) for view in page.items] == [
        ("PMP 2023/500100", True),
        ("IPASP 1998/312", False),
    ]


async def test_a_party_sees_the_documents_by_name(portal: PortalClient) -> None:
    process = await portal.find_process(*EXAMPLE, document=BUSY.document)

    documents = await portal.list_documents(process.id, BUSY.document)
    assert "Requerimento inicial.pdf" in {document.name for document in documents}


async def test_an_active_view_opens_the_documents_and_an_expired_one_does_not(
    portal: PortalClient, world: World
) -> None:
    active, expired = (view.process.id for view in world.views_of(VISITOR.document))

    assert await portal.list_documents(active, VISITOR.document)
    with pytest.raises(NotAParty):
        await portal.list_documents(expired, VISITOR.document)


async def test_whoever_is_no_party_sees_no_document(portal: PortalClient) -> None:
    process = await portal.find_process(*EXAMPLE)

    with pytest.raises(NotAParty):
        await portal.list_documents(process.id, IDLE.document)


async def test_the_documents_of_a_secret_process_are_not_even_refused_as_documents(
    portal: PortalClient, world: World
) -> None:
    (secret,) = world.find(*SECRET)

    with pytest.raises(Restricted):
        await portal.list_documents(secret.id, IDLE.document)


async def test_every_operation_was_held_against_the_contract(portal: PortalClient, sent: list[str]) -> None:
    process = await portal.find_process(*EXAMPLE)
    pendency = (await portal.list_pendencies(BUSY.document)).items[0]
    await portal.get_pendency(pendency.id, BUSY.document)
    await portal.list_processes(BUSY.document)
    await portal.list_views(BUSY.document)
    await portal.list_documents(process.id, BUSY.document)

    api = "/solarbpm-integracao"
    assert sent == [
        "/ungp-server-oauth/oauth/token",
        f"{api}/processos",
        f"{api}/pendencias",
        f"{api}/pendencias/{pendency.id}",
        f"{api}/processos/interessado",
        f"{api}/vistas",
        f"{api}/processos/{process.id}/documentos",
    ]
