"""data/help_center.yml: the one place where an answer lives. Reading it and telling its author what is wrong."""

import datetime as dt
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from assistant.content.city import placeholders_known
from assistant.content.yaml_source import ContentError, Problem, line_of, read_yaml

HELP_CENTER_FILE = Path("data/help_center.yml")
FILE = str(HELP_CENTER_FILE)
TITLE_LIMIT = 20  # WhatsApp reply button, the narrowest channel (facts 2.5)
STEP_LIMIT = 600  # one step must fit one bubble with its buttons on every channel
ANSWER_LIMIT = 4096  # Telegram and WhatsApp text (facts 2.5, 3.1)
FOLLOW_UPS = ("next", "where", "missing")
# Rasa would read a file with one of these top-level keys as its own training data.
_RASA_KEYS = ("nlu", "responses", "rules", "stories", "intents", "slots")
_INTENT = re.compile(r"[a-z][a-z0-9_]*\Z")
_PLACEHOLDER = re.compile(r"\{([^}]*)\}")


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


def load_help_center(root: Path) -> HelpCenter:
    """The help center of the project at `root`. Raises ContentError with every problem found."""
    document = read_yaml(root, HELP_CENTER_FILE)
    reader = _Reader()
    help_center = reader.read(document)
    if reader.problems:
        raise ContentError(sorted(reader.problems, key=lambda problem: problem.line))
    return help_center


class _Reader:
    """Reads the document and collects problems instead of stopping at the first."""

    def __init__(self) -> None:
        self.problems: List[Problem] = []

    def read(self, document: Any) -> HelpCenter:
        if not isinstance(document, Mapping) or not isinstance(document.get("topics"), list):
            self._problem(1, "falta a lista topics")
            return HelpCenter([])
        for key in _RASA_KEYS:
            if key in document:
                self._problem(line_of(document, key), f"a chave {key} faria o Rasa ler este arquivo como treinamento")
        nodes = document["topics"]
        topics = [self._topic(node) for node in nodes if self._is_map(node, document)]
        self._unique(nodes)
        self._related(nodes, topics)
        words = [self._ambiguous(node) for node in document.get("ambiguous_words") or []]
        return HelpCenter(topics, words)

    def _problem(self, line: int, message: str) -> None:
        self.problems.append(Problem(FILE, line, message))

    def _is_map(self, node: Any, parent: Any) -> bool:
        if isinstance(node, Mapping):
            return True
        self._problem(line_of(parent, "topics"), "cada assunto é um bloco de campos que começa com - intent:")
        return False

    def _topic(self, node: Any) -> Topic:
        known = set(Topic.__dataclass_fields__)
        for key in node:
            if key not in known:
                self._problem(line_of(node, key), f"campo desconhecido: {key}")
        intent = self._intent(node)
        steps = self._list(node, "steps", STEP_LIMIT)
        follow_ups = node.get("follow_ups") or {}
        for key in follow_ups:
            if key not in FOLLOW_UPS:
                self._problem(line_of(follow_ups, key), f"follow_ups só aceita {', '.join(FOLLOW_UPS)}")
        for key in FOLLOW_UPS:
            if not follow_ups.get(key):
                self._problem(line_of(node), f"{intent}: falta follow_ups.{key}")
        topic = Topic(
            intent=intent,
            title=self._title(node, intent),
            question=self._text(node, "question", intent),
            introduction=self._text(node, "introduction", intent),
            again=self._text(node, "again", intent),
            steps=steps,
            notes=self._list(node, "notes", ANSWER_LIMIT),
            follow_ups={key: self._text(follow_ups, key, intent) for key in FOLLOW_UPS if follow_ups.get(key)},
            details=[self._detail(detail) for detail in node.get("details") or []],
            related=[str(intent) for intent in node.get("related") or []],
            charter={str(key): str(value) for key, value in (node.get("charter") or {}).items() if value},
            action=str(node["action"]) if node.get("action") else None,
            source=str(node.get("source") or ""),
            reviewed=self._date(node, intent),
        )
        if not topic.source:
            self._problem(line_of(node), f"{intent}: falta source (de onde vem a informação)")
        length = sum(map(len, [topic.introduction, *topic.steps, *topic.notes]))
        if length > ANSWER_LIMIT:
            self._problem(line_of(node), f"{intent}: a resposta tem {length} caracteres; o limite é {ANSWER_LIMIT}")
        return topic

    def _detail(self, node: Any) -> Detail:
        intent = self._intent(node)
        return Detail(
            intent=intent,
            title=self._title(node, intent),
            question=self._text(node, "question", intent),
            answer=self._text(node, "answer", intent),
            again=self._text(node, "again", intent),
            action=str(node["action"]) if node.get("action") else None,
        )

    def _intent(self, node: Any) -> str:
        intent = str(node.get("intent") or "")
        if not _INTENT.match(intent):
            self._problem(line_of(node), "falta intent (letras minúsculas, números e _)")
        return intent

    def _title(self, node: Any, intent: str) -> str:
        title = str(node.get("title") or "").strip()
        if not title:
            self._problem(line_of(node), f"{intent}: falta title")
        elif len(title) > TITLE_LIMIT:
            limit = f"o título tem {len(title)} caracteres; o botão do WhatsApp aceita {TITLE_LIMIT}"
            self._problem(line_of(node, "title"), f"{intent}: {limit}")
        return title

    def _text(self, node: Any, key: str, intent: str) -> str:
        text = str(node.get(key) or "").strip()
        if not text:
            self._problem(line_of(node), f"{intent}: falta {key}")
        self._check_text(text, line_of(node, key), intent)
        return text

    def _list(self, node: Any, key: str, limit: int) -> List[str]:
        items = node.get(key) or []
        texts = [str(item).strip() for item in items]
        for index, text in enumerate(texts):
            line = line_of(items, index)
            self._check_text(text, line, key)
            if len(text) > limit:
                self._problem(line, f"o item tem {len(text)} caracteres; o limite é {limit}")
        return texts

    def _check_text(self, text: str, line: int, intent: str) -> None:
        for name in _PLACEHOLDER.findall(text):
            if name not in placeholders_known():
                self._problem(line, f"{intent}: {{{name}}} não existe em city.yml")

    def _date(self, node: Any, intent: str) -> Optional[dt.date]:
        value = node.get("reviewed")
        if isinstance(value, dt.date):
            return value
        self._problem(line_of(node), f"{intent}: falta reviewed (data da última revisão, AAAA-MM-DD)")
        return None

    def _ambiguous(self, node: Any) -> AmbiguousWord:
        name, response = str(node.get("name") or ""), str(node.get("response") or "")
        words = tuple(str(word).strip().lower() for word in node.get("words") or [])
        if not name or not response or not words:
            self._problem(line_of(node), "ambiguous_words: cada item precisa de name, words e response")
        return AmbiguousWord(name, words, response)

    def _unique(self, nodes: Any) -> None:
        for key in ("intent", "title"):
            seen: Dict[str, int] = {}
            for node in self._entries(nodes):
                value = str(node.get(key) or "").strip().casefold()
                line = line_of(node, key)
                if value and value in seen:
                    self._problem(line, f"{key} repetido: {node[key]} (já está na linha {seen[value]})")
                seen.setdefault(value, line)

    @staticmethod
    def _entries(nodes: Any) -> Iterator[Any]:
        for node in nodes:
            if isinstance(node, Mapping):
                yield node
                yield from node.get("details") or []

    def _related(self, nodes: Any, topics: List[Topic]) -> None:
        known = {topic.intent for topic in topics}
        for node in nodes:
            related = node.get("related") or [] if isinstance(node, Mapping) else []
            for index, intent in enumerate(related):
                if intent not in known:
                    self._problem(line_of(related, index), f"related: o assunto {intent} não existe")
