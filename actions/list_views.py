"""`action_list_views`: the processes that were opened to the identified citizen ("Processos liberados"), newest first.

    {"private": {"kind": "views", "total": 2, "active": 1,
                 "items": [{"process", "granted": "2026-11-12", "expires": "2026-12-12", "active": true}]}}

`total` counts all of them, `items` has at most SHOWN. A view lasts to the end of the day it expires.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from actions import responses
from actions.citizens import Asker, ListOwn
from actions.own_items import OwnItem

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    from actions.sessions import CitizenSessions
    from portal import GrantedView, PortalClient

SHOWN: Final = 10


class ListViews(ListOwn):
    """In force first; expired ones too, so that nobody wonders where a process went."""

    purpose = "list_views"
    login_needed = responses.LOGIN_NEEDED_VIEWS
    for_others = responses.OTHERS_PROCESSES

    def __init__(self, sessions: CitizenSessions, portal: PortalClient, today: Callable[[], dt.date]) -> None:
        super().__init__(sessions)
        self._portal = portal
        self._today = today

    async def load(self, asker: Asker) -> tuple[dict[str, Any], Sequence[OwnItem]]:
        """See the module."""
        page = await self._portal.list_views(asker.document)
        in_force = sorted(page.items, key=lambda view: not self._in_force(view))
        shown = in_force[:SHOWN]
        items = [
            asker.item(OwnItem("view", view.id, process=view.process, until=view.expires.isoformat())) for view in shown
        ]
        private = {
            "kind": "views",
            "total": page.total,
            "active": sum(self._in_force(view) for view in page.items),
            "items": [self._item(view) for view in shown],
        }
        return private, items

    def next_step(self, private: dict[str, Any]) -> str:
        """Whether there are any or not: how to ask for one."""
        return responses.NEXT_OF_VIEWS

    def _in_force(self, view: GrantedView) -> bool:
        """The backend's word and the date: the stricter one counts."""
        return view.active and view.expires >= self._today()

    def _item(self, view: GrantedView) -> dict[str, Any]:
        return {
            "process": view.process,
            "granted": view.granted.isoformat(),
            "expires": view.expires.isoformat(),
            "active": self._in_force(view),
        }
