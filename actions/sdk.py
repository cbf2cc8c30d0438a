"""rasa-sdk with types: the package has none, so this is the only file that takes its word for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, cast

from rasa_sdk import Action as _Action
from rasa_sdk.forms import FormValidationAction as _FormValidationAction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Event = dict[str, Any]
Domain = dict[str, Any]


class Action(_Action):  # type: ignore[misc]  # untyped base
    """A custom action; `name()` and `async run(dispatcher, tracker, domain)`."""


class FormValidationAction(_FormValidationAction):  # type: ignore[misc]  # untyped base
    """Validates the slots of a form: `validate_<slot>(value, dispatcher, tracker, domain)`."""


class Dispatcher(Protocol):
    """What is said in this turn."""

    def utter_message(
        self,
        *,
        response: str | None = None,
        json_message: Mapping[str, Any] | None = None,
        buttons: Sequence[Mapping[str, str]] | None = None,
        **values: Any,
    ) -> None:
        """Say a response of the domain, or hand data to the front desk."""


class Tracker(Protocol):
    """The conversation, as far as an action may look."""

    slots: dict[str, Any]
    latest_message: dict[str, Any]
    events: list[dict[str, Any]]
    active_loop: dict[str, Any]


def set_slot(name: str, value: object) -> Event:
    """The event that sets a slot."""
    return {"event": "slot", "timestamp": None, "name": name, "value": value}


def text_slot(tracker: Tracker, name: str) -> str | None:
    """A slot's text; None when it is unset or empty."""
    value = tracker.slots.get(name)
    return str(value) if value not in (None, "") else None


def session_of(tracker: Tracker) -> str | None:
    """The opaque id of the citizen's session, which the front desk sends with every message (None: not identified).

    For typed text Rasa keeps it in the message; for a button, which skips the NLU, only in the event.
    """
    event = next((item for item in reversed(tracker.events) if item.get("event") == "user"), None)
    for source in (tracker.latest_message, as_dict(event)):
        session = as_dict(source.get("metadata")).get("session")
        if isinstance(session, str) and session:
            return session
    return None


def entity(tracker: Tracker, name: str) -> str | None:
    """What the citizen's message, or the button, names; None when it names none."""
    entities = tracker.latest_message.get("entities")
    found = [as_dict(item) for item in entities] if isinstance(entities, list) else []
    return next((str(item["value"]) for item in found if item.get("entity") == name and item.get("value")), None)


def as_dict(value: object) -> dict[str, Any]:
    """The value when it is a mapping, otherwise nothing."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
