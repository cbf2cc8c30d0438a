"""`action_show_company`: what there is of the company that the citizen signed in as, or represents.

{"private": {"kind": "company", "name": "Construtora…", "processes": 11, "pendencies": 3}}
{"private": {"kind": "companies", "total": 2, "items": [{"name": "Construtora…"}]}}     which one?
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from actions import responses
from actions.citizens import Asker, OwnAction, Refusal, show_list
from actions.own_items import OwnItem

if TYPE_CHECKING:
    from actions.sdk import Dispatcher, Event, Tracker
    from actions.sessions import CitizenSessions
    from portal import PortalClient


class ShowCompany(OwnAction):
    """The session says which companies; nobody is taken at their word."""

    purpose = "show_company"
    login_needed = responses.LOGIN_NEEDED_COMPANY
    of_company = True

    def __init__(self, sessions: CitizenSessions, portal: PortalClient) -> None:
        super().__init__(sessions)
        self._portal = portal

    async def answer(self, asker: Asker, dispatcher: Dispatcher, tracker: Tracker) -> list[Event]:
        """Show the only one, or ask which."""
        companies = asker.citizen.companies
        if companies is None:
            raise Refusal(responses.COMPANY_UNKNOWN)
        if not asker.citizen.is_company and not companies:
            raise Refusal(responses.COMPANY_NONE)
        if not asker.citizen.is_company and len(companies) > 1:
            items = [OwnItem("company", on_behalf=company.document) for company in companies]
            names = [{"name": company.name} for company in companies]
            private = {"kind": "companies", "total": len(names), "items": names}
            return show_list(dispatcher, asker, private, items, responses.NEXT_OF_PROCESSES)
        only = OwnItem("company", on_behalf="" if asker.citizen.is_company else companies[0].document)
        owner = asker.acting_for(only)
        if owner is None:
            raise Refusal(responses.COMPANY_NONE)
        await show_company(self._portal, owner, dispatcher)
        return []


async def show_company(portal: PortalClient, asker: Asker, dispatcher: Dispatcher) -> None:
    """Hand the company's sums to the front desk. Raises PortalError."""
    processes, pendencies = await asyncio.gather(
        portal.list_processes(asker.document, limit=1), portal.list_pendencies(asker.document)
    )
    private = {
        "kind": "company",
        "name": asker.owner or asker.citizen.name,
        "processes": processes.total,
        "pendencies": pendencies.total,
    }
    dispatcher.utter_message(json_message={"private": private})
    own = "" if asker.document == asker.citizen.document else asker.document
    reference = asker.reference(OwnItem("company", on_behalf=own))
    dispatcher.utter_message(
        response=responses.NEXT_OF_COMPANY,
        references={"/list_pendencies": reference, "/list_processes": reference},
    )
