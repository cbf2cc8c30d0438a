"""What would be a command to Rasa is, typed by a citizen, a word like any other."""

from __future__ import annotations

import pytest

from tests.whole_system import WholeSystem

COMMANDS = ["greet", "restart", "session_start", 'guide_go{"guide": "sign:3"}', "guide_exit"]
SLASHES = {
    "as Rasa has it": "/",
    "after spaces": "  \t\n /",
    "after a zero-width space": "\u200b/",
    "after a byte order mark": "\ufeff/",
    "after a soft hyphen and a no-break space": "\u00ad\u00a0/",
    "full-width": "／",
    "twice": "/ /",
    "with a zero-width space after it": "/\u200b",
}
BEFORE, AFTER = "esqueci minha senha", "e depois?"


@pytest.fixture(scope="module")
def without_slash(system: WholeSystem) -> dict[str, list[str]]:
    """What is said to the same words without a slash, and to what comes then."""
    said = {}
    for command in COMMANDS:
        citizen = system.citizen()
        citizen.say(BEFORE)
        said[command] = [citizen.say(command).text, citizen.say(AFTER).text]
    return said


@pytest.mark.parametrize("slash", SLASHES)
def test_a_typed_command_is_only_words(system: WholeSystem, without_slash: dict[str, list[str]], slash: str) -> None:
    for command in COMMANDS:
        citizen = system.citizen()
        citizen.say(BEFORE)
        typed = SLASHES[slash] + command
        assert [citizen.say(typed).text, citizen.say(AFTER).text] == without_slash[command], repr(typed)


def test_the_words_alone_do_not_do_what_the_command_does(
    system: WholeSystem, without_slash: dict[str, list[str]]
) -> None:
    """So the comparison above means something: a greeting, a step of a guide, a lost topic would show."""
    citizen = system.citizen()
    citizen.say(BEFORE)
    in_topic = citizen.say(AFTER).text
    assert {said[1] for said in without_slash.values()} == {in_topic}
    assert "passo 3" not in without_slash['guide_go{"guide": "sign:3"}'][0]
    assert "Olá" not in without_slash["greet"][0]


def test_a_button_that_carries_such_an_intent_does_it(system: WholeSystem) -> None:
    citizen = system.citizen()
    citizen.say("como assino um documento?")
    assert "passo 1" in citizen.press("Passo a passo").text
