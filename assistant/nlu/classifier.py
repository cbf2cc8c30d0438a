"""The topic classifier as a Rasa component: a message gets an intent, its probability and a ranking."""

import json
import time
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Dict, List, Optional, Set, Tuple

import structlog
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from assistant.content.entries import AmbiguousWord
from assistant.content.help_center import load_help_center
from assistant.fingerprint import sources_fingerprint
from assistant.nlu.decision import ANSWER, REJECT, Decision, Thresholds, decide
from assistant.nlu.model import IntentModel, Ranked
from assistant.nlu.normalise import tokens
from assistant.nlu.segments import two_questions

FALLBACK = "nlu_fallback"
RANKING = 8
TOPICS = 3
SUGGESTIONS = 6  # more than are shown: some are already buttons of the response
# Words that change nothing in a one-word message ("a senha?", "minha senha"); but "meus processos" is a topic.
_FILLERS = frozenset(["a", "o", "os", "as", "um", "uma", "de", "do", "da", "meu", "minha", "e", "sobre", "?", "!"])

structlogger = structlog.get_logger()


class ModelMissing(Exception):
    """The stored model has no trained classifier, or one of another version: refuse to load rather than guess."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class TopicClassifier(GraphComponent):
    """config.yml sets the thresholds (see Thresholds). Sets on the message `intent`, `intent_ranking` and `decision`:
    {"kind": answer | offer | reject, "topics": the three likeliest with details counted in, "suggestions": topics of
    the help center to offer, "second"?: the topic of a second question in the same message}."""

    def __init__(self, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource) -> None:
        self._storage = model_storage
        self._resource = resource
        names = {field.name for field in fields(Thresholds)}
        self._thresholds = Thresholds(**{name: value for name, value in config.items() if name in names})
        self._model: Optional[IntentModel] = None
        self._topic_of: Dict[str, str] = {}
        self._topics: Set[str] = set()
        self._ambiguous: Dict[str, str] = {}

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        return asdict(Thresholds())

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "TopicClassifier":
        return cls(config, model_storage, resource)

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> Optional[str]:
        """Rasa's cache looks at this class's source only; a change in the helpers must train again too."""
        return sources_fingerprint()

    def train(self, training_data: TrainingData) -> Resource:
        """Trains on the lines of data/nlu.yml, sorted: the same lines give the same model."""
        lines = sorted({(example.get(TEXT), example.get(INTENT)) for example in training_data.intent_examples})
        started = time.perf_counter()
        self._model = IntentModel.train([text for text, _ in lines], [intent for _, intent in lines])
        structlogger.info("classifier.trained", lines=len(lines), seconds=round(time.perf_counter() - started, 1))
        help_center = load_help_center(Path.cwd())
        self._topic_of = help_center.topic_of()
        self._topics = set(self._topic_of.values())
        self._ambiguous = _ambiguous_words(list(help_center.ambiguous_words))
        self._persist()
        return self._resource

    def _persist(self) -> None:
        if self._model is None:
            raise ModelMissing("untrained")
        with self._storage.write_to(self._resource) as folder:
            self._model.save(folder)
            content = {"topic_of": self._topic_of, "ambiguous": self._ambiguous}
            (folder / "content.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "TopicClassifier":
        """Raises ModelMissing: an untrained classifier would answer nonsense and look ready."""
        component = cls(config, model_storage, resource)
        try:
            with model_storage.read_from(resource) as folder:
                component._model = IntentModel.load(folder)
                content = json.loads((folder / "content.json").read_text(encoding="utf-8"))
        except (OSError, ValueError, KeyError) as error:
            raise ModelMissing(type(error).__name__) from error
        component._topic_of, component._ambiguous = content["topic_of"], content["ambiguous"]
        component._topics = set(component._topic_of.values())
        return component

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Policies look at intents, not texts: nothing to add."""
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        """Understands each message that has a text."""
        for message in messages:
            self._understand(message)
        return messages

    def _understand(self, message: Message) -> None:
        text = message.get(TEXT) or ""
        ambiguous = self._ambiguous.get(_bare(text))
        ranked, decision = self._decide(text)
        pair = None if ambiguous else two_questions(text, decision, lambda part: self._decide(part)[1], self._topics)
        answered = pair.first if pair else decision
        intent = f"ambiguous_{ambiguous}" if ambiguous else _intent(answered)
        confidence = 1.0 if ambiguous else answered.topics[0].probability
        message.set(INTENT, {"name": intent, "confidence": confidence}, add_to_output=True)
        ranking = [{"name": name, "confidence": probability} for name, probability in ranked[:RANKING]]
        message.set("intent_ranking", ranking, add_to_output=True)
        topics = [{"name": name, "confidence": probability} for name, probability in decision.topics[:TOPICS]]
        outcome: Dict[str, Any] = {
            "kind": ANSWER if ambiguous else answered.kind,
            "topics": topics,
            "suggestions": self._suggestions(decision),
        }
        if pair:
            outcome["second"] = pair.second
        message.set("decision", outcome, add_to_output=True)

    def _decide(self, text: str) -> Tuple[List[Ranked], Decision]:
        if self._model is None:
            raise ModelMissing("untrained")
        ranked, coverage = self._model.understand(text)
        return ranked, decide(ranked, coverage, self._topic_of, self._thresholds)

    def _suggestions(self, decision: Decision) -> List[str]:
        """The likeliest topics of the help center (talk is no suggestion)."""
        return [name for name, _ in decision.topics if name in self._topics][:SUGGESTIONS]


def _intent(decision: Decision) -> str:
    return decision.intent if decision.kind in (ANSWER, REJECT) else FALLBACK


def _bare(text: str) -> str:
    return " ".join(token for token in tokens(text) if token not in _FILLERS)


def _ambiguous_words(words: List[AmbiguousWord]) -> Dict[str, str]:
    return {_bare(word): entry.name for entry in words for word in entry.words}
