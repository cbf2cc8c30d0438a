"""WhatsApp's policy: nobody is asked to write a full identity number in the chat. And limits' sources."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import yaml

from bot.channels.whatsapp import limits
from tests.bot.conftest import ROOT
from tests.bot.support.limits import sources_missing

FILES = ("data/front_desk.yml", "data/help_center.yml", "domain.yml")
_ASKS = re.compile(r"\b(escrev|inform|digit|envi|mand|pass|dig[ao]|qual é)", re.IGNORECASE)
_HERE = re.compile(r"\b(aqui|conversa|chat|me|comigo|para mim|mensagem)\b", re.IGNORECASE)
_NOT = re.compile(r"\b(não|nunca|nem)\b", re.IGNORECASE)


def texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield " ".join(value.split())
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


def asking(text: str) -> list[str]:
    """The sentences that ask for a CPF in the conversation."""
    return [
        sentence
        for sentence in re.split(r"(?<=[.!?])\s+", text)
        if re.search(r"\bCPF\b", sentence)
        and _ASKS.search(sentence)
        and _HERE.search(sentence)
        and not _NOT.search(sentence)
    ]


@pytest.mark.parametrize("name", FILES)
def test_no_sentence_asks_for_a_cpf_in_the_chat(name: str) -> None:
    data = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
    assert [sentence for text in texts(data) for sentence in asking(text)] == []


def test_every_limit_names_its_source() -> None:
    assert sources_missing(limits, "Meta", "Our own") == []
    source = (ROOT / "bot/channels/whatsapp/limits.py").read_text(encoding="utf-8")
    for name in (name for name in vars(limits) if name.isupper()):
        used = [path for path in (ROOT / "bot").rglob("*.py") if f"limits.{name}" in path.read_text(encoding="utf-8")]
        assert used or source.count(name) > 1, f"{name} is used nowhere"


def test_such_a_sentence_would_be_found() -> None:
    assert asking("Para continuar, escreva aqui o seu CPF.")
    assert not asking("Não escreva aqui CPF nem senha.")
    assert not asking("Na tela que aparece, digite o seu CPF ou CNPJ.")
