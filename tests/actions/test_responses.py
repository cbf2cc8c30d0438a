"""Every name that an action utters is a response of domain.yml, and every value that a response names is given."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from actions import responses
from portal import PortalError, _exceptions

ROOT = Path(__file__).parents[2]
NAMES = sorted(value for value in vars(responses).values() if isinstance(value, str) and value.startswith("utter_"))
# What `show_process.py` and `validate_process_form.py` pass.
FACTS = {"reference", "subject", "type", "situation", "agency", "place", "opened", "movements"}
VALUES = {
    responses.PROCESS_FOUND: {f"process_{fact}" for fact in FACTS},
    responses.PROCESS_FOUND_WITHOUT_MOVEMENTS: {f"process_{fact}" for fact in FACTS},
    responses.PROCESS_SEVERAL: {"process_reference", "process_count", "process_candidates"},
    responses.PROCESS_MANY: {"process_reference", "process_count", "process_shown", "process_candidates"},
    responses.YEAR_INVALID: {"first_year", "this_year"},
} | {
    getattr(responses, f"PROCESS_{end}"): {"process_reference"}
    for end in ["NOT_FOUND", "SECRET", "SLOW", "DOWN", "BROKEN", "REFUSED"]
}


@pytest.fixture(scope="module")
def domain() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    return content


@pytest.mark.parametrize("name", NAMES)
def test_a_response_exists_and_names_only_what_it_is_given(domain: dict[str, Any], name: str) -> None:
    facts_of_the_city = {"city", "city_hall", "portal", "portal_url"}
    for variation in domain["responses"][name]:
        named = set(re.findall(r"\{(\w+)\}", variation["text"]))
        assert named <= VALUES.get(name, set()) | facts_of_the_city


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith(("utter_process_", "utter_own_"))])
def test_a_refusal_offers_a_way_forward(domain: dict[str, Any], name: str) -> None:
    for variation in domain["responses"][name]:
        assert variation["buttons"]
        assert all(len(button["title"]) <= 20 for button in variation["buttons"])


def test_every_error_of_the_portal_has_its_own_line_in_the_table() -> None:
    branches = {_exceptions.PortalError, _exceptions.Unavailable}
    errors = {kind for _, kind in inspect.getmembers(_exceptions, inspect.isclass) if issubclass(kind, PortalError)}

    inherited = {_exceptions.NotAParty}  # never the answer to a look-up by a stranger
    assert errors - branches - inherited == set(responses.TROUBLES)
    for kind in errors - {_exceptions.SeveralFound, _exceptions.CircuitOpen}:
        assert responses.trouble(kind("x")).process.startswith("utter_process_")
