"""Neutral text as Telegram messages, read back by the stand-in's parser: whatever the text, no tag breaks."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.telegram import limits
from bot.channels.telegram.render import keyboard, render, without_links
from bot.markdown import to_plain
from bot.messages import ShownButton
from sandbox.telegram import keyboards
from sandbox.telegram.entities import parse, units


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("oi", "oi"),
        ("**Entrar** e *sair*", "<b>Entrar</b> e *sair*"),
        ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
        ("<b>não</b>", "&lt;b&gt;não&lt;/b&gt;"),
        ("um\n\ndois", "um\n\ndois"),
        ("- **um**\n- dois", "- <b>um</b>\n- dois"),
        ("1. um\n2. dois", "1. um\n2. dois"),
        ("[portal](https://a.example/b_c)", "portal (https://a.example/b_c)"),
        ("https://a.example/b_c?d=1&e=2", "https://a.example/b_c?d=1&amp;e=2"),
        ("nome_com_traços@a.example", "nome_com_traços@a.example"),
        ("", ""),
    ],
)
def test_telegram_html(source: str, html: str) -> None:
    assert "".join(part.html for part in render(source)) == html


@given(st.text(alphabet="ab *_<>&\n-1.😀é[]()", max_size=300))
@settings(max_examples=300, deadline=None)
def test_html_says_what_the_plain_text_says(source: str) -> None:
    for part in render(source):
        assert parse(part.html).text == part.plain
    assert "".join("".join(part.plain for part in render(source)).split()) == "".join(to_plain(source).split())


@given(st.integers(1, 1500), st.sampled_from(["palavra ", "**forte** ", "😀", "linha\n", "parágrafo\n\n", "a<b&"]))
@settings(max_examples=60, deadline=None)
def test_every_part_fits_and_nothing_is_lost(times: int, unit: str) -> None:
    parts = render(unit * times)
    assert all(units(parse(part.html).text) <= limits.MESSAGE_TEXT for part in parts)
    assert "".join("".join(part.plain for part in parts).split()) == "".join(to_plain(unit * times).split())


def test_a_bold_span_over_the_cut_is_bold_on_both_sides() -> None:
    first, second = render("**" + "palavra " * 700 + "fim**")
    assert first.html.startswith("<b>")
    assert first.html.endswith("</b>")
    assert second.html.startswith("<b>")


def test_long_titles_have_a_row_and_short_ones_share_it() -> None:
    titles = ["Sim", "Não", "Recuperar a senha", "Entrar", "Voltar", "Menu"]
    made = keyboard([ShownButton(str(number), title) for number, title in enumerate(titles)])
    assert made is not None
    assert [[button.text for button in row] for row in made.inline_keyboard] == [
        ["Sim", "Não"],
        ["Recuperar a senha"],
        ["Entrar", "Voltar"],
        ["Menu"],
    ]
    assert keyboards.check(made.to_dict()) is not None
    assert keyboard([]) is None


def test_a_button_with_an_address_opens_it_and_can_be_a_line_of_text() -> None:
    shown = [ShownButton("a", "Abrir", url="https://portal.example/x"), ShownButton("b", "Sim")]
    made = keyboard(shown)
    assert made is not None
    assert made.inline_keyboard[0][0].url == "https://portal.example/x"
    assert without_links(shown) == ([shown[1]], "Abrir: https://portal.example/x")
