"""`action_show_process`: the process of the slots `agency`, `year` and `number`.

A stranger gets what any stranger may see. A citizen who signed in and may see all of it (a party, or a view in force)
gets that, as data that the front desk keeps sealed (process_parts.py).
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from actions import responses
from actions.citizens import DEADLINE, Asker
from actions.own_items import OwnItem
from actions.process_parts import as_data
from actions.sdk import Action, session_of, set_slot, text_slot
from actions.values import bullets, day, movement, plain
from portal import PortalError, SeveralFound, Slow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from actions.agencies import Agencies
    from actions.sdk import Dispatcher, Domain, Event, Tracker
    from actions.sessions import CitizenSessions
    from portal import PortalClient, Process

logger = logging.getLogger(__name__)

SHOWN_MOVEMENTS: Final = 3
SHOWN_CANDIDATES: Final = 5


class ShowProcess(Action):
    """Asks the portal and says what it answered. Remembers órgão and year for "e o 500101?"."""

    def __init__(self, portal: PortalClient, agencies: Agencies, sessions: CitizenSessions) -> None:
        self._portal = portal
        self._agencies = agencies
        self._sessions = sessions

    def name(self) -> str:
        """Its name in domain.yml."""
        return "action_show_process"

    async def run(self, dispatcher: Dispatcher, tracker: Tracker, domain: Domain) -> list[Event]:
        """Say the process, or why it cannot be shown. Raises FrontDeskUnavailable when nobody says who asks."""
        agency, year, number = (text_slot(tracker, name) for name in ("agency", "year", "number"))
        if agency is None or year is None or number is None or not (year.isdecimal() and number.isdecimal()):
            dispatcher.utter_message(response=responses.PROCESS_HELP)
            return []
        reference = f"{agency} {year}/{number}"
        asker = await self._asker(tracker)
        try:
            async with asyncio.timeout(DEADLINE):  # the portal may be asked twice
                process = await self._find(agency, int(year), int(number), asker)
        except SeveralFound as error:
            self._say_several(dispatcher, reference, error.candidates)
        except TimeoutError:
            dispatcher.utter_message(response=responses.trouble(Slow()).process, process_reference=reference)
        except PortalError as error:
            logger.info("%s: %s: %s", self.name(), type(error).__name__, error)
            dispatcher.utter_message(response=responses.trouble(error).process, process_reference=reference)
        else:
            if asker is not None and process.seen_whole:
                self._show_whole(dispatcher, asker, process)
            else:
                self._say(dispatcher, process)
        return [set_slot("last_agency", agency), set_slot("last_year", year)]

    async def _find(self, agency: str, year: int, number: int, asker: Asker | None) -> Process:
        """As the asker sees it. Of several with that number: the only one of theirs. Raises PortalError."""
        if asker is not None:
            try:
                return await self._portal.find_process(agency, year, number, document=asker.document)
            except SeveralFound as error:
                own = [process for process in error.candidates if process.seen_whole]
                if len(own) == 1:
                    return own[0]
                # The candidates are said in clear, so they are looked up as a stranger sees them.
        return await self._portal.find_process(agency, year, number)

    async def _asker(self, tracker: Tracker) -> Asker | None:
        """Who has signed in, if anybody has. Raises FrontDeskUnavailable."""
        session = session_of(tracker)
        citizen = await self._sessions.resolve(session, "show_process") if session else None
        return Asker(citizen, session, citizen.document) if session and citizen else None

    def _show_whole(self, dispatcher: Dispatcher, asker: Asker, process: Process) -> None:
        dispatcher.utter_message(json_message={"private": as_data(process, self._agencies)})
        reference = asker.reference(OwnItem("process", process.id, process=process.reference))
        dispatcher.utter_message(response=responses.NEXT_OF_PROCESS, references={"/list_documents": reference})

    def _say_several(self, dispatcher: Dispatcher, reference: str, candidates: Sequence[Process]) -> None:
        shown = candidates[:SHOWN_CANDIDATES]
        dispatcher.utter_message(
            response=responses.PROCESS_SEVERAL if len(shown) == len(candidates) else responses.PROCESS_MANY,
            process_reference=reference,
            process_count=str(len(candidates)),
            process_shown=str(len(shown)),
            process_candidates=bullets([self._candidate(item) for item in shown]),
        )

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
