"""`action_reset_process`: a new look-up starts clean (but `last_agency` and `last_year` stay, for "e o 500101?")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actions.sdk import Action, set_slot

if TYPE_CHECKING:
    from actions.sdk import Dispatcher, Domain, Event, Tracker

CLEARED = ("agency", "year", "number", "process_failures")


class ResetProcess(Action):
    """Forgets the parts of the reference and the failed attempts. Says nothing."""

    def name(self) -> str:
        """Its name in domain.yml."""
        return "action_reset_process"

    async def run(self, dispatcher: Dispatcher, tracker: Tracker, domain: Domain) -> list[Event]:
        """Clear the slots."""
        return [set_slot(name, None) for name in CLEARED]
