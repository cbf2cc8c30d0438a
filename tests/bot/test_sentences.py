"""data/front_desk.yml is complete, and a fault in it is named with its file."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.city import CityError
from bot.sentences import SentencesError, load_sentences, without_unset
from tests.bot.conftest import ROOT

FRONT_DESK = ROOT / "data" / "front_desk.yml"
CITY = ROOT / "data" / "city.yml"


def changed(folder: Path, text: str) -> Path:
    path = folder / "front_desk.yml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_real_file_says_everything() -> None:
    sentences = load_sentences(FRONT_DESK, CITY)
    assert "assistente virtual" in sentences.notice
    for kind in ("cpf", "cnpj", "card", "email", "password"):
        assert sentences.redaction_notice(frozenset([kind]))
    assert "{" not in sentences.notice + sentences.apology + sentences.login_portal


@pytest.mark.parametrize("key", ["notice", "apology", "redacted.password", "errors.too_many", "private.deadline.past"])
def test_a_missing_sentence_is_named(tmp_path: Path, key: str) -> None:
    data = yaml.safe_load(FRONT_DESK.read_text(encoding="utf-8"))
    *path, last = key.split(".")
    holder = data
    for part in path:
        holder = holder[part]
    del holder[last]
    with pytest.raises(SentencesError, match=rf"front_desk\.yml: {key}"):
        load_sentences(changed(tmp_path, yaml.safe_dump(data, allow_unicode=True)), CITY)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("virtual da {city_hall}", "virtual da {prefeitura}", r"notice: unknown placeholder \{prefeitura\}"),
        ("{limit}", "mil", r"too_long: placeholder \{limit\} is missing"),
        ("{% if not items -%}", "{% if not items %", "private.pendencies"),
        ("notice: |-", "notices: |-", "notice"),
        ("empty: ", "empty: [", "front_desk.yml"),
    ],
)
def test_a_fault_is_named_with_its_file(tmp_path: Path, old: str, new: str, named: str) -> None:
    text = FRONT_DESK.read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(SentencesError, match=named) as raised:
        load_sentences(changed(tmp_path, text.replace(old, new, 1)), CITY)
    assert "front_desk.yml" in str(raised.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SentencesError, match=r"nothing\.yml"):
        load_sentences(tmp_path / "nothing.yml", CITY)
    with pytest.raises(CityError, match=r"nothing\.yml"):
        load_sentences(FRONT_DESK, tmp_path / "nothing.yml")


def test_what_the_city_left_unset_is_not_said(tmp_path: Path) -> None:
    city = tmp_path / "city.yml"
    city.write_text("city_hall: Prefeitura de Teste\ncontacts: {phone: '(19) 0000'}\n", encoding="utf-8")
    sentences = load_sentences(FRONT_DESK, city)
    assert "Prefeitura de Teste" in sentences.notice
    assert "(19) 0000" in sentences.apology
    assert "{" not in sentences.apology
    assert sentences.login_portal == ""


def test_an_unset_placeholder_takes_its_paragraph_or_item_with_it() -> None:
    text = "um {a}\n\ndois {b}\n\nVeja:\n- {a}\n- {b}"
    assert without_unset(text, {"a": "A", "b": None}) == "um A\n\nVeja:\n- A"
