"""Every conversation of tests/dialogues/*.yml with the whole running system, through the website's API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

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


def test_titles_are_unique() -> None:
    titles = [dialogue.title for _, dialogue in _CASES]
    assert len(titles) == len(set(titles))
