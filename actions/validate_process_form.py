"""`validate_process_form`: brings each part of the reference to its one form, or says why it is none."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from actions import failures, responses
from actions.failures import Failures
from actions.parts import FIRST_YEAR, read_number, read_year
from actions.sdk import FormValidationAction

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping

    from actions.agencies import Agencies
    from actions.sdk import Dispatcher, Domain, Tracker

Slots = dict[str, Any]


class ValidateProcessForm(FormValidationAction):
    """Says nothing when a part is right; the form itself asks for the next one."""

    def __init__(self, agencies: Agencies, today: Callable[[], dt.date]) -> None:
        self._agencies = agencies
        self._today = today

    def name(self) -> str:
        """Its name in domain.yml."""
        return "validate_process_form"

    def validate_agency(self, value: object, dispatcher: Dispatcher, tracker: Tracker, domain: Domain) -> Slots:
        """The acronym of one of the city's órgãos."""
        text = _text(value)
        acronym = self._agencies.find(text)
        if acronym is not None or not text:
            return _accepted("agency", acronym, tracker)
        return _refused("agency", dispatcher, tracker, responses.AGENCY_UNKNOWN, nearest=self._agencies.nearest(text))

    def validate_year(self, value: object, dispatcher: Dispatcher, tracker: Tracker, domain: Domain) -> Slots:
        """From FIRST_YEAR to this year."""
        text, this_year = _text(value), self._today().year
        year = read_year(text, this_year)
        if year is not None or not text:
            return _accepted("year", year, tracker)
        bounds = {"first_year": str(FIRST_YEAR), "this_year": str(this_year)}
        return _refused("year", dispatcher, tracker, responses.YEAR_INVALID, values=bounds)

    def validate_number(self, value: object, dispatcher: Dispatcher, tracker: Tracker, domain: Domain) -> Slots:
        """One to nine digits."""
        text = _text(value)
        number = read_number(text)
        if number is not None or not text:
            return _accepted("number", number, tracker)
        return _refused("number", dispatcher, tracker, responses.NUMBER_INVALID)


def _text(value: object) -> str:
    """An entity that was found several times arrives as a list: the first one counts."""
    if isinstance(value, list):
        value = value[0] if value else None
    return str(value).strip() if isinstance(value, str | int) else ""


def _accepted(slot: str, value: str | None, tracker: Tracker) -> Slots:
    """The value; the failures at this slot are forgiven."""
    forgiven = {failures.SLOT: None} if Failures.of(tracker).slot == slot else {}
    return {slot: value, **forgiven}


def _refused(
    slot: str,
    dispatcher: Dispatcher,
    tracker: Tracker,
    response: str,
    *,
    nearest: tuple[str, ...] = (),
    values: Mapping[str, Any] = MappingProxyType({}),
) -> Slots:
    """No value, so that the form asks again; says what is wrong or, from the second time on, explains everything."""
    failed = Failures.of(tracker).again(slot, nearest)
    if failed.needs_explanation:
        dispatcher.utter_message(response=responses.PROCESS_HELP)
    else:
        dispatcher.utter_message(response=response, **values)
    return {slot: None, failures.SLOT: failed.as_slot()}
