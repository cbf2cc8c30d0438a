"""The classifier as Rasa runs it: trained on all the data, stored, loaded, asked what it has never seen."""

from pathlib import Path
from statistics import median
from time import process_time
from typing import Any, Dict, List, Tuple

import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from assistant.content.examples import load_examples
from assistant.evaluation.crossval import configured_thresholds
from assistant.evaluation.lines import OWN, SETS, read_lines
from assistant.nlu.classifier import ModelMissing, TopicClassifier

MILLISECONDS = 1.5
TRAINING_SECONDS = 30

Component = Tuple[Dict[str, Any], LocalModelStorage, Resource, ExecutionContext]


@pytest.fixture(scope="module")
def component(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Component:
    """What Rasa makes a component of."""
    storage = LocalModelStorage.create(tmp_path_factory.mktemp("storage"))
    return vars(configured_thresholds(root)), storage, Resource("classifier"), ExecutionContext(GraphSchema({}))


@pytest.fixture(scope="module")
def seconds(component: Component, root: Path) -> float:
    """Trains on data/nlu.yml and stores; the CPU that it took."""
    examples = load_examples(root)
    data = TrainingData([Message(data={TEXT: example.text, INTENT: example.intent}) for example in examples])
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        started = process_time()
        TopicClassifier.create(*component).train(data)
        return process_time() - started


@pytest.fixture
def classifier(component: Component, seconds: float) -> TopicClassifier:
    """Loaded anew, so that it knows no word of a message yet."""
    return TopicClassifier.load(*component)


def ask(classifier: TopicClassifier, text: str) -> Message:
    (message,) = classifier.process([Message(data={TEXT: text})])
    return message


def test_training_takes_less_than_the_budget(seconds: float) -> None:
    assert seconds < TRAINING_SECONDS


def test_a_message_takes_less_than_the_budget(classifier: TopicClassifier, root: Path) -> None:
    """All of it (decision, second question), on one core, for lines that nobody trained on, each asked once."""
    durations: List[float] = []
    for line in read_lines(root / SETS[OWN]):
        started = process_time()
        ask(classifier, line.text)
        durations.append((process_time() - started) * 1000)
    assert median(durations) < MILLISECONDS


@pytest.mark.parametrize(
    ("text", "intent"),
    [("👍", "affirm"), ("👎", "deny"), ("🙏", "thanks"), ("👍🏾👍🏾", "affirm"), ("👋", "greet"), ("🤬", "complaint")],
)
def test_an_emoji_is_an_answer(classifier: TopicClassifier, text: str, intent: str) -> None:
    message = ask(classifier, text)
    assert message.get(INTENT)["name"] == intent
    assert message.get("decision")["kind"] == "answer"


def test_the_second_question_is_offered(classifier: TopicClassifier) -> None:
    message = ask(classifier, "como assino o termo? e onde vejo meus processos?")
    assert message.get(INTENT)["name"] == "sign"
    assert message.get("decision")["second"] == "list_processes"


def test_without_what_was_trained_it_does_not_load(component: Component) -> None:
    config, storage, _, context = component
    with pytest.raises(ModelMissing):
        TopicClassifier.load(config, storage, Resource("nothing"), context)
