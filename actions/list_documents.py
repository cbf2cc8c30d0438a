"""`action_list_documents`: the documents of a process by name, for whoever may see them. Downloads stay in the portal.

{"private": {"kind": "documents", "process": "PMP 2023/500100", "total": 8,
             "items": [{"name", "added": "2023-03-14"}], "owner": ""}}
{"private": {"kind": "processes", …, "choose": "documents"}}    of which process?
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actions import responses
from actions.citizens import Asker, OwnAction, Refusal, chosen, nth, show_list
from actions.list_processes import load_processes
from actions.own_items import OwnItem
from actions.process_parts import find_by_reference
from actions.sdk import entity
from actions.values import plain
from portal import NotAParty, NotFound, Restricted

if TYPE_CHECKING:
    from actions.sdk import Dispatcher, Event, Tracker
    from actions.sessions import CitizenSessions
    from portal import PortalClient

SHOWN: Final = 20


class ListDocuments(OwnAction):
    """Of the process that a button, a number of the list or the message itself names; otherwise it asks which."""

    purpose = "list_documents"
    login_needed = responses.LOGIN_NEEDED_DOCUMENTS
    for_others = responses.OTHERS_PROCESSES

    def __init__(self, sessions: CitizenSessions, portal: PortalClient) -> None:
        super().__init__(sessions)
        self._portal = portal

    async def answer(self, asker: Asker, dispatcher: Dispatcher, tracker: Tracker) -> list[Event]:
        """Show them, or the processes to choose from."""
        item = chosen(asker, tracker) if _reference(tracker) is None else OwnItem("process", process=_named(tracker))
        if item is None or item.kind not in ("process", "view"):
            private, items = await load_processes(self._portal, asker)
            number = entity(tracker, "item")
            if not items or (number is None and len(items) > 1):
                private["choose"] = "documents"
                return show_list(dispatcher, asker, private, items, responses.WHICH_DOCUMENTS, intent="list_documents")
            item = nth(items, number or "1")
        owner = asker.acting_for(item)
        if owner is None:
            raise Refusal(responses.ITEM_GONE)
        await self._show(owner, item, dispatcher)
        return []

    async def _show(self, asker: Asker, item: OwnItem, dispatcher: Dispatcher) -> None:
        try:
            identifier = item.id if item.kind == "process" else 0
            if not identifier:
                identifier = (await find_by_reference(self._portal, item.process, asker.document)).id
            documents = await self._portal.list_documents(identifier, asker.document)
        except (NotAParty, NotFound, Restricted):  # the same answer: whether a secret process exists is nobody's matter
            raise Refusal(responses.DOCUMENTS_NOT_YOURS) from None
        shown = [{"name": plain(document.name), "added": document.added.isoformat()} for document in documents[:SHOWN]]
        private = {
            "kind": "documents",
            "process": item.process,
            "total": len(documents),
            "items": shown,
            "owner": asker.owner,
        }
        dispatcher.utter_message(json_message={"private": private})
        process = asker.item(OwnItem("process", identifier, process=item.process))
        dispatcher.utter_message(
            response=responses.NEXT_OF_DOCUMENTS, references={"/own_item": asker.reference(process)}
        )


def _reference(tracker: Tracker) -> str | None:
    """The whole reference that the message names, if it does."""
    agency, year, number = (entity(tracker, name) for name in ("agency", "year", "number"))
    return f"{agency} {year}/{number}" if agency and year and number else None


def _named(tracker: Tracker) -> str:
    return _reference(tracker) or ""
