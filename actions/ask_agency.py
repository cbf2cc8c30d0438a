"""`action_ask_agency`: the form asks for the órgão, with a button for each or for those that come near."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from actions import responses
from actions.failures import Failures
from actions.sdk import Action

if TYPE_CHECKING:
    from actions.agencies import Agencies
    from actions.sdk import Dispatcher, Domain, Event, Tracker


class AskAgency(Action):
    """The buttons are the city's órgãos, so they cannot stand in domain.yml."""

    def __init__(self, agencies: Agencies) -> None:
        self._agencies = agencies

    def name(self) -> str:
        """Its name in domain.yml; the form prefers it to a response."""
        return "action_ask_agency"

    async def run(self, dispatcher: Dispatcher, tracker: Tracker, domain: Domain) -> list[Event]:
        """Ask."""
        failed = Failures.of(tracker)
        nearest = failed.nearest if failed.slot == "agency" else ()
        dispatcher.utter_message(
            response=responses.ASK_AGENCY_NEAREST if nearest else responses.ASK_AGENCY,
            first_buttons=[
                _button(acronym) for acronym in nearest or (agency.acronym for agency in self._agencies.all)
            ],
        )
        return []


def _button(acronym: str) -> dict[str, str]:
    return {"title": acronym, "payload": "/inform_process" + json.dumps({"agency": acronym})}
