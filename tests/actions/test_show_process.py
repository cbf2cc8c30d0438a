"""`action_show_process`: what is said of a process, and of each way in which it cannot be shown."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.portal.build import BARE, BUSY, EXAMPLE, IDLE, SECRET, SEVERAL
from sandbox.portal.faults import Fault, Faults

Reference = tuple[str, int, int]


def parts(reference: Reference) -> dict[str, str]:
    return dict(zip(("agency", "year", "number"), map(str, reference), strict=True))


async def test_a_process_is_shown_with_its_facts(assistant: Any) -> None:
    answer = await assistant.run("action_show_process", parts(EXAMPLE))

    (said,) = answer.responses
    assert said["response"] == "utter_process_found"
    assert {name: said[name] for name in said if name.startswith("process_")} == {
        "process_reference": "PMP 2023/500100",
        "process_subject": "Alvará de construção de residência unifamiliar",
        "process_type": "Alvará de construção",
        "process_situation": "Em andamento",
        "process_agency": "Prefeitura Municipal de Piracicaba",
        "process_place": "PMP, Setor de Fiscalização de Obras",
        "process_opened": "14/03/2023",
        "process_movements": (
            "- 10/11/2026: Vistoria agendada (Setor de Fiscalização de Obras)\n"
            "- 13/10/2026: Habite-se solicitado (Setor de Fiscalização de Obras)\n"
            "- 19/02/2024: Alvará emitido (Divisão de Análise de Projetos)"
        ),
    }


async def test_no_party_and_no_document_is_told(assistant: Any) -> None:
    answer = await assistant.run("action_show_process", parts(EXAMPLE), session="s-idle")

    for hidden in (BUSY.name, BUSY.document, "M***", ".pdf", "interessad"):
        assert hidden not in answer.body


async def test_agency_and_year_are_remembered_for_the_next_look_up(assistant: Any) -> None:
    for reference in (EXAMPLE, ("PMP", 2023, 999_999)):
        answer = await assistant.run("action_show_process", parts(reference))
        assert answer.slots == {"last_agency": "PMP", "last_year": "2023"}


async def test_a_process_without_unit_and_movements_is_shown(assistant: Any) -> None:
    (said,) = (await assistant.run("action_show_process", parts(BARE))).responses

    assert said["response"] == "utter_process_found_without_movements"
    assert said["process_place"] == "FUMEP"


async def test_an_unknown_process_is_not_found(assistant: Any) -> None:
    (said,) = (await assistant.run("action_show_process", parts(("PMP", 2023, 999_999)))).responses

    assert (said["response"], said["process_reference"]) == ("utter_process_not_found", "PMP 2023/999999")


async def test_several_processes_with_one_number_are_told_apart(assistant: Any) -> None:
    (said,) = (await assistant.run("action_show_process", parts(SEVERAL))).responses

    assert said["response"] == "utter_process_several"
    assert said["process_count"] == "3"
    assert said["process_candidates"].splitlines() == [
        "- Processo administrativo; Ligação nova de água; Em andamento; 06/05/2024; SEMAE, Divisão de Obras e Redes",
        "- Requerimento; Revisão de consumo por vazamento; Deferido; 07/05/2024; SEMAE, Divisão Comercial",
        "- Protocolo; Ligação nova de água; Arquivado; 09/05/2024; SEMAE",
    ]


@pytest.mark.parametrize("session", [None, "s-idle", "s-gone"])
async def test_a_secret_process_stays_secret_to_whoever_is_no_party(assistant: Any, session: str | None) -> None:
    answer = await assistant.run("action_show_process", parts(SECRET), session=session)

    (said,) = answer.responses
    assert said["response"] == "utter_process_secret"
    assert "process_subject" not in said


@pytest.mark.parametrize("reference", [EXAMPLE, SECRET], ids=str)
async def test_a_party_is_shown_more_and_only_as_data_that_is_sealed(assistant: Any, reference: Any) -> None:
    answer = await assistant.run("action_show_process", parts(reference), session="s-busy")

    (custom,) = answer.custom
    private = custom["private"]
    assert (private["kind"], private["whole"]) == ("process", True)
    assert BUSY.name in private["parties"]
    assert answer.names == ["utter_next_of_process"]
    assert [item["text"] for item in answer.responses if item["text"]] == []
    assert BUSY.document not in answer.body
    assert answer.slots == {"last_agency": reference[0], "last_year": str(reference[1])}


async def test_of_several_with_one_number_the_only_one_of_their_own_is_shown(assistant: Any) -> None:
    (custom,) = (await assistant.run("action_show_process", parts(SEVERAL), session="s-idle")).custom

    assert custom["private"]["parties"] == [IDLE.name]


@pytest.mark.parametrize(
    ("fault", "response"),
    [
        (Fault("status"), "utter_process_down"),
        (Fault("reset"), "utter_process_down"),
        (Fault("cut"), "utter_process_down"),
        (Fault("slow_drip", seconds=0.05), "utter_process_slow"),
        (Fault("broken_json"), "utter_process_broken"),
        (Fault("wrong_shape"), "utter_process_broken"),
        (Fault("redirect"), "utter_process_broken"),
        (Fault("status", status=404), "utter_process_broken"),
        (Fault("expired_token"), "utter_process_refused"),
    ],
    ids=str,
)
async def test_each_trouble_has_its_own_sentence(assistant: Any, faults: Faults, fault: Fault, response: str) -> None:
    faults.set(fault)

    answer = await assistant.run("action_show_process", parts(EXAMPLE))

    (said,) = answer.responses
    assert (answer.status, said["response"]) == (200, response)
    assert said["process_reference"] == "PMP 2023/500100"


async def test_a_backend_that_stays_down_is_not_waited_for(assistant: Any, faults: Faults) -> None:
    faults.set(Fault("hang"))
    for _ in range(2):
        await assistant.run("action_show_process", parts(EXAMPLE))

    started = time.monotonic()
    answer = await assistant.run("action_show_process", parts(EXAMPLE))
    assert answer.names == ["utter_process_down"]
    assert time.monotonic() - started < 0.3


@pytest.mark.parametrize(
    "slots", [{}, {"agency": "PMP", "year": "2023", "number": None}, {"agency": "PMP", "year": "x"}]
)
async def test_without_all_parts_it_explains_what_is_needed(assistant: Any, slots: dict[str, Any]) -> None:
    answer = await assistant.run("action_show_process", slots)

    assert answer.names == ["utter_process_help"]
    assert answer.events == []


@given(slots=st.dictionaries(st.sampled_from(["agency", "year", "number"]), st.none() | st.integers() | st.text()))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_the_slots_hold_something_is_said(assistant: Any, slots: dict[str, Any]) -> None:
    answer = await assistant.run("action_show_process", slots)

    assert answer.status == 200
    assert len(answer.names) == 1


async def test_a_reset_forgets_the_parts_and_the_failures_and_says_nothing(assistant: Any) -> None:
    answer = await assistant.run("action_reset_process", parts(EXAMPLE) | {"last_agency": "PMP"})

    assert answer.responses == []
    assert answer.slots == {"agency": None, "year": None, "number": None, "process_failures": None}
