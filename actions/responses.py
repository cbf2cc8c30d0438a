"""The names of every response that the actions utter, and which one each portal error becomes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from portal import (
    BrokenAnswer,
    CircuitOpen,
    ConfigurationError,
    CredentialsRefused,
    DefiniteAnswer,
    Down,
    InvalidRequest,
    NotFound,
    PortalError,
    Restricted,
    SeveralFound,
    Slow,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

PROCESS_FOUND: Final = "utter_process_found"
PROCESS_FOUND_WITHOUT_MOVEMENTS: Final = "utter_process_found_without_movements"
PROCESS_NOT_FOUND: Final = "utter_process_not_found"
PROCESS_SEVERAL: Final = "utter_process_several"
PROCESS_MANY: Final = "utter_process_many"
PROCESS_SECRET: Final = "utter_process_secret"  # noqa: S105  (no password)
PROCESS_SLOW: Final = "utter_process_slow"
PROCESS_DOWN: Final = "utter_process_down"
PROCESS_BROKEN: Final = "utter_process_broken"
PROCESS_REFUSED: Final = "utter_process_refused"
PROCESS_HELP: Final = "utter_process_help"

ASK_AGENCY: Final = "utter_ask_agency"
ASK_AGENCY_NEAREST: Final = "utter_ask_agency_nearest"
AGENCY_UNKNOWN: Final = "utter_agency_unknown"
YEAR_INVALID: Final = "utter_year_invalid"
NUMBER_INVALID: Final = "utter_number_invalid"

LOGIN_NEEDED_PENDENCIES: Final = "utter_login_needed_pendencies"
LOGIN_NEEDED_PROCESSES: Final = "utter_login_needed_processes"
LOGIN_NEEDED_VIEWS: Final = "utter_login_needed_views"
LOGIN_NEEDED_DOCUMENTS: Final = "utter_login_needed_documents"
LOGIN_NEEDED_COMPANY: Final = "utter_login_needed_company"
OTHERS: Final = "utter_others_pendencies"
OTHERS_PROCESSES: Final = "utter_others_processes"
ITEM_GONE: Final = "utter_own_item_gone"
ITEM_UNKNOWN: Final = "utter_own_item_unknown"
ITEM_NOT_FOUND: Final = "utter_own_item_not_found"
DOCUMENTS_NOT_YOURS: Final = "utter_documents_not_yours"
COMPANY_NONE: Final = "utter_company_none"
COMPANY_UNKNOWN: Final = "utter_company_unknown"
COMPANY_WHICH: Final = "utter_company_which"
SESSION_EXPIRED: Final = "utter_session_expired"
OWN_SLOW: Final = "utter_own_slow"
OWN_DOWN: Final = "utter_own_down"
OWN_BROKEN: Final = "utter_own_broken"
OWN_REFUSED: Final = "utter_own_refused"

# By what the listed pendencies need, in the order of the data's `next`.
NEXT_OF_PENDENCIES: Mapping[tuple[str, ...], str] = {
    ("sign", "resolve_pendency"): "utter_next_sign_and_resolve",
    ("sign",): "utter_next_sign",
    ("resolve_pendency",): "utter_next_resolve",
    (): "utter_next_none",
}
NEXT_OF_PROCESSES: Final = "utter_next_of_processes"
NEXT_OF_VIEWS: Final = "utter_next_of_views"
NEXT_OF_DOCUMENTS: Final = "utter_next_of_documents"
NEXT_OF_COMPANY: Final = "utter_next_of_company"
WHICH_DOCUMENTS: Final = "utter_which_documents"
# Of one pendency or one process, after the buttons that are about that very one.
NEXT_OF_PENDENCY: Mapping[str, str] = {"sign": "utter_next_of_signature", "resolve_pendency": "utter_next_of_pendency"}
NEXT_OF_PROCESS: Final = "utter_next_of_process"
NEXT_OF_VIEW: Final = "utter_next_of_view"


class Trouble(NamedTuple):
    """What is said when a look-up fails, and when a list of one's own things does."""

    process: str
    own: str


# The nearest class of an error counts. A definite refusal of a list makes no sense, so it is said as a broken answer.
TROUBLES: Mapping[type[PortalError], Trouble] = {
    NotFound: Trouble(PROCESS_NOT_FOUND, OWN_BROKEN),
    SeveralFound: Trouble(PROCESS_SEVERAL, OWN_BROKEN),
    Restricted: Trouble(PROCESS_SECRET, OWN_BROKEN),
    DefiniteAnswer: Trouble(PROCESS_BROKEN, OWN_BROKEN),
    Slow: Trouble(PROCESS_SLOW, OWN_SLOW),
    Down: Trouble(PROCESS_DOWN, OWN_DOWN),
    CircuitOpen: Trouble(PROCESS_DOWN, OWN_DOWN),
    BrokenAnswer: Trouble(PROCESS_BROKEN, OWN_BROKEN),
    InvalidRequest: Trouble(PROCESS_BROKEN, OWN_BROKEN),
    CredentialsRefused: Trouble(PROCESS_REFUSED, OWN_REFUSED),
    ConfigurationError: Trouble(PROCESS_REFUSED, OWN_REFUSED),
}
_UNFORESEEN = Trouble(PROCESS_BROKEN, OWN_BROKEN)


def trouble(error: PortalError) -> Trouble:
    """What to say about an error of the portal."""
    return next((TROUBLES[kind] for kind in type(error).__mro__ if kind in TROUBLES), _UNFORESEEN)
