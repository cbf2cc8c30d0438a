"""What can be said of a text without understanding it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.inspection import clean, inspect, word_of_sign


@pytest.mark.parametrize("text", ["", " ", "\n", "\u200b\u200d\ufeff", "\u00ad\u2060", "\u3164", "\u2800", "\u202e"])
def test_empty(text: str) -> None:
    assert inspect(text) == "empty"


@pytest.mark.parametrize("text", ["👍", "❤️", "👩‍👩‍👧", "?!", "---", "…", "🇧🇷", "<>", "$%&"])
def test_only_symbols(text: str) -> None:
    assert inspect(text) == "only_symbols"


@pytest.mark.parametrize("text", ["a", "é", "1", "2️⃣", "ok 👍", "SELECT * FROM x;", "<b>oi</b>", "日本", "a" * 1000])
def test_words(text: str) -> None:
    assert inspect(text) is None


@pytest.mark.parametrize(
    "text",
    [
        'print("hello")',
        "console.log('oi');",
        "main()",
        'System.out.println("x");',
        'print("a")\n\nprint("b")',
        "  f(``) ",
    ],
)
def test_code(text: str) -> None:
    assert inspect(text) == "code"


@pytest.mark.parametrize(
    "text",
    [
        "documento(s)",
        "processo(2023)",
        "e-mail (antigo)",
        'não acho "Entrar" (no portal)',
        'cliquei em "Entrar"(azul) e nada',
        'print("hello") é o que aparece',
        "como assino (o termo)?",
        "(oi)",
    ],
)
def test_brackets_and_quotes_are_no_code(text: str) -> None:
    assert inspect(text) is None


SIGNS = {"👍": "ok", "👎": "não"}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("👍", "ok"),
        (" 👍🏽👍🏿\n", "ok"),
        ("👍️", "ok"),
        ("👎", "não"),
        ("👍👎", None),
        ("👍 ok", None),
        ("😀", None),
        ("", None),
    ],
)
def test_a_sign_alone_stands_for_its_word(text: str, word: str | None) -> None:
    assert word_of_sign(text, SIGNS) == word


def test_too_long() -> None:
    assert inspect("a" * 1001) == "too_long"


@given(st.text())
def test_a_clean_text_can_be_stored(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode("utf-8")
    assert not any(char < " " and char not in "\n\t\r" for char in cleaned)
    assert clean(cleaned) == cleaned
    inspect(text)
    word_of_sign(text, SIGNS)
