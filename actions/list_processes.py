"""`action_list_processes`: the processes of the identified citizen, the newest first.

    {"private": {"kind": "processes", "total": 12,
                 "items": [{"process", "subject", "type", "status", "agency", "unit", "opened": "2023-03-14"}],
                 "owner": ""}}

`total` counts all of them, `items` has at most SHOWN; `unit` may be null.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from actions import responses
from actions.citizens import Asker, ListOwn
from actions.own_items import OwnItem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from actions.sessions import CitizenSessions
    from portal import PortalClient, ProcessSummary

SHOWN: Final = 10


class ListProcesses(ListOwn):
    """Those in which the citizen is a party."""

    purpose = "list_processes"
    login_needed = responses.LOGIN_NEEDED_PROCESSES
    for_others = responses.OTHERS_PROCESSES

    def __init__(self, sessions: CitizenSessions, portal: PortalClient) -> None:
        super().__init__(sessions)
        self._portal = portal

    async def load(self, asker: Asker) -> tuple[dict[str, Any], Sequence[OwnItem]]:
        """See the module."""
        return await load_processes(self._portal, asker)

    def next_step(self, private: dict[str, Any]) -> str:
        """The same for any list."""
        return responses.NEXT_OF_PROCESSES


async def load_processes(portal: PortalClient, asker: Asker) -> tuple[dict[str, Any], Sequence[OwnItem]]:
    """The list as data, and what each of its items is. Raises PortalError."""
    page = await portal.list_processes(asker.document, limit=SHOWN)
    shown = page.items[:SHOWN]
    private = {"kind": "processes", "total": page.total, "items": [_item(item) for item in shown]}
    return private, [asker.item(OwnItem("process", item.id, process=item.reference)) for item in shown]


def _item(item: ProcessSummary) -> dict[str, Any]:
    return {
        "process": item.reference,
        "subject": item.subject,
        "type": item.type,
        "status": item.situation,
        "agency": item.current_agency,
        "unit": item.current_unit,
        "opened": item.opened.isoformat(),
    }
