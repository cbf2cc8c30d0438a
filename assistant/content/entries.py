"""What an entry of the help center is, and its limits."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Dict, Mapping, Optional, Sequence, Tuple

TITLE_LIMIT = 20  # WhatsApp reply button, the narrowest channel (docs/platforms.md)
STEP_LIMIT = 600  # one step must fit one bubble with its buttons on every channel
ANSWER_LIMIT = 4096  # Telegram and WhatsApp text (docs/platforms.md)
# Follow-ups that each topic answers.
FOLLOW_UPS = ("next", "where", "missing")
# What an entry's `elsewhere` may be: one of them, "again" (in other words) or "unsaid" (the help center does not say).
ELSEWHERE = (*FOLLOW_UPS, "again", "unsaid")


@dataclass(frozen=True)
class Detail:
    """An answer to a narrower question inside a topic; an intent of its own."""

    intent: str
    title: str
    question: str
    answer: str
    again: str
    action: Optional[str] = None
    """What answers instead of `answer`, when it depends on who asks."""
    words: Sequence[str] = ()
    """Words that say what it is about, instead of the topic's; `*` at the end stands for any ending."""
    elsewhere: Optional[str] = None
    """The follow-up (ELSEWHERE) that a short message without such a word is, while another topic is in course."""


@dataclass(frozen=True)
class Topic:
    """One entry of the help center. Texts are the CommonMark subset and may hold {placeholders}."""

    intent: str
    title: str
    question: str
    introduction: str
    again: str
    steps: Sequence[str] = ()
    notes: Sequence[str] = ()
    follow_ups: Mapping[str, str] = field(default_factory=dict)
    details: Sequence[Detail] = ()
    related: Sequence[str] = ()
    charter: Mapping[str, str] = field(default_factory=dict)
    action: Optional[str] = None
    source: str = ""
    reviewed: Optional[dt.date] = None
    words: Sequence[str] = ()
    elsewhere: Optional[str] = None


@dataclass(frozen=True)
class AmbiguousWord:
    """Words that alone say too little ("senha"): the response that asks which topic is meant."""

    name: str
    words: Tuple[str, ...]
    response: str


@dataclass(frozen=True)
class HelpCenter:
    """All topics in the order of the file, which is the order of the menu."""

    topics: Sequence[Topic]
    ambiguous_words: Sequence[AmbiguousWord] = ()
    go_on_words: Sequence[str] = ()
    """Messages that ask for the next step of the guided mode."""

    def topic_of(self) -> Dict[str, str]:
        """intent (topic or detail) -> topic."""
        owners = {topic.intent: topic.intent for topic in self.topics}
        owners.update({detail.intent: topic.intent for topic in self.topics for detail in topic.details})
        return owners

    def titles(self) -> Dict[str, str]:
        """intent (topic or detail) -> button title."""
        titles = {topic.intent: topic.title for topic in self.topics}
        titles.update({detail.intent: detail.title for topic in self.topics for detail in topic.details})
        return titles
