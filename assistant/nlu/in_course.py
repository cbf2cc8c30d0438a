"""What a short message goes on with: "não chegou" after the password's steps is about that e-mail, not about another.

The classifier sees one message at a time, so words that fit any topic go to the one whose examples are likest. A short
message without a word of that topic is about the topic in course instead: its own detail if that is likely enough,
otherwise the follow-up that the entry of data/help_center.yml names (`elsewhere`). Without a topic in course that
follow-up asks which one is meant.
"""

import re
from typing import Any, Dict, FrozenSet, List, Optional, Union

from rapidfuzz import fuzz
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from assistant.content.assembly import ELSEWHERE_INTENTS
from assistant.content.entries import Detail, HelpCenter, Topic
from assistant.nlu.classifier import FALLBACK
from assistant.nlu.meaning import decided, entities_of, intent_of, set_intent
from assistant.nlu.normalise import fold, tokens

MOST_WORDS = 8  # a longer message says itself what it is about
LIKELY = 0.1  # least probability of a detail of the topic in course
UNSURE = 0.4  # least probability of a topic that was not likely enough to be answered
NEAR = 88  # percent of rapidfuzz's ratio from which a word is another one with a slip of the finger
NEAR_LETTERS = 5  # shorter words must be the same
_DOUBLED = re.compile(r"(.)\1")  # "asinar", "proceso"
_WITH_DIGITS = re.compile(r"\b[a-z]+\d+\b")  # A1, A3: the classifier's tokens have no digits


class TopicInCourse:
    """Which entry of the help center a message means, given the topic in course."""

    def __init__(self, help_center: HelpCenter) -> None:
        self._topic_of = help_center.topic_of()
        self._elsewhere: Dict[str, str] = {}
        self._words: Dict[str, FrozenSet[str]] = {}
        for topic in help_center.topics:
            entries: List[Union[Topic, Detail]] = [topic, *topic.details]
            for entry in entries:
                self._words[entry.intent] = frozenset(entry.words or topic.words)
                if entry.elsewhere:
                    self._elsewhere[entry.intent] = ELSEWHERE_INTENTS[entry.elsewhere]

    def apply(self, message: Message, tracker: DialogueStateTracker, in_form: bool) -> None:
        """Changes the intent of a message that goes on with the topic in course.

        Where no topic is, what the entry belongs to is noted (decision: `about`), to be offered first.
        """
        if not tracker.events or entities_of(message):
            return  # outside a conversation (evaluation), or a process reference
        topic, meant = tracker.get_slot("topic"), self._meant(message)
        if meant is None or self._topic_of[meant] == topic or not self._is_vague(message, meant, topic):
            return
        if topic and not (in_form and not decided(message)):
            set_intent(message, self._own_detail(message, topic) or self._elsewhere[meant])
        elif not topic and decided(message):
            decision = {**message.get("decision"), "about": self._topic_of[meant]}
            message.set("decision", decision, add_to_output=True)
            set_intent(message, self._elsewhere[meant])

    def _meant(self, message: Message) -> Optional[str]:
        """The entry with a follow-up that the classifier thought of, also where it was not sure enough to answer."""
        intent = intent_of(message)
        if intent == FALLBACK:
            likeliest = ((message.get("decision") or {}).get("topics") or [{}])[0]
            if likeliest.get("confidence", 0.0) < UNSURE:
                return None
            of_topic = (name for name in _ranking(message) if self._topic_of.get(name) == likeliest["name"])
            intent = next(of_topic, None)
        return intent if intent in self._elsewhere else None

    def _is_vague(self, message: Message, meant: str, topic: Optional[str]) -> bool:
        """Short, one question, and no word that names what `meant` is about and the topic in course is not."""
        text = message.get(TEXT) or ""
        said = [token for token in tokens(text) if token.isalpha()]
        if len(said) > MOST_WORDS or "second" in (message.get("decision") or {}):
            return False
        words = {*said, *_WITH_DIGITS.findall(fold(text))}
        naming = self._words[meant] - self._words.get(topic or "", frozenset())
        return not any(_is(word, name) for word in words for name in naming)

    def _own_detail(self, message: Message, topic: str) -> Optional[str]:
        """The likeliest detail of the topic in course."""
        ranking = _ranking(message)
        return next(
            (
                name
                for name, probability in ranking.items()
                if self._topic_of.get(name) == topic != name and probability >= LIKELY
            ),
            None,
        )


def _ranking(message: Message) -> Dict[str, float]:
    """intent -> probability, the likeliest first."""
    ranked: List[Dict[str, Any]] = message.get("intent_ranking") or []
    return {item["name"]: item["confidence"] for item in ranked}


def _is(word: str, name: str) -> bool:
    """Whether `word` is `name`; one that ends with `*` stands for every word that begins so."""
    stem, word = _DOUBLED.sub(r"\1", name.removesuffix("*")), _DOUBLED.sub(r"\1", word)
    begin = word[: len(stem)] if name.endswith("*") else word
    return begin == stem or (len(stem) >= NEAR_LETTERS and fuzz.ratio(begin, stem) >= NEAR)
