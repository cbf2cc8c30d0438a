"""`action_pendency_detail`: "o que falta na pendência 2?", "qual o prazo da primeira?". Without a list in sight too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actions import responses
from actions.citizens import Asker, OwnAction, chosen, nth, show_list
from actions.sdk import entity
from actions.show_own_item import Known, show_item

if TYPE_CHECKING:
    from actions.list_pendencies import ListPendencies
    from actions.sdk import Dispatcher, Event, Tracker
    from actions.sessions import CitizenSessions


class PendencyDetail(OwnAction):
    """The number counts in the list as it is shown; the only pendency needs none; otherwise the list asks which."""

    purpose = "pendency_detail"
    login_needed = responses.LOGIN_NEEDED_PENDENCIES
    on_refusal = responses.ITEM_NOT_FOUND

    def __init__(self, sessions: CitizenSessions, known: Known, pendencies: ListPendencies) -> None:
        super().__init__(sessions)
        self._known = known
        self._pendencies = pendencies

    async def answer(self, asker: Asker, dispatcher: Dispatcher, tracker: Tracker) -> list[Event]:
        """Show one, or the list."""
        item, number = chosen(asker, tracker), entity(tracker, "item")
        if item is None or item.kind != "pendency":
            private, items = await self._pendencies.load(asker)
            if len(items) == 1:
                item = items[0]
            elif number is not None and items:
                item = nth(items, number)
            else:
                return show_list(dispatcher, asker, private, items, self._pendencies.next_step(private))
        await show_item(self._known, asker, item, dispatcher)
        return []
