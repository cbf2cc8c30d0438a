"""What is one's own: only for an identified citizen, and only as data for the front desk."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from msgspec import structs

from actions import responses
from actions.own_items import OwnItem, seal, seal_list, unseal, unseal_list
from actions.sdk import Action, as_dict, entity, session_of, set_slot
from actions.sessions import Citizen
from portal import DefiniteAnswer, PortalError, Slow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from actions.sdk import Dispatcher, Domain, Event, Tracker
    from actions.sessions import CitizenSessions

logger = logging.getLogger(__name__)

SLOT: Final = "own_list"
# With the look at the session (1.2 s) below the 6 s that an action has, however often the portal is asked.
DEADLINE: Final = 4.6
# Of a list's items; the others are chosen by typing their number.
ITEM_BUTTONS: Final = 3
MAX_TITLE: Final = 20  # WhatsApp reply button, the narrowest channel
# "pendências da minha mãe", "da minha empresa": what assistant/nlu/own_context.py makes of it.
OTHER, COMPANY = "other", "company"


@dataclass(frozen=True, slots=True)
class Asker:
    """The citizen, the session that proves it, and for whom they ask: themselves, or a company they represent."""

    citizen: Citizen
    session: str
    document: str
    owner: str = ""
    """The company's name when they ask for one; otherwise empty."""

    def item(self, item: OwnItem) -> OwnItem:
        """The item as belonging to whom they ask for."""
        own = self.document == self.citizen.document
        return item if own else structs.replace(item, on_behalf=self.document)

    def reference(self, item: OwnItem) -> str:
        """For a button."""
        return seal(item, self.session)

    def acting_for(self, item: OwnItem) -> Asker | None:
        """Whoever may see the item; None when the citizen does not represent that company (any more)."""
        if not item.on_behalf or item.on_behalf == self.citizen.document:
            return replace(self, document=self.citizen.document, owner="")
        company = self.citizen.company(item.on_behalf)
        return replace(self, document=company.document, owner=company.name) if company else None


class Refusal(Exception):
    """A response says all there is to say."""

    def __init__(self, response: str) -> None:
        super().__init__(response)
        self.response = response


class OwnAction(Action):
    """What all personal answers share: who asks, for whom, and what may go wrong."""

    purpose: str
    login_needed: str
    for_others: str = responses.OTHERS
    of_company: bool = False
    """Whether what it shows is a company's anyway: "da minha empresa" says nothing more."""
    on_refusal: str | None = None
    """What is said when the portal refuses (not found, no party) and that makes sense here."""

    def __init__(self, sessions: CitizenSessions) -> None:
        self._sessions = sessions

    def name(self) -> str:
        """Its name in domain.yml."""
        return f"action_{self.purpose}"

    async def answer(self, asker: Asker, dispatcher: Dispatcher, tracker: Tracker) -> list[Event]:
        """Hand the data to the front desk. Raises PortalError or Refusal."""
        raise NotImplementedError

    async def run(self, dispatcher: Dispatcher, tracker: Tracker, domain: Domain) -> list[Event]:
        """Show what is the citizen's own; ask for signing in; refuse what is not theirs; or say what does not work.

        Raises FrontDeskUnavailable when nobody says who asks.
        """
        if entity(tracker, "whose") == OTHER:
            dispatcher.utter_message(response=self.for_others)
            return []
        session = session_of(tracker)
        try:
            citizen = await self._sessions.resolve(session, self.purpose) if session else None
            if session is None or citizen is None:
                self._ask_to_sign_in(dispatcher, expired=session is not None)
                return []
            asker = Asker(citizen, session, citizen.document)
            if entity(tracker, "whose") == COMPANY and not self.of_company:
                asker = _for_company(asker)
            async with asyncio.timeout(DEADLINE):
                return await self.answer(asker, dispatcher, tracker)
        except Refusal as refusal:
            dispatcher.utter_message(response=refusal.response)
        except TimeoutError:
            dispatcher.utter_message(response=responses.trouble(Slow()).own)
        except PortalError as error:
            logger.info("%s: %s: %s", self.name(), type(error).__name__, error)
            refused = self.on_refusal if isinstance(error, DefiniteAnswer) else None
            dispatcher.utter_message(response=refused or responses.trouble(error).own)
        return []

    def _ask_to_sign_in(self, dispatcher: Dispatcher, *, expired: bool) -> None:
        if expired:
            dispatcher.utter_message(response=responses.SESSION_EXPIRED)
        dispatcher.utter_message(response=self.login_needed)
        dispatcher.utter_message(json_message={"command": "request_login", "purpose": self.purpose})


class ListOwn(OwnAction):
    """A numbered list: a number that is typed next, or one of the buttons, chooses of it."""

    async def load(self, asker: Asker) -> tuple[dict[str, Any], Sequence[OwnItem]]:
        """The data to show (`kind`, `total` and `items`, no sentences) and what each item is. Raises PortalError."""
        raise NotImplementedError

    def next_step(self, private: dict[str, Any]) -> str:
        """The response whose buttons say what to do now; it has no text of its own."""
        raise NotImplementedError

    async def answer(self, asker: Asker, dispatcher: Dispatcher, tracker: Tracker) -> list[Event]:
        """Show the list and remember it, sealed. A button may say of which company."""
        company = unseal(entity(tracker, "ref") or "", asker.session)
        if company is not None and company.kind == "company":
            asker = asker.acting_for(company) or asker
        private, items = await self.load(asker)
        next_step = self.next_step(private)
        return show_list(dispatcher, asker, private, items, next_step, in_form=bool(tracker.active_loop.get("name")))


def show_list(
    dispatcher: Dispatcher,
    asker: Asker,
    private: dict[str, Any],
    items: Sequence[OwnItem],
    response: str,
    *,
    intent: str = "own_item",
    in_form: bool = False,
) -> list[Event]:
    """Hand a numbered list to the front desk, and remember it for "a segunda". `intent` is what its buttons mean.

    `in_form`: a look-up waits, so a number would be taken for its answer.
    """
    custom: dict[str, Any] = {"private": private | {"owner": asker.owner, "numbered": bool(items) and not in_form}}
    if items and not in_form:
        custom["expects"] = "number"
    dispatcher.utter_message(json_message=custom)
    buttons = [
        button(_title(number, shown), intent, asker.reference(item))
        for number, (item, shown) in enumerate(zip(items[:ITEM_BUTTONS], private["items"], strict=False), start=1)
    ]
    dispatcher.utter_message(response=response, first_buttons=buttons)
    return [set_slot(SLOT, {"kind": private["kind"], "intent": intent, "items": seal_list(items, asker.session)})]


def button(title: str, intent: str, reference: str) -> dict[str, str]:
    """A button that carries a sealed reference."""
    return {"title": title, "payload": f"/{intent}" + json.dumps({"ref": reference})}


def _title(number: int, shown: dict[str, Any]) -> str:
    """The item's number and the portal's own word for it; such buttons are kept sealed."""
    words = shown.get("name") or (shown["type"] if "deadline" in shown else shown["process"])
    title = f"{number}. {words}"
    return title if len(title) <= MAX_TITLE else title[: MAX_TITLE - 1].rstrip() + "…"


def chosen(asker: Asker, tracker: Tracker) -> OwnItem | None:
    """What a button's reference stands for, or a number of the list shown last; None when nothing was chosen.

    Raises Refusal for a reference of another session, and for a number that the list does not have.
    """
    reference, number = entity(tracker, "ref"), entity(tracker, "item")
    if reference is not None:
        item = unseal(reference, asker.session)
        if item is None:
            raise Refusal(responses.ITEM_GONE)
        return item
    shown = as_dict(tracker.slots.get(SLOT)).get("items")
    items = unseal_list(shown, asker.session) if isinstance(shown, str) else None
    if number is None or not items:
        return None
    return nth(items, number)


def nth(items: Sequence[OwnItem], number: str) -> OwnItem:
    """The item of that number, from 1; "last" is the last one. Raises Refusal."""
    position = len(items) if number == "last" else int(number) if number.isdecimal() else 0
    if not 1 <= position <= len(items):
        raise Refusal(responses.ITEM_UNKNOWN)
    return items[position - 1]


def _for_company(asker: Asker) -> Asker:
    """The same citizen asking for the one company that they represent. Raises Refusal."""
    if asker.citizen.is_company:
        return asker
    if asker.citizen.companies is None:
        raise Refusal(responses.COMPANY_UNKNOWN)
    if not asker.citizen.companies:
        raise Refusal(responses.COMPANY_NONE)
    if len(asker.citizen.companies) > 1:
        raise Refusal(responses.COMPANY_WHICH)
    company = asker.citizen.companies[0]
    return replace(asker, document=company.document, owner=company.name)
