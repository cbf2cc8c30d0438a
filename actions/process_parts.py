"""A process as whoever may see all of it sees it, as data for the front desk.

    {"private": {"kind": "process", "process", "subject", "type", "status", "agency", "unit": … | null,
                 "opened": "2023-03-14", "movements": [{"day": "2024-02-19", "title", "text": … | null}],
                 "parties": ["Maria …"], "whole": true, "until": "2026-12-15" | null, "owner": ""}}

`whole` is false when the portal showed only what any stranger may see; there are no parties and no texts then. `until`:
the last day of a granted view. The parties' documents are never handed on.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from actions.values import local_day_iso, plain
from portal import BrokenAnswer, SeveralFound

if TYPE_CHECKING:
    from actions.agencies import Agencies
    from portal import PortalClient, Process

SHOWN_MOVEMENTS: Final = 5
SHOWN_PARTIES: Final = 5
_REFERENCE: Final = re.compile(r"([A-Z]{2,12}) (\d{4})/(\d{1,9})")


async def find_by_reference(portal: PortalClient, reference: str, document: str, identifier: int = 0) -> Process:
    """The process that a list of that person's names `PMP 2023/500100`. Raises PortalError.

    Several may share the reference: `identifier` tells which one, or the only one that the person sees all of.
    """
    parts = _REFERENCE.fullmatch(reference)
    if parts is None:
        raise BrokenAnswer("a list names a process that is no reference")
    try:
        return await portal.find_process(parts[1], int(parts[2]), int(parts[3]), document=document)
    except SeveralFound as error:
        same = [item for item in error.candidates if item.id == identifier]
        own = same or [item for item in error.candidates if item.seen_whole]
        if len(own) == 1:
            return own[0]
        raise


def as_data(process: Process, agencies: Agencies, *, owner: str = "", until: str = "") -> dict[str, Any]:
    """See the module."""
    whole = process.seen_whole
    return {
        "kind": "process",
        "process": process.reference,
        "subject": plain(process.subject),
        "type": process.type,
        "status": process.situation,
        "agency": agencies.full_name(process.current_agency),
        "unit": process.current_unit,
        "opened": process.opened.isoformat(),
        "movements": [
            {
                "day": local_day_iso(step.at),
                "title": plain(step.title),
                "text": plain(step.text) if whole and step.text else None,
            }
            for step in process.latest_movements(SHOWN_MOVEMENTS)
        ],
        "parties": [plain(party.name) for party in process.parties[:SHOWN_PARTIES]] if whole else [],
        "whole": whole,
        "until": until or None,
        "owner": owner,
    }
