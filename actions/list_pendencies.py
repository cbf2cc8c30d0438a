"""`action_list_pendencies`: what the identified citizen has to do, the most urgent first.

    {"private": {"kind": "pendencies", "total": 14, "counted": 14, "overdue": 5, "today": 1, "soon": 4,
                 "items": [{"type", "process", "subject", "created", "deadline": "2026-11-25" | null,
                            "days_left": 3 | null, "next": "sign" | "resolve_pendency"}],
                 "next": ["sign", "resolve_pendency"], "owner": ""}}

`total` counts all open ones, `items` has at most SHOWN; `overdue`, `today` and `soon` (within SOON days) count among
the first `counted`, 50 at most. `next` are the intents that help on: of an item, and of all of them, for buttons.
`owner` is the company's name when they are those of a company.
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
    from portal import Pendency, PortalClient

SHOWN: Final = 10
SOON: Final = 7


class ListPendencies(ListOwn):
    """Open pendencies only."""

    purpose = "list_pendencies"
    login_needed = responses.LOGIN_NEEDED_PENDENCIES

    def __init__(self, sessions: CitizenSessions, portal: PortalClient, today: Callable[[], dt.date]) -> None:
        super().__init__(sessions)
        self._portal = portal
        self._today = today

    async def load(self, asker: Asker) -> tuple[dict[str, Any], Sequence[OwnItem]]:
        """See the module."""
        page = await self._portal.list_pendencies(asker.document)
        today = self._today()
        most_urgent = sorted(page.items, key=_urgency)
        left = [(item.deadline - today).days for item in most_urgent if item.deadline is not None]
        shown = most_urgent[:SHOWN]
        items = [as_data(item, today) for item in shown]
        private = {
            "kind": "pendencies",
            "total": page.total,
            "counted": len(page.items),
            "overdue": sum(days < 0 for days in left),
            "today": sum(days == 0 for days in left),
            "soon": sum(0 < days <= SOON for days in left),
            "items": items,
            "next": sorted({item["next"] for item in items}, reverse=True),
        }
        return private, [asker.item(OwnItem("pendency", item.id)) for item in shown]

    def next_step(self, private: dict[str, Any]) -> str:
        """Signing, resolving, both, or nothing to do."""
        return responses.NEXT_OF_PENDENCIES[tuple(private["next"])]


def _urgency(item: Pendency) -> tuple[bool, dt.date, int]:
    return item.deadline is None, item.deadline or item.created, item.id


def as_data(item: Pendency, today: dt.date) -> dict[str, Any]:
    """What the front desk needs to put a pendency into words."""
    return {
        "type": item.type,
        "process": item.process,
        "subject": item.subject,
        "created": item.created.isoformat(),
        "deadline": item.deadline.isoformat() if item.deadline else None,
        "days_left": (item.deadline - today).days if item.deadline else None,
        "next": "sign" if item.is_signature else "resolve_pendency",
    }
