"""The guided mode's step in a slot."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.guide import GuideStep


@pytest.mark.parametrize(
    ("value", "active"),
    [
        ("sign:2", True),
        ("sign:end", False),
        ("sign:0", False),
        ("off", False),
        (None, False),
        ("", False),
        (":3", False),
    ],
)
def test_when_it_is_active(value: object, active: bool) -> None:
    assert GuideStep.parse(value).active is active


def test_round_trip() -> None:
    assert GuideStep.parse(str(GuideStep("sign", 2))) == GuideStep("sign", 2)


@given(st.text())
def test_any_text_is_a_step_or_none(value: str) -> None:
    assert GuideStep.parse(value).number >= 0
