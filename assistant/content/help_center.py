"""data/help_center.yml: the one place where an answer lives. Reading it and telling its author what is wrong."""

import datetime as dt
import re
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Optional

from assistant.content.city import placeholders_known
from assistant.content.entries import (
    ANSWER_LIMIT,
    ELSEWHERE,
    FOLLOW_UPS,
    STEP_LIMIT,
    TITLE_LIMIT,
    AmbiguousWord,
    Detail,
    HelpCenter,
    Topic,
)
from assistant.content.yaml_source import ContentError, Problem, line_of, read_yaml

HELP_CENTER_FILE = Path("data/help_center.yml")
FILE = str(HELP_CENTER_FILE)
# Rasa would read a file with one of these top-level keys as its own training data.
_RASA_KEYS = ("nlu", "responses", "rules", "stories", "intents", "slots")
_INTENT = re.compile(r"[a-z][a-z0-9_]*\Z")
_PLACEHOLDER = re.compile(r"\{([^}]*)\}")
_WORD = re.compile(r"[a-z0-9]+\*?\Z")


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
        nodes = list(self._maps(document, "topics"))
        topics = [self._topic(node) for node in nodes]
        self._unique(nodes)
        self._related(nodes, topics)
        words = [self._ambiguous(node) for node in self._maps(document, "ambiguous_words")]
        return HelpCenter(topics, words, self._texts(document, "go_on_words"))

    def _problem(self, line: int, message: str) -> None:
        self.problems.append(Problem(FILE, line, message))

    # What each field must be ------------------------------------------------------------------------------------------

    def _items(self, node: Any, key: str) -> List[Any]:
        """The list under `key`; none when it is missing or no list."""
        items = node.get(key)
        if items is None:
            return []
        if isinstance(items, list):
            return items
        self._problem(line_of(node, key), f"{key} deve ser uma lista: um item por linha, começando com -")
        return []

    def _maps(self, node: Any, key: str) -> Iterator[Any]:
        """Those items of the list under `key` that are blocks of fields."""
        items = self._items(node, key)
        for index, item in enumerate(items):
            if isinstance(item, Mapping):
                yield item
            else:
                self._problem(line_of(items, index), f"{key}: cada item é um bloco de campos (nome: valor)")

    def _texts(self, node: Any, key: str) -> List[str]:
        """Those items of the list under `key` that are texts."""
        items = self._items(node, key)
        return [self._plain(item, line_of(items, index), key) for index, item in enumerate(items)]

    def _fields(self, node: Any, key: str) -> Mapping[str, Any]:
        """The block of fields under `key`; empty when it is missing or none."""
        fields = node.get(key)
        if fields is None or isinstance(fields, Mapping):
            return fields or {}
        self._problem(line_of(node, key), f"{key} deve ser um bloco de campos (nome: valor)")
        return {}

    def _plain(self, value: Any, line: int, key: str) -> str:
        """A text, stripped; empty when there is none."""
        if isinstance(value, (Mapping, list)):
            self._problem(line, f"{key} deve ser um texto")
            return ""
        return "" if value is None else str(value).strip()

    # Entries ------------------------------------------------------------------------------------------------------

    def _topic(self, node: Any) -> Topic:
        intent = self._intent(node, Topic)
        follow_ups = self._fields(node, "follow_ups")
        for key in follow_ups:
            if key not in FOLLOW_UPS:
                self._problem(line_of(follow_ups, key), f"follow_ups só aceita {', '.join(FOLLOW_UPS)}")
        for key in FOLLOW_UPS:
            if not follow_ups.get(key):
                self._problem(line_of(node), f"{intent}: falta follow_ups.{key}")
        charter = self._fields(node, "charter")
        topic = Topic(
            intent=intent,
            title=self._title(node, intent),
            question=self._text(node, "question", intent),
            introduction=self._text(node, "introduction", intent),
            again=self._text(node, "again", intent),
            steps=self._list(node, "steps", STEP_LIMIT),
            notes=self._list(node, "notes", ANSWER_LIMIT),
            follow_ups={key: self._text(follow_ups, key, intent) for key in FOLLOW_UPS if follow_ups.get(key)},
            details=[self._detail(detail) for detail in self._maps(node, "details")],
            related=self._texts(node, "related"),
            charter={str(key): self._text(charter, key, intent) for key in charter if charter[key]},
            action=self._plain(node.get("action"), line_of(node, "action"), "action") or None,
            source=self._plain(node.get("source"), line_of(node, "source"), "source"),
            reviewed=self._date(node, intent),
            words=self._words(node),
            elsewhere=self._elsewhere(node),
        )
        if not topic.source:
            self._problem(line_of(node), f"{intent}: falta source (de onde vem a informação)")
        length = sum(map(len, [topic.introduction, *topic.steps, *topic.notes]))
        if length > ANSWER_LIMIT:
            self._problem(line_of(node), f"{intent}: a resposta tem {length} caracteres; o limite é {ANSWER_LIMIT}")
        return topic

    def _detail(self, node: Any) -> Detail:
        intent = self._intent(node, Detail)
        return Detail(
            intent=intent,
            title=self._title(node, intent),
            question=self._text(node, "question", intent),
            answer=self._text(node, "answer", intent),
            again=self._text(node, "again", intent),
            action=self._plain(node.get("action"), line_of(node, "action"), "action") or None,
            words=self._words(node),
            elsewhere=self._elsewhere(node),
        )

    def _intent(self, node: Any, kind: Any) -> str:
        for key in node:
            if key not in kind.__dataclass_fields__:
                self._problem(line_of(node, key), f"campo desconhecido: {key}")
        intent = str(node.get("intent") or "")
        if not _INTENT.match(intent):
            self._problem(line_of(node), "falta intent (letras minúsculas, números e _)")
        return intent

    def _title(self, node: Any, intent: str) -> str:
        title = self._plain(node.get("title"), line_of(node, "title"), "title")
        if not title:
            self._problem(line_of(node), f"{intent}: falta title")
        elif len(title) > TITLE_LIMIT:
            limit = f"o título tem {len(title)} caracteres; o botão do WhatsApp aceita {TITLE_LIMIT}"
            self._problem(line_of(node, "title"), f"{intent}: {limit}")
        return title

    def _text(self, node: Any, key: str, intent: str) -> str:
        if not node.get(key):
            self._problem(line_of(node), f"{intent}: falta {key}")
            return ""
        text = self._plain(node[key], line_of(node, key), key)
        self._check_text(text, line_of(node, key), intent)
        return text

    def _list(self, node: Any, key: str, limit: int) -> List[str]:
        texts = self._texts(node, key)
        for index, text in enumerate(texts):
            line = line_of(node[key], index)
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

    def _words(self, node: Any) -> List[str]:
        words = self._texts(node, "words")
        for index, word in enumerate(words):
            if word and not _WORD.match(word):
                form = "deve ser uma palavra só, em minúsculas e sem acento; * no fim vale por qualquer final"
                self._problem(line_of(node["words"], index), f"words: “{word}” {form}")
        return words

    def _elsewhere(self, node: Any) -> Optional[str]:
        value = node.get("elsewhere")
        if value is not None and value not in ELSEWHERE:
            self._problem(line_of(node, "elsewhere"), f"elsewhere só aceita {', '.join(ELSEWHERE)}")
        return None if value is None else str(value)

    def _ambiguous(self, node: Any) -> AmbiguousWord:
        name, response = str(node.get("name") or ""), str(node.get("response") or "")
        words = tuple(word.lower() for word in self._texts(node, "words"))
        if not name or not response or not words:
            self._problem(line_of(node), "ambiguous_words: cada item precisa de name, words e response")
        return AmbiguousWord(name, words, response)

    # Entries together -------------------------------------------------------------------------------------------------

    def _unique(self, nodes: List[Any]) -> None:
        for key in ("intent", "title"):
            seen: Dict[str, int] = {}
            for node in _entries(nodes):
                value = str(node.get(key) or "").strip().casefold()
                line = line_of(node, key)
                if value and value in seen:
                    self._problem(line, f"{key} repetido: {node[key]} (já está na linha {seen[value]})")
                seen.setdefault(value, line)

    def _related(self, nodes: List[Any], topics: List[Topic]) -> None:
        known = {topic.intent for topic in topics}
        for node, topic in zip(nodes, topics):
            for index, intent in enumerate(topic.related):
                line = line_of(node["related"], index)
                if intent not in known:
                    self._problem(line, f"related: o assunto {intent} não existe")
                elif intent == topic.intent:
                    self._problem(line, f"related: {intent} é o próprio assunto")
                elif intent in topic.related[:index]:
                    self._problem(line, f"related: {intent} está repetido")


def _entries(nodes: List[Any]) -> Iterator[Any]:
    for node in nodes:
        yield node
        details = node.get("details")
        yield from (detail for detail in (details if isinstance(details, list) else []) if isinstance(detail, Mapping))
