"""Puts the action server together from its settings: clients, actions, HTTP."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from actions.agencies import Agencies, load_agencies
from actions.ask_agency import AskAgency
from actions.list_documents import ListDocuments
from actions.list_pendencies import ListPendencies
from actions.list_processes import ListProcesses
from actions.list_views import ListViews
from actions.pendency_detail import PendencyDetail
from actions.reset_process import ResetProcess
from actions.server import build_server
from actions.sessions import CitizenSessions
from actions.show_company import ShowCompany
from actions.show_own_item import Known, ShowOwnItem
from actions.show_process import ShowProcess
from actions.validate_process_form import ValidateProcessForm
from portal import BRASILIA, PortalClient

if TYPE_CHECKING:
    from collections.abc import Callable

    from sanic import Sanic

    from actions.sdk import Action
    from actions.settings import Settings


def today_in_brazil() -> dt.date:
    """The day by which deadlines are counted."""
    return dt.datetime.now(BRASILIA).date()


@dataclass(frozen=True, slots=True)
class Services:
    """What the actions work with; somebody has to close it."""

    portal: PortalClient
    sessions: CitizenSessions
    agencies: Agencies
    today: Callable[[], dt.date] = today_in_brazil

    @classmethod
    def from_settings(cls, settings: Settings) -> Services:
        """Raises ConfigurationError."""
        return cls(
            portal=PortalClient(settings.portal),
            sessions=CitizenSessions(settings.front_desk_urls, settings.private_secret),
            agencies=load_agencies(settings.city_file),
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self.portal.aclose()
        await self.sessions.aclose()


def build_actions(services: Services) -> list[Action]:
    """Every action that domain.yml names."""
    known = Known(services.portal, services.agencies, services.today)
    pendencies = ListPendencies(services.sessions, services.portal, services.today)
    return [
        ShowProcess(services.portal, services.agencies, services.sessions),
        ResetProcess(),
        ValidateProcessForm(services.agencies, services.today),
        AskAgency(services.agencies),
        pendencies,
        ListProcesses(services.sessions, services.portal),
        ListViews(services.sessions, services.portal, services.today),
        ListDocuments(services.sessions, services.portal),
        ShowOwnItem(services.sessions, known),
        PendencyDetail(services.sessions, known, pendencies),
        ShowCompany(services.sessions, services.portal),
    ]


def build_app(services: Services, secret: str) -> Sanic[Any, Any]:
    """The server, which closes `services` when it stops."""
    app = build_server(build_actions(services), secret, ready=services.sessions.ready)

    async def close_services(*_: object) -> None:
        await services.aclose()

    app.register_listener(close_services, "after_server_stop")
    return app
