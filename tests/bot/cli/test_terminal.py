"""data/terminal.yml holds every sentence that the command says, and only those."""

import re
from pathlib import Path

import pytest
import yaml

from bot.cli.paths import ROOT
from bot.cli.terminal import TERMINAL_FILE, Terminal, TextMissing

NAMED = re.compile(r"""["']([a-z_]+)\.([a-z_]+)["']""")
# Put together from two halves, so that the whole name stands nowhere.
PUT_TOGETHER = {
    *(f"parts.{name}" for name in ("portal", "identity", "actions", "rasa", "front_desk", "telegram", "whatsapp")),
    *(f"dead_letters.{done}" for done in ("retried", "dropped")),
    *(f"review.{kind}" for kind in ("answer", "offer", "reject")),
}


def used(sections: set[str]) -> set[str]:
    code = "".join(file.read_text() for file in (ROOT / "bot" / "cli").rglob("*.py"))
    named = {f"{section}.{key}" for section, key in NAMED.findall(code) if section in sections}
    return named | PUT_TOGETHER


def test_every_sentence_that_is_used_exists_and_none_is_left_over() -> None:
    texts = yaml.safe_load(TERMINAL_FILE.read_text())
    there = {f"{section}.{key}" for section, group in texts.items() for key in group}

    assert used(set(texts)) == there


@pytest.mark.parametrize("name", ["errors.no_such", "no_such.sentence", "errors", "errors.part_died"])
def test_a_missing_sentence_or_value_is_an_error_with_a_name(name: str) -> None:
    with pytest.raises(TextMissing):
        Terminal.load().text(name)


def test_a_file_that_cannot_be_read_is_an_error_with_a_name(tmp_path: Path) -> None:
    with pytest.raises(TextMissing):
        Terminal.load(tmp_path / "missing.yml")
