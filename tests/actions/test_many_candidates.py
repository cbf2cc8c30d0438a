"""More processes with one number than are shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest

from actions.application import Services
from portal import PortalClient, PortalSettings
from sandbox.portal import views
from sandbox.portal.build import SEVERAL, build_world


@pytest.fixture
def services(services: Services, portal_settings: PortalSettings) -> Services:
    three = build_world(services.today()).find(*SEVERAL)
    seven = [views.process(item, everything=False) for item in (three * 3)[:7]]

    def backend(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(200, json={"access_token": "t", "token_type": "bearer"})
        return httpx.Response(200, json={"processos": seven})

    return replace(services, portal=PortalClient(portal_settings, transport=httpx.MockTransport(backend)))


async def test_it_is_said_that_there_are_more_than_those_shown(assistant: Any) -> None:
    agency, year, number = map(str, SEVERAL)

    (said,) = (await assistant.run("action_show_process", {"agency": agency, "year": year, "number": number})).responses

    assert said["response"] == "utter_process_many"
    assert (said["process_count"], said["process_shown"]) == ("7", "5")
    assert len(said["process_candidates"].splitlines()) == 5
