"""A citizen's text as the classifier sees it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.nlu.normalise import normalise


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Esqueci a SENHA", "esqueci a senha"),
        ("não recebi o e-mail", "nao recebi o email"),
        ("oieeee", "oie"),
        ("vc n tem q ir", "voce nao tem que ir"),
        ("munícipe c/ pend. s/ doc.", "municipe com pendencia sem documento"),
        ("PMP 2023/500100 tá onde?", "procref esta onde ?"),
        ("semae 4471/2022", "procref"),
        ("liga 3403-1000", "liga numeral"),
        ("meu email é a@b.com", "meu email e emailaddr"),
        ("ｓｅｎｈａ", "senha"),
        ("", ""),
        ("🙂🙂", ""),
        ("👍👍", "emojisim"),
        ("👍🏽", "emojisim"),
        ("não 👎🏿👎🏿", "nao emojinao"),
        ("❤️🙏🏾", "emojiamor emojimaos"),
        ("semae 2024 num 12", "semae numeral numero numeral"),
        ("processo num. 500100", "processo numero numeral"),
        ("num processo da prefeitura", "num processo da prefeitura"),
    ],
)
def test_what_the_classifier_sees(text: str, expected: str) -> None:
    assert normalise(text) == expected


@given(st.text(max_size=300))
def test_any_text_gives_plain_words(text: str) -> None:
    assert set(normalise(text)) <= set("abcdefghijklmnopqrstuvwxyz ?!")


@pytest.mark.parametrize("piece", ["a", "1/", "@", "www.", "1.", " - ", "2023/"])
def test_long_texts_cost_no_more_than_their_length(piece: str) -> None:
    """A pattern that backtracks would take minutes here."""
    started = time.perf_counter()
    for _ in range(20):
        normalise(piece * 100_000)
    assert time.perf_counter() - started < 5
