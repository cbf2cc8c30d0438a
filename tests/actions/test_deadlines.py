"""With the settings of every day, an action answers within the 6 s that it has, whatever hangs."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import Any

import pytest

from actions.application import Services
from portal import PortalClient, PortalSettings
from sandbox.portal.build import EXAMPLE
from sandbox.portal.faults import Fault, Faults


@pytest.fixture
def services(services: Services, portal_settings: PortalSettings) -> Services:
    everyday = PortalSettings(
        portal_settings.url, portal_settings.token_url, portal_settings.client_id, portal_settings.client_secret
    )
    return replace(services, portal=PortalClient(everyday))


async def test_the_answer_comes_in_six_seconds(assistant: Any, faults: Faults, front_desk: Any) -> None:
    faults.set(Fault("hang"))
    front_desk.trouble = "slow"

    started = time.monotonic()
    shown, listed = await asyncio.gather(
        assistant.run("action_show_process", dict(zip(("agency", "year", "number"), map(str, EXAMPLE), strict=True))),
        assistant.run("action_list_pendencies", session="s-busy"),
    )

    assert time.monotonic() - started < 6.0
    assert shown.names[0] in ("utter_process_slow", "utter_process_down")
    assert listed.names[0] in ("utter_own_slow", "utter_own_down")
