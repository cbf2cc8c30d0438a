"""With the settings of every day, an action answers within the 6 s that it has, whatever hangs."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from dataclasses import replace
from typing import Any

import httpx
import pytest

from actions.application import Services
from portal import PortalClient, PortalSettings
from sandbox.portal import views
from sandbox.portal.build import EXAMPLE, SEVERAL, build_world
from sandbox.portal.faults import Fault, Faults

MOST = 6.0


class SlowPortal(httpx.AsyncBaseTransport):
    """In time for each question, and each answer is several processes: whoever has signed in makes it two."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(200, json={"access_token": "t", "token_type": "bearer"})
        await asyncio.sleep(3.5)
        several = build_world(dt.date(2026, 11, 22)).find(*SEVERAL)
        return httpx.Response(200, json={"processos": [views.process(item, everything=False) for item in several]})


@pytest.fixture
def transport() -> httpx.AsyncBaseTransport | None:
    """The portal is the sandbox, unless a test has another one."""
    return None


@pytest.fixture
def services(
    services: Services, portal_settings: PortalSettings, transport: httpx.AsyncBaseTransport | None
) -> Services:
    everyday = PortalSettings(
        portal_settings.url, portal_settings.token_url, portal_settings.client_id, portal_settings.client_secret
    )
    return replace(services, portal=PortalClient(everyday, transport=transport))


def parts(reference: tuple[str, int, int]) -> dict[str, str]:
    return dict(zip(("agency", "year", "number"), map(str, reference), strict=True))


async def test_the_answer_comes_in_six_seconds(assistant: Any, faults: Faults, front_desk: Any) -> None:
    faults.set(Fault("hang"))
    front_desk.trouble = "slow"

    started = time.monotonic()
    shown, listed = await asyncio.gather(
        assistant.run("action_show_process", parts(EXAMPLE), session="s-busy"),
        assistant.run("action_list_pendencies", session="s-busy"),
    )

    assert time.monotonic() - started < MOST
    assert shown.names[0] in ("utter_process_slow", "utter_process_down")
    assert listed.names[0] in ("utter_own_slow", "utter_own_down")


@pytest.mark.parametrize("transport", [SlowPortal()])
async def test_so_it_does_when_the_portal_has_to_be_asked_twice(
    assistant: Any, front_desk: Any, transport: SlowPortal
) -> None:
    front_desk.trouble = "slow"

    started = time.monotonic()
    answer = await assistant.run("action_show_process", parts(SEVERAL), session="s-busy")

    assert time.monotonic() - started < MOST
    assert answer.names == ["utter_process_slow"]
