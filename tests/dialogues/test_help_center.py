"""Every topic and detail of data/help_center.yml, as its editor wrote it, with the whole running system."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from bot.cli.paths import ROOT
from tests.dialogues.conversation import dialogues

if TYPE_CHECKING:
    from tests.citizen import Reply
    from tests.whole_system import WholeSystem

TOPICS: list[dict[str, Any]] = yaml.safe_load((ROOT / "data" / "help_center.yml").read_text(encoding="utf-8"))["topics"]
PLACEHOLDER = re.compile(r"\{(\w+)\}")
ALWAYS_SET = {"city", "city_hall", "portal"}
FOLLOW_UPS = {"next": "e depois?", "where": "onde fica isso?", "missing": "e se não aparecer?"}


def says(reply: Reply, text: str) -> bool:
    """Whether the reply has the text; a line with a placeholder that the city may leave unset need not be there."""
    spoken = _spaces(reply.text)
    lines = [line for line in text.splitlines() if not set(PLACEHOLDER.findall(line)) - ALWAYS_SET]
    return all(_spaces(piece) in spoken for line in lines for piece in PLACEHOLDER.split(line)[::2])


def _spaces(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("topic", TOPICS, ids=[topic["intent"] for topic in TOPICS])
def test_a_topic_answers_its_question_and_what_follows_from_it(system: WholeSystem, topic: dict[str, Any]) -> None:
    citizen = system.citizen()

    answer = citizen.say(topic["question"])

    if "action" not in topic and topic["intent"] != "consult_process":  # these two ask or look something up first
        assert says(answer, topic["introduction"])
    for key, text in topic["follow_ups"].items():
        assert says(citizen.say(FOLLOW_UPS[key]), text), key
    assert says(citizen.say("não entendi"), topic["again"])


@pytest.mark.parametrize("topic", TOPICS, ids=[topic["intent"] for topic in TOPICS])
def test_a_topics_details_answer_their_questions(system: WholeSystem, topic: dict[str, Any]) -> None:
    for detail in topic.get("details", []):
        citizen = system.citizen()
        citizen.say(topic["question"])
        answer = citizen.say(detail["question"])
        if "action" in detail:  # one's own data: a stranger is asked to sign in
            assert answer.links, detail["intent"]
        else:
            assert says(answer, detail["answer"]), detail["intent"]
            assert says(citizen.say("não entendi"), detail["again"]), detail["intent"]


def test_every_topic_and_detail_comes_up_in_a_conversation() -> None:
    """In tests/dialogues/*.yml somebody hears words that only this entry of the help center has. One's own data, which
    an action answers, is in personal.yml."""
    heard = {words for _, dialogue in dialogues() for turn in dialogue.turns for words in turn.expect.says}
    entries = {topic["intent"]: said_by({**topic, "details": []}) for topic in TOPICS}
    details = [detail for topic in TOPICS for detail in topic.get("details", []) if "action" not in detail]
    entries |= {detail["intent"]: said_by(detail) for detail in details}
    by_entry = {name: {words for words in heard if words in text} for name, text in entries.items()}
    times = Counter(words for found in by_entry.values() for words in found)

    assert [name for name, found in by_entry.items() if not any(times[words] == 1 for words in found)] == []


def said_by(entry: Any) -> str:
    """All texts of an entry."""
    if isinstance(entry, str):
        return _spaces(entry)
    parts = entry.values() if isinstance(entry, dict) else entry if isinstance(entry, list) else []
    return "\n".join(said_by(part) for part in parts)
