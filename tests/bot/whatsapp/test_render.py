"""What a turn becomes: marks, one bubble, buttons, lists, numbers; always within Meta's limits."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.whatsapp.marks import to_whatsapp
from bot.channels.whatsapp.render import render, split
from bot.channels.whatsapp.titles import for_list, for_reply_buttons, length
from bot.choices import choose
from bot.messages import Button, Choices, Payload, ShownButton
from sandbox.whatsapp.validation import check
from tests.bot.conftest import ROOT

OPTIONS = "Responda com o número da opção:"
LIST = "Ver opções"


def buttons(*titles: str) -> list[ShownButton]:
    return [ShownButton(f"id{number}", title) for number, title in enumerate(titles)]


def rendered(text: str, *titles: str) -> list[dict[str, Any]]:
    contents = render([text], buttons(*titles), OPTIONS, LIST)
    for content in contents:
        check({"messaging_product": "whatsapp", "to": "5519987650001", **content})
    return contents


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("clique em **Entrar**.", "clique em *Entrar*."),
        ("**Entrar**/**Sair**, **a b**", "*Entrar*/*Sair*, *a b*"),
        ("1. um\n2. **dois**\n\nfim", "1. um\n2. *dois*\n\nfim"),
        ("Veja:\n- um\n- dois", "Veja:\n\n- um\n- dois"),
        ("[aqui](https://a.b/c_d_)", "aqui (https://a.b/c_d_)"),
        ("https://x.y/_z_", "https://x.y/_z_"),
        ("maria_da_silva_@x.com", "maria_da_silva_@x.com"),
        ("2*3*4 e a_b_c", "2*3*4 e a_b_c"),
        (r"\*isto\* e _aquilo_ e ~isso~ e `x`", "∗isto∗ e ＿aquilo＿ e ∼isso∼ e ˋxˋ"),
        ("pala**vra**", "palavra"),
        ("**um\ndois**", "*um*\n*dois*"),
        ("**2*3**", "*2∗3*"),
        ("> citado", "› citado"),
        ("a * b * c", "a * b * c"),
        ("<b>x</b> & y", "<b>x</b> & y"),
    ],
)
def test_marks(text: str, written: str) -> None:
    assert to_whatsapp(text) == written


@given(st.text(max_size=300))
def test_marks_of_any_text(text: str) -> None:
    to_whatsapp(text)


def test_texts_of_a_turn_are_one_bubble() -> None:
    (content,) = render(["Um.", "**Dois**."], [], OPTIONS, LIST)
    assert content == {"type": "text", "text": {"body": "Um.\n\n*Dois*.", "preview_url": False}}


def test_up_to_three_buttons_are_reply_buttons() -> None:
    (content,) = rendered("Escolha", "Passo a passo", "Entrar no portal", "Trocar o e-mail")
    assert content["interactive"]["type"] == "button"
    replies = [button["reply"] for button in content["interactive"]["action"]["buttons"]]
    assert replies[0] == {"id": "id0", "title": "Passo a passo"}


def test_four_to_ten_are_a_list() -> None:
    (content,) = rendered("Escolha", *(f"Opção {number}" for number in range(10)))
    assert content["interactive"]["type"] == "list"
    assert len(content["interactive"]["action"]["sections"][0]["rows"]) == 10


def test_more_are_numbers_in_the_text() -> None:
    (content,) = rendered("Escolha", *(f"Opção {number}" for number in range(11)))
    assert content["text"]["body"].startswith(f"Escolha\n\n{OPTIONS}\n1. Opção 0\n2. Opção 1")


def test_a_long_text_and_its_buttons_stay_one_bubble() -> None:
    (content,) = rendered("x" * 1_025, "Passo a passo", "Menu")
    assert content["text"]["body"] == "x" * 1_025 + f"\n\n{OPTIONS}\n1. Passo a passo\n2. Menu"


def test_the_limits_are_exact() -> None:
    (content,) = rendered("x" * 1_024, "Menu")
    assert content["type"] == "interactive"
    assert len(rendered("y" * 4_096)) == 1
    assert len(rendered("y " * 2_049)) == 2
    assert rendered("😀" * 512, "Menu")[0]["type"] == "interactive"
    assert rendered("😀" * 513, "Menu")[0]["type"] == "text"


def test_a_number_that_is_typed_chooses_what_was_numbered() -> None:
    titles = ["Passo a passo", "Entrar no portal"]
    (content,) = rendered("x" * 2_000, *titles)
    shown = content["text"]["body"].splitlines()[-2:]
    choices = Choices([Button(str(number), title, Payload("x")) for number, title in enumerate(titles)])
    for line, title in zip(shown, titles, strict=True):
        chosen = choose(line.partition(".")[0], choices)
        assert chosen is not None
        assert chosen.title == title


def test_titles_lose_only_words_without_meaning_in_a_button() -> None:
    assert for_reply_buttons(["Consultar um processo"]) == ["Consultar processo"]
    assert for_reply_buttons(["Abrir o pedido de vista"]) == ["Abrir pedido vista"]
    assert for_reply_buttons(["Serviço Municipal de Água e Esgoto"]) is None


def test_a_title_too_long_for_a_button_is_a_row_with_its_full_title_below() -> None:
    (content,) = rendered("Qual?", "Serviço Municipal de Água e Esgoto", "Prefeitura")
    rows = content["interactive"]["action"]["sections"][0]["rows"]
    assert rows == [
        {"id": "id0", "title": "Serviço Municipal de…", "description": "Serviço Municipal de Água e Esgoto"},
        {"id": "id1", "title": "Prefeitura"},
    ]


def test_titles_that_begin_alike_stay_apart() -> None:
    rows = for_list(["Processo PMP 2023/500100 Digital", "Processo PMP 2023/500100 Físico"])
    assert rows is not None
    assert [title for title, _ in rows] == ["…PMP 2023/500100 Digital", "…PMP 2023/500100 Físico"]
    same = "Instituto de Previdência e Assistência dos Funcionários"
    assert for_list([f"{same} A {same}", f"{same} B {same}"]) is None
    assert rendered("Qual?", f"{same} A", f"{same} A", "x", "y")[0]["type"] == "text"


def test_titles_too_long_for_a_description_are_numbered_in_full() -> None:
    title = "Instituto Previdência e Assistência Social dos Funcionários Municipais de Piracicaba"
    (content,) = rendered("Qual?", title, "PMP", "SEMAE", "CAMARA")
    assert f"1. {title}" in content["text"]["body"]


@given(st.text(min_size=1, max_size=4_500), st.lists(st.text(min_size=1, max_size=90), max_size=14))
def test_whatever_is_said_keeps_the_limits(text: str, titles: list[str]) -> None:
    shown = buttons(*(title if title.strip() else "x" for title in titles))
    for content in render([text], shown, OPTIONS, LIST):
        check({"messaging_product": "whatsapp", "to": "1", **content})


@given(st.text(max_size=600), st.integers(20, 100))
def test_splitting_loses_nothing_but_spaces(text: str, limit: int) -> None:
    parts = split(text, limit)
    assert all(0 < length(part) <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_parts_are_cut_between_paragraphs() -> None:
    paragraphs = [f"Parágrafo {number}. " + "palavra " * 40 for number in range(30)]
    parts = rendered("\n\n".join(paragraphs), "Menu")
    assert len(parts) == 3
    assert all(part["text"]["body"].startswith("Parágrafo") for part in parts)
    assert parts[-1]["text"]["body"].endswith(f"{OPTIONS}\n1. Menu")


def test_the_help_center_s_titles_fit_reply_buttons() -> None:
    data = yaml.safe_load((ROOT / "data" / "help_center.yml").read_text(encoding="utf-8"))
    titles = [topic["title"] for topic in data["topics"]]
    titles += [detail["title"] for topic in data["topics"] for detail in topic.get("details", [])]
    assert [title for title in titles if for_reply_buttons([title]) != [title]] == []


def test_a_button_that_opens_an_address_is_a_line_with_it() -> None:
    shown = [ShownButton("a", "Entrar com gov.br", "https://x.gov.br/entrar/abc_d"), *buttons("Menu")]
    (content,) = render(["Para ver, entre."], shown, OPTIONS, LIST)
    assert content["interactive"]["body"]["text"] == (
        "Para ver, entre.\n\nEntrar com gov.br: https://x.gov.br/entrar/abc_d"
    )
    assert len(content["interactive"]["action"]["buttons"]) == 1
