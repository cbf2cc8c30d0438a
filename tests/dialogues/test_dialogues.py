"""Every conversation of tests/dialogues/*.yml with the whole running system, through the website's API."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
import pytest
import yaml

from bot.cli.paths import ROOT
from tests.dialogues.conversation import Dialogue, dialogues
from tests.dialogues.playing import Player

if TYPE_CHECKING:
    from tests.whole_system import WholeSystem

_CASES = list(dialogues())


@pytest.mark.parametrize(
    "dialogue", [dialogue for _, dialogue in _CASES], ids=[f"{file}: {dialogue.title}" for file, dialogue in _CASES]
)
def test_dialogue(system: WholeSystem, dialogue: Dialogue) -> None:
    try:
        Player(system, dialogue).play()
    finally:
        system.heal()


def test_the_template_of_the_docs_is_a_conversation() -> None:
    docs = (ROOT / "docs" / "novo-topico.md").read_text(encoding="utf-8")
    (template,) = (
        text for text in re.findall(r"^```yaml\n(.*?)^```$", docs, re.MULTILINE | re.DOTALL) if "turns:" in text
    )
    (dialogue,) = msgspec.convert(yaml.safe_load(template), list[Dialogue])
    assert [turn.expect.says for turn in dialogue.turns] == [["UM PEDAÇO DA RESPOSTA"], ["UM PEDAÇO DE next"]]


def test_titles_are_unique() -> None:
    titles = [dialogue.title for _, dialogue in _CASES]
    assert len(titles) == len(set(titles))
