"""Which typed texts choose a button, and which are free text."""

from __future__ import annotations

import pytest

from bot.choices import choose
from bot.messages import Button, Choices, Payload

TITLES = ["Criar conta", "Entrar no portal", "Recuperar senha", "Trocar e-mail", "Falar com uma pessoa"]
CHOICES = Choices([Button(title, title, Payload("x")) for title in TITLES])


def chosen(text: str, choices: Choices | None = CHOICES) -> str | None:
    button = choose(text, choices)
    return button.title if button else None


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("1", "Criar conta"),
        (" 3 ", "Recuperar senha"),
        ("3.", "Recuperar senha"),
        ("03", "Recuperar senha"),
        ("2️⃣", "Entrar no portal"),
        ("2ª", "Entrar no portal"),
        ("opção 2", "Entrar no portal"),
        ("opcao 2", "Entrar no portal"),
        ("a opção 2", "Entrar no portal"),
        ("quero a 2", "Entrar no portal"),
        ("número 4", "Trocar e-mail"),
        ("a segunda", "Entrar no portal"),
        ("segunda opção", "Entrar no portal"),
        ("o primeiro", "Criar conta"),
        ("quinta", "Falar com uma pessoa"),
        ("criar conta", "Criar conta"),
        ("CRIAR CONTA!", "Criar conta"),
        ("criar uma conta", "Criar conta"),
        ("recuperar senah", "Recuperar senha"),
        ("trocar email", "Trocar e-mail"),
        ("entrar no potal", "Entrar no portal"),
        ("falar com pessoa", "Falar com uma pessoa"),
    ],
)
def test_chooses(text: str, title: str) -> None:
    assert chosen(text) == title


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "6",
        "99",
        "2023/500100",
        "12 3",
        "são 2 processos",
        "senha",
        "conta",
        "não consigo entrar no portal",
        "como faço para criar conta no portal?",
        "sexta",
        "obrigado",
        "recuperar senha ou criar conta",
        "1" * 5000,
        "criar conta " * 400,
    ],
)
def test_is_free_text(text: str) -> None:
    assert chosen(text) is None


def test_near_two_titles_is_near_none() -> None:
    twins = Choices([Button(title, title, Payload("x")) for title in ("Assinar com A1", "Assinar com A3")])
    assert chosen("assinar com a2", twins) is None
    assert chosen("assinar com a1", twins) == "Assinar com A1"
    same = Choices([Button(str(number), "Voltar", Payload("x")) for number in range(2)])
    assert chosen("voltar", same) is None


def test_a_number_that_is_asked_for_is_no_choice() -> None:
    asking = Choices(CHOICES.buttons, expects_number=True)
    assert chosen("2", asking) is None
    assert chosen("a segunda", asking) is None
    assert chosen("criar conta", asking) == "Criar conta"


def test_without_buttons_nothing_is_chosen() -> None:
    assert chosen("1", None) is None
    assert chosen("1", Choices([])) is None
