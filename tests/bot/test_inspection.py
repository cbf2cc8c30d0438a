"""What can be said of a text without understanding it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.inspection import clean, inspect


@pytest.mark.parametrize("text", ["", " ", "\n", "\u200b\u200d\ufeff", "\u00ad\u2060", "\u3164", "\u2800", "\u202e"])
def test_empty(text: str) -> None:
    assert inspect(text) == "empty"


@pytest.mark.parametrize("text", ["👍", "❤️", "👩‍👩‍👧", "?!", "---", "…", "🇧🇷", "<>", "$%&"])
def test_only_symbols(text: str) -> None:
    assert inspect(text) == "only_symbols"


@pytest.mark.parametrize("text", ["a", "é", "1", "2️⃣", "ok 👍", "SELECT * FROM x;", "<b>oi</b>", "日本", "a" * 1000])
def test_words(text: str) -> None:
    assert inspect(text) is None


def test_too_long() -> None:
    assert inspect("a" * 1001) == "too_long"


@given(st.text())
def test_a_clean_text_can_be_stored(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode("utf-8")
    assert not any(char < " " and char not in "\n\t\r" for char in cleaned)
    assert clean(cleaned) == cleaned
    inspect(text)
