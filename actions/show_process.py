"""`action_show_process`: a process as any stranger may see it, from the slots `agency`, `year` and `number`."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from actions import responses
from actions.sdk import Action, set_slot, text_slot
from actions.values import bullets, day, movement, plain
from portal import PortalError, SeveralFound

if TYPE_CHECKING:
    from actions.agencies import Agencies
    from actions.sdk import Dispatcher, Domain, Event, Tracker
    from portal import PortalClient, Process

logger = logging.getLogger(__name__)

SHOWN_MOVEMENTS: Final = 3
SHOWN_CANDIDATES: Final = 5


class ShowProcess(Action):
    """Asks the portal and says what it answered. Remembers órgão and year for "e o 500101?"."""

    def __init__(self, portal: PortalClient, agencies: Agencies) -> None:
        self._portal = portal
        self._agencies = agencies

    def name(self) -> str:
        """Its name in domain.yml."""
        return "action_show_process"

    async def run(self, dispatcher: Dispatcher, tracker: Tracker, domain: Domain) -> list[Event]:
        """Say the process, or why it cannot be shown."""
        agency, year, number = (text_slot(tracker, name) for name in ("agency", "year", "number"))
        if agency is None or year is None or number is None or not (year.isdecimal() and number.isdecimal()):
            dispatcher.utter_message(response=responses.PROCESS_HELP)
            return []
        reference = f"{agency} {year}/{number}"
        try:
            process = await self._portal.find_process(agency, int(year), int(number))
        except SeveralFound as error:
            dispatcher.utter_message(
                response=responses.PROCESS_SEVERAL,
                process_reference=reference,
                process_count=str(len(error.candidates)),
                process_candidates=bullets([self._candidate(item) for item in error.candidates[:SHOWN_CANDIDATES]]),
            )
        except PortalError as error:
            logger.info("%s: %s: %s", self.name(), type(error).__name__, error)
            dispatcher.utter_message(response=responses.trouble(error).process, process_reference=reference)
        else:
            self._say(dispatcher, process)
        return [set_slot("last_agency", agency), set_slot("last_year", year)]

    def _say(self, dispatcher: Dispatcher, process: Process) -> None:
        movements = [movement(item) for item in process.latest_movements(SHOWN_MOVEMENTS)]
        dispatcher.utter_message(
            response=responses.PROCESS_FOUND if movements else responses.PROCESS_FOUND_WITHOUT_MOVEMENTS,
            process_reference=plain(process.reference),
            process_subject=plain(process.subject),
            process_type=plain(process.type),
            process_situation=plain(process.situation),
            process_agency=plain(self._agencies.full_name(process.agency)),
            process_place=self._place(process),
            process_opened=day(process.opened),
            process_movements=bullets(movements),
        )

    def _place(self, process: Process) -> str:
        """The current órgão and, when it is known, the unit."""
        unit = f", {plain(process.current_unit)}" if process.current_unit else ""
        return plain(process.current_agency) + unit

    def _candidate(self, process: Process) -> str:
        facts = (process.classification, process.subject, process.situation, day(process.opened), self._place(process))
        return "; ".join(plain(fact) for fact in facts)
