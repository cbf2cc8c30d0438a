"""What Meta's error codes mean for a message (Meta, "error codes", 15 May 2026). Only the code decides:
titles and texts change. What is not listed as passing is not sent again. ``error_data.details`` is for the log.
"""

from __future__ import annotations

import re
from enum import Enum

MAX_DETAILS = 160
_QUOTED = re.compile(r"""(?:(?<!\w)'|["`«“‘\[({]).*?(?:'(?!\w)|["`»”’\])}]|$)""", re.DOTALL)
_NAMES_SOMEBODY = re.compile(r"\S*(?:@|\d{5})\S*")


class Meaning(Enum):
    THROTTLED = "throttled"  # this number, or this app, sends too much: wait
    PAIR = "pair"  # too much to this one user: wait
    TRANSIENT = "transient"  # Meta's own trouble: try again, more and more slowly
    TOKEN = "token"  # noqa: S105  # ours is refused: an operator has to act, messages wait
    NEVER = "never"  # this message cannot be delivered


NAMES = {
    0: "token_refused",
    3: "no_permission",
    4: "too_many_calls",
    10: "no_permission",
    190: "token_refused",
    368: "account_locked",
    80007: "too_many_calls",
    130429: "throughput",
    131000: "meta_failed",
    131008: "parameter_missing",
    131009: "parameter_wrong",
    131016: "meta_unavailable",
    131021: "sent_to_ourselves",
    131026: "undeliverable",
    131030: "not_a_test_number",
    131031: "account_locked",
    131037: "display_name_not_approved",
    131042: "payment",
    131047: "window_closed",
    131048: "flagged_as_spam",
    131049: "held_back_by_meta",
    131050: "opted_out",
    131051: "type_not_supported",
    131052: "media_download",
    131053: "media_upload",
    131056: "pair_rate",
    131057: "account_maintenance",
    131062: "recipient_id_not_supported",
    131064: "limit_reached",
    132000: "template",
    132001: "template",
    132005: "template",
    132007: "template",
    132008: "template",
    132012: "template",
    132015: "template",
    132016: "template",
    133016: "too_many_registrations",
}
"""What dead letters and logs call a code."""

_MEANINGS = {
    0: Meaning.TOKEN,
    190: Meaning.TOKEN,
    4: Meaning.THROTTLED,
    80007: Meaning.THROTTLED,
    130429: Meaning.THROTTLED,
    133016: Meaning.THROTTLED,
    131056: Meaning.PAIR,
    131000: Meaning.TRANSIENT,
    131016: Meaning.TRANSIENT,
}
OPERATOR = frozenset((0, 3, 10, 190, 368, 131031, 131037, 131042, 131048, 131057, *range(200, 300)))
"""What no citizen and no program can mend: it is logged as an error."""


def harmless(details: object) -> str:
    """Meta's explanation of an error without what may quote a message or name somebody: nothing that stands in quotes
    or brackets, no long number, no address."""
    if not isinstance(details, str):
        return ""
    said = _NAMES_SOMEBODY.sub("…", _QUOTED.sub("…", details))
    return " ".join(said.split())[:MAX_DETAILS]


def meaning(code: int) -> Meaning:
    return _MEANINGS.get(code, Meaning.NEVER)


def name(code: int) -> str:
    """e.g. ``window_closed_131047``."""
    called = NAMES.get(code, "no_permission" if code in range(200, 300) else "error")
    return f"{called}_{code}"
