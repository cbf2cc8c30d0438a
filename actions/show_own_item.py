"""`action_show_own_item`: one pendency, process or view, chosen by a button or by its number in the list shown last.

{"private": {"kind": "pendency", …an item of the list…, "instructions": "Apresentar…" | null, "owner": ""}}
{"private": {"kind": "process", …}}     see process_parts.py
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from actions import responses
from actions.citizens import SLOT, Asker, OwnAction, Refusal, chosen
from actions.list_pendencies import as_data
from actions.own_items import OwnItem
from actions.process_parts import as_data as process_as_data
from actions.process_parts import find_by_reference
from actions.sdk import as_dict
from actions.show_company import show_company
from actions.values import plain

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from actions.agencies import Agencies
    from actions.sdk import Dispatcher, Event, Tracker
    from actions.sessions import CitizenSessions
    from portal import PortalClient

LONGEST_INSTRUCTIONS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Known:
    """What it takes to look something of a citizen up."""

    portal: PortalClient
    agencies: Agencies
    today: Callable[[], dt.date]


class ShowOwnItem(OwnAction):
    """Whatever it is."""

    purpose = "show_own_item"
    login_needed = responses.LOGIN_NEEDED_PENDENCIES
    on_refusal = responses.ITEM_NOT_FOUND

    def __init__(self, sessions: CitizenSessions, known: Known) -> None:
        super().__init__(sessions)
        self._known = known

    async def answer(self, asker: Asker, dispatcher: Dispatcher, tracker: Tracker) -> list[Event]:
        """Show it; without a choice, say that the list has to be seen first."""
        item = chosen(asker, tracker)
        if item is None:
            raise Refusal(responses.ITEM_GONE if as_dict(tracker.slots.get(SLOT)) else responses.ITEM_UNKNOWN)
        await show_item(self._known, asker, item, dispatcher)
        return []


async def show_item(known: Known, asker: Asker, item: OwnItem, dispatcher: Dispatcher) -> None:
    """Hand one item to the front desk. Raises PortalError or Refusal."""
    owner = asker.acting_for(item)
    if owner is None:
        raise Refusal(responses.ITEM_GONE)
    match item.kind:
        case "pendency":
            await _pendency(known, owner, item, dispatcher)
        case "company":
            await show_company(known.portal, owner, dispatcher)
        case _:
            await _process(known, owner, item, dispatcher)


async def _pendency(known: Known, asker: Asker, item: OwnItem, dispatcher: Dispatcher) -> None:
    pendency = await known.portal.get_pendency(item.id, asker.document)
    data: dict[str, Any] = as_data(pendency, known.today()) | {
        "kind": "pendency",
        "open": pendency.open,
        "instructions": plain(pendency.instructions, LONGEST_INSTRUCTIONS) if pendency.instructions else None,
        "owner": asker.owner,
    }
    process = asker.item(OwnItem("process", process=pendency.process))
    dispatcher.utter_message(json_message={"private": data})
    dispatcher.utter_message(
        response=responses.NEXT_OF_PENDENCY[data["next"]], references={"/own_item": asker.reference(process)}
    )


async def _process(known: Known, asker: Asker, item: OwnItem, dispatcher: Dispatcher) -> None:
    identifier = item.id if item.kind == "process" else 0
    process = await find_by_reference(known.portal, item.process, asker.document, identifier)
    data = process_as_data(process, known.agencies, owner=asker.owner, until=item.until)
    dispatcher.utter_message(json_message={"private": data})
    reference = asker.reference(asker.item(OwnItem("process", process.id, process=process.reference)))
    if not process.seen_whole:
        response = responses.NEXT_OF_VIEWS  # what was granted is over
    else:
        response = responses.NEXT_OF_VIEW if item.kind == "view" else responses.NEXT_OF_PROCESS
    dispatcher.utter_message(response=response, references={"/list_documents": reference})
