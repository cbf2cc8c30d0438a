"""`action_list_processes`: the processes of the identified citizen, the newest first.

    {"private": {"kind": "processes", "total": 12,
                 "items": [{"process", "subject", "type", "status", "agency", "unit", "opened": "2023-03-14"}]}}

`total` counts all of them, `items` has at most SHOWN; `unit` may be null.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from actions import responses
from actions.citizens import ListOwn

if TYPE_CHECKING:
    from actions.sessions import CitizenSessions
    from portal import PortalClient, ProcessSummary

SHOWN: Final = 10


class ListProcesses(ListOwn):
    """Those in which the citizen is a party."""

    purpose = "list_processes"
    login_needed = responses.LOGIN_NEEDED_PROCESSES

    def __init__(self, sessions: CitizenSessions, portal: PortalClient) -> None:
        super().__init__(sessions)
        self._portal = portal

    async def load(self, document: str) -> dict[str, Any]:
        """See the module."""
        page = await self._portal.list_processes(document, limit=SHOWN)
        return {"kind": "processes", "total": page.total, "items": [_item(item) for item in page.items[:SHOWN]]}

    def next_step(self, private: dict[str, Any]) -> str:
        """The same for any list."""
        return responses.NEXT_OF_PROCESSES


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
