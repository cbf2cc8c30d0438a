"""`action_list_pendencies` and `action_list_processes`: only for whoever signed in, and only as data."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

import httpx
import pytest
import yaml

from actions.application import Services
from actions.citizens import Asker, OwnAction
from actions.list_pendencies import ListPendencies
from actions.sessions import Citizen
from portal import BrokenAnswer, PortalClient, PortalSettings
from sandbox.portal import views
from sandbox.portal.build import BUSY, build_world
from sandbox.portal.faults import Fault, Faults
from tests.actions.conftest import CITY

TODAY = dt.date(2026, 11, 22)
LISTS = [
    ("action_list_views", "list_views", "utter_login_needed_views"),
    ("action_list_documents", "list_documents", "utter_login_needed_documents"),
    ("action_pendency_detail", "pendency_detail", "utter_login_needed_pendencies"),
    ("action_show_own_item", "show_own_item", "utter_login_needed_pendencies"),
    ("action_show_company", "show_company", "utter_login_needed_company"),
    ("action_list_pendencies", "list_pendencies", "utter_login_needed_pendencies"),
    ("action_list_processes", "list_processes", "utter_login_needed_processes"),
]


@pytest.mark.parametrize(("action", "purpose", "response"), LISTS)
async def test_without_a_session_signing_in_is_asked_for(
    assistant: Any, front_desk: Any, action: str, purpose: str, response: str
) -> None:
    answer = await assistant.run(action)

    assert answer.names == [response]
    assert answer.custom == [{"command": "request_login", "purpose": purpose}]
    assert front_desk.asked == []


@pytest.mark.parametrize(("action", "purpose", "response"), LISTS)
@pytest.mark.parametrize("session", ["s-gone", "../private", "..", "s busy", "s-busy/../s-idle", "x" * 300])
async def test_with_an_unknown_session_it_is_said_to_have_ended(
    assistant: Any, action: str, purpose: str, response: str, session: str
) -> None:
    answer = await assistant.run(action, session=session)

    assert answer.names == ["utter_session_expired", response]
    assert answer.custom == [{"command": "request_login", "purpose": purpose}]


async def test_the_most_urgent_pendencies_come_as_data_and_what_to_do_as_buttons(assistant: Any) -> None:
    answer = await assistant.run("action_list_pendencies", session="s-busy")

    assert answer.names == ["utter_next_sign_and_resolve"]
    assert set(answer.slots) == {"own_list"}
    (custom,) = answer.custom
    private = custom["private"]
    assert {name: private[name] for name in ("kind", "total", "counted", "overdue", "today", "soon")} == {
        "kind": "pendencies",
        "total": 14,
        "counted": 14,
        "overdue": 5,
        "today": 1,
        "soon": 4,
    }
    assert [item["days_left"] for item in private["items"]] == [-400, -90, -30, -7, -1, 0, 1, 2, 3, 7]
    assert set(private["items"][0]) == {"type", "process", "subject", "created", "deadline", "days_left", "next"}
    assert private["items"][5]["deadline"] == "2026-11-22"


async def test_a_signature_leads_to_signing_and_the_rest_to_answering(assistant: Any) -> None:
    (custom,) = (await assistant.run("action_list_pendencies", session="s-busy")).custom

    items = custom["private"]["items"]
    assert {item["next"] for item in items if item["type"] == "Assinatura de documentos"} == {"sign"}
    assert {item["next"] for item in items if item["type"] != "Assinatura de documentos"} == {"resolve_pendency"}
    assert custom["private"]["next"] == ["sign", "resolve_pendency"]


@pytest.mark.parametrize("session", ["s-idle", "s-new"])
async def test_no_open_pendency_is_an_empty_list(assistant: Any, session: str) -> None:
    (custom,) = (await assistant.run("action_list_pendencies", session=session)).custom

    private = custom["private"]
    assert (private["total"], private["items"], private["next"]) == (0, [], [])


@pytest.mark.parametrize(
    ("action", "session", "response"),
    [
        ("action_list_pendencies", "s-idle", "utter_next_none"),
        ("action_list_processes", "s-busy", "utter_next_of_processes"),
    ],
)
async def test_a_list_is_never_a_dead_end(assistant: Any, action: str, session: str, response: str) -> None:
    assert (await assistant.run(action, session=session)).names == [response]


async def test_own_processes_come_as_data_newest_first(assistant: Any) -> None:
    (custom,) = (await assistant.run("action_list_processes", session="s-busy")).custom

    private = custom["private"]
    opened = [item["opened"] for item in private["items"]]
    assert private["kind"] == "processes"
    assert private["total"] == 12
    assert len(private["items"]) == 10
    assert opened == sorted(opened, reverse=True)
    assert set(private["items"][0]) == {"process", "subject", "type", "status", "agency", "unit", "opened"}


async def test_a_company_with_letters_in_its_cnpj_is_served(assistant: Any) -> None:
    (custom,) = (await assistant.run("action_list_processes", session="s-company")).custom

    assert "SEMAE 2024/120045" in {item["process"] for item in custom["private"]["items"]}


async def test_a_button_carries_its_session_in_the_event(assistant: Any) -> None:
    """A message that skips the NLU has no metadata of its own."""
    events = [
        {"event": "user", "metadata": {"session": "s-gone"}},
        {"event": "user", "metadata": {"session": "s-idle"}},
        {"event": "action", "name": "action_listen"},
    ]
    answer = await assistant.run("action_list_processes", events=events)

    assert answer.custom[0]["private"]["total"] == 1


@pytest.mark.parametrize("trouble", ["500", "404", "rubbish", "hang"])
@pytest.mark.parametrize("action", ["action_list_pendencies", "action_list_documents", "action_show_process"])
async def test_when_no_front_desk_says_who_asks_the_action_fails_and_says_nothing(
    assistant: Any, front_desk: Any, action: str, trouble: str
) -> None:
    """The turn is repeated: an apology would be the answer, and so would be what a stranger may see."""
    front_desk.trouble = trouble

    answer = await assistant.run(action, {"agency": "PMP", "year": "2023", "number": "500100"}, session="s-busy")

    assert (answer.status, answer.body) == (503, '{"error":"front_desk_unavailable"}')


@pytest.mark.parametrize("action", [action for action, *_ in LISTS if action != "action_show_own_item"])
@pytest.mark.parametrize(
    ("fault", "response"),
    [
        (Fault("status"), "utter_own_down"),
        (Fault("slow_drip", seconds=0.05), "utter_own_slow"),
        (Fault("wrong_shape"), "utter_own_broken"),
        (Fault("expired_token"), "utter_own_refused"),
    ],
    ids=str,
)
async def test_each_trouble_of_the_portal_has_its_own_sentence(
    assistant: Any, faults: Faults, action: str, fault: Fault, response: str
) -> None:
    faults.set(fault)

    # Somebody whose session every one of the actions goes to the portal for.
    answer = await assistant.run(action, session="s-company")

    assert (answer.status, answer.names, answer.custom) == (200, [response], [])


async def test_nothing_personal_reaches_a_log(
    assistant: Any, faults: Faults, front_desk: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for action in ("action_list_pendencies", "action_list_processes"):
        answer = await assistant.run(action, session="s-busy")
        references = [item["process"] for item in answer.custom[0]["private"]["items"]]
        for fault in (Fault("broken_json"), Fault("status"), Fault("expired_token")):
            faults.set(fault)
            await assistant.run(action, session="s-busy")
        faults.clear()
        for front_desk.trouble in ("500", "rubbish", None):
            await assistant.run(action, session="s-busy")

    assert "action_list_pendencies: Down: status 500" in caplog.text
    for personal in (BUSY.document, BUSY.name, "444.777", *references):
        assert personal not in caplog.text


def backend_with(*situations: str, total: int) -> httpx.MockTransport:
    """One that ignores the filter."""
    one = views.pendency(build_world(TODAY).pendencies_of(BUSY.document)[0])
    shown = [one | {"idPendencia": number, "stPendencia": word} for number, word in enumerate(situations, start=1)]

    def backend(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(200, json={"access_token": "t", "token_type": "bearer"})
        return httpx.Response(200, json={"pendencias": shown, "total": total})

    return httpx.MockTransport(backend)


async def load(services: Services, settings: PortalSettings, backend: httpx.MockTransport) -> dict[str, Any]:
    async with PortalClient(settings, transport=backend) as portal:
        asker = Asker(Citizen(BUSY.document), "s", BUSY.document)
        private, _ = await ListPendencies(services.sessions, portal, services.today).load(asker)
    return private


async def test_a_backend_that_ignores_the_filter_does_not_make_finished_pendencies_look_open(
    services: Services, portal_settings: PortalSettings
) -> None:
    private = await load(services, portal_settings, backend_with("Aberta", "Finalizada", "Aberta", total=3))

    assert (private["total"], len(private["items"])) == (2, 2)


@pytest.mark.parametrize(
    ("situations", "total"),
    [([], 7), (["Finalizada"] * 50, 80), (["Em aberto"], 1)],
    ids=["empty, though there are some", "finished, and more unseen", "a word that is not known"],
)
async def test_that_nothing_is_open_is_never_guessed(
    services: Services, portal_settings: PortalSettings, situations: list[str], total: int
) -> None:
    with pytest.raises(BrokenAnswer):
        await load(services, portal_settings, backend_with(*situations, total=total))


async def test_the_counts_say_of_how_many_they_are(services: Services, portal_settings: PortalSettings) -> None:
    private = await load(services, portal_settings, backend_with(*["Aberta"] * 50, total=80))

    assert (private["total"], private["counted"], private["overdue"]) == (80, 50, 50)


def test_every_purpose_has_its_words_on_the_page_that_signs_in() -> None:
    """Otherwise the page says only "ver dados pessoais"."""
    sentences = yaml.safe_load((CITY.parent / "front_desk.yml").read_text(encoding="utf-8"))
    waiting: list[type[OwnAction]] = [OwnAction]
    purposes: set[str] = set()
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if hasattr(kind, "purpose"):
            purposes.add(kind.purpose)
    assert len(purposes) > 5
    assert purposes - set(sentences["login"]["purposes"]) == set()
