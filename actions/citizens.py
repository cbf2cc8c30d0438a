"""Lists of one's own things: only for an identified citizen, and only as data for the front desk."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from actions import responses
from actions.sdk import Action, session_of
from actions.sessions import FrontDeskUnavailable
from portal import PortalError

if TYPE_CHECKING:
    from actions.sdk import Dispatcher, Domain, Event, Tracker
    from actions.sessions import CitizenSessions

logger = logging.getLogger(__name__)


class ListOwn(Action):
    """What `action_list_pendencies` and `action_list_processes` share: who asks, and what may go wrong."""

    purpose: str
    login_needed: str

    def __init__(self, sessions: CitizenSessions) -> None:
        self._sessions = sessions

    def name(self) -> str:
        """Its name in domain.yml."""
        return f"action_{self.purpose}"

    async def load(self, document: str) -> dict[str, Any]:
        """The data to show to that citizen: `kind`, `total` and `items`, no sentences. Raises PortalError."""
        raise NotImplementedError

    def next_step(self, private: dict[str, Any]) -> str:
        """The response whose buttons say what to do now; it has no text of its own."""
        raise NotImplementedError

    async def run(self, dispatcher: Dispatcher, tracker: Tracker, domain: Domain) -> list[Event]:
        """Hand the data to the front desk; ask for signing in; or say what does not work."""
        session = session_of(tracker)
        try:
            citizen = await self._sessions.resolve(session) if session else None
            if citizen is None:
                self._ask_to_sign_in(dispatcher, expired=session is not None)
                return []
            private = await self.load(citizen.document)
        except FrontDeskUnavailable as error:
            logger.warning("%s: the front desk did not say who asks: %s", self.name(), error)
            dispatcher.utter_message(response=responses.IDENTITY_UNAVAILABLE)
        except PortalError as error:
            logger.info("%s: %s: %s", self.name(), type(error).__name__, error)
            dispatcher.utter_message(response=responses.trouble(error).own)
        else:
            dispatcher.utter_message(json_message={"private": private})
            dispatcher.utter_message(response=self.next_step(private))
        return []

    def _ask_to_sign_in(self, dispatcher: Dispatcher, *, expired: bool) -> None:
        if expired:
            dispatcher.utter_message(response=responses.SESSION_EXPIRED)
        dispatcher.utter_message(response=self.login_needed)
        dispatcher.utter_message(json_message={"command": "request_login", "purpose": self.purpose})
