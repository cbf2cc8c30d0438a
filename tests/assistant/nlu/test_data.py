"""What data/nlu.yml must hold: by many hands, enough of each label (the issue's counts)."""

import re
from pathlib import Path
from typing import Dict, List

import pytest
import yaml

from assistant.content.assembly import AGAIN_INTENT, FOLLOW_UP_INTENTS
from assistant.content.checks import MIN_EXAMPLES
from assistant.content.examples import Example, by_intent, load_examples
from assistant.content.help_center import load_help_center
from assistant.evaluation.lines import OUT_OF_SCOPE, TASKS_AND_TOPICS
from assistant.nlu.normalise import normalise

TALK = ("greet", "goodbye", "thanks", "affirm", "deny", "help", "bot_challenge", "privacy", "complaint")
GUIDE = ("guide_start", "guide_next", "guide_back", "guide_exit")
AT_LEAST = {"all": 8000, "topic": 350, "talk": 80, "detail": MIN_EXAMPLES, OUT_OF_SCOPE: 1500}
SHORT, LONG, LONGEST = 2, 40, 55  # words
SEVERAL = 10  # long lines of each topic and task
MANY = 40  # of the longest
KEY_WORDS = Path(__file__).with_name("key_words.yml")
A_THIRD, SOME = 1 / 3, 1 / 8


@pytest.fixture(scope="module")
def examples(root: Path) -> Dict[str, List[Example]]:
    return by_intent(load_examples(root))


@pytest.fixture(scope="module")
def counts(examples: Dict[str, List[Example]]) -> Dict[str, int]:
    """intent -> its lines that differ in more than case, accents and spelling of abbreviations."""
    return {
        intent: len({normalise(example.text) or example.text for example in lines})
        for intent, lines in examples.items()
    }


def test_there_are_enough_lines(counts: Dict[str, int]) -> None:
    assert sum(counts.values()) >= AT_LEAST["all"]
    assert counts[OUT_OF_SCOPE] >= AT_LEAST[OUT_OF_SCOPE]


@pytest.mark.parametrize("intent", sorted(TASKS_AND_TOPICS))
def test_every_topic_and_task_has_enough(intent: str, counts: Dict[str, int]) -> None:
    assert counts[intent] >= AT_LEAST["topic"]


@pytest.mark.parametrize("intent", TALK)
def test_every_kind_of_talk_has_enough(intent: str, counts: Dict[str, int]) -> None:
    assert counts[intent] >= AT_LEAST["talk"]


def test_every_detail_and_follow_up_has_enough(counts: Dict[str, int], root: Path) -> None:
    owners = load_help_center(root).topic_of()
    details = [intent for intent in owners if intent not in TASKS_AND_TOPICS and intent not in TALK]
    few = {
        intent: counts[intent]
        for intent in [*details, *FOLLOW_UP_INTENTS.values(), AGAIN_INTENT, *GUIDE, "cancel", "inform_process"]
        if counts[intent] < AT_LEAST["detail"]
    }
    assert details
    assert few == {}


@pytest.mark.parametrize("topic", sorted(TASKS_AND_TOPICS))
def test_lines_run_from_a_word_or_two_to_whole_stories(
    topic: str, examples: Dict[str, List[Example]], root: Path
) -> None:
    """Those of the topic and of its details."""
    intents = [intent for intent, owner in load_help_center(root).topic_of().items() if owner == topic]
    lengths = [len(example.text.split()) for intent in intents for example in examples[intent]]
    assert min(lengths) <= SHORT
    assert sum(length >= LONG for length in lengths) >= SEVERAL


def test_there_are_lines_of_one_word_and_of_sixty(examples: Dict[str, List[Example]]) -> None:
    lengths = [len(example.text.split()) for lines in examples.values() for example in lines]
    assert min(lengths) == 1
    assert sum(length >= LONGEST for length in lengths) >= MANY
    assert max(lengths) >= 60


@pytest.fixture(scope="module")
def key_words() -> Dict[str, Dict[str, List[str]]]:
    return yaml.safe_load(KEY_WORDS.read_text(encoding="utf-8"))


def without(lines: List[Example], words: List[str]) -> float:
    """Share of the lines in which no word begins so."""
    pattern = re.compile(rf"\b(?:{'|'.join(words)})")
    return sum(not pattern.search(normalise(line.text)) for line in lines) / len(lines)


@pytest.mark.parametrize("intent", sorted(TASKS_AND_TOPICS))
def test_a_third_of_the_lines_do_not_name_their_topic(
    intent: str, examples: Dict[str, List[Example]], key_words: Dict[str, Dict[str, List[str]]]
) -> None:
    words = key_words[intent]
    assert without(examples[intent], words["names"]) >= A_THIRD
    assert without(examples[intent], words["names"] + words["near"]) >= SOME


def test_a_third_of_all_lines_have_no_word_that_is_often_near_their_topic_either(
    examples: Dict[str, List[Example]], key_words: Dict[str, Dict[str, List[str]]]
) -> None:
    """By topic this cannot be asked: who wants a process looked up gives its number."""
    shares = {intent: without(examples[intent], words["names"] + words["near"]) for intent, words in key_words.items()}
    lines = {intent: len(examples[intent]) for intent in shares}
    assert sum(shares[intent] * lines[intent] for intent in shares) / sum(lines.values()) >= A_THIRD
