"""The trained model as Rasa itself loads it, asked line by line."""

import asyncio
import logging
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

from assistant.nlu.decision import ANSWER, OFFER, REJECT

MODEL = Path("models/guiche.tar.gz")
# Intents that the conversation makes of a topic.
_SAME_AS = {"look_up_process": "consult_process", "inform_process": "consult_process"}


class ModelUnusable(Exception):
    """There is no trained model, or it does not load. Its message says what to do."""


@dataclass(frozen=True)
class Understood:
    """What the pipeline made of a text. `ranking`: (topic, probability), details counted in, the likeliest first.
    `milliseconds` of the classifier alone; Rasa's way to it and back takes longer (docs/understanding.md)."""

    kind: str
    answer: str
    ranking: Sequence[Tuple[str, float]]
    milliseconds: float


def understand(texts: Sequence[str], model: Path = MODEL) -> List[Understood]:
    """Each text parsed by the real pipeline, outside any conversation. Raises ModelUnusable."""
    if not model.exists():
        raise ModelUnusable(f"não há modelo treinado em {model}: rode make train")
    import sanic  # noqa: F401, PLC0415

    warnings.simplefilter("ignore", DeprecationWarning)  # sanic turns on what Rasa's libraries of 2022 are full of
    from rasa.core.agent import Agent  # takes seconds to import  # noqa: PLC0415
    from rasa.utils.log_utils import configure_structlog  # noqa: PLC0415

    configure_structlog(logging.WARNING)  # Rasa's debug lines quote the texts, and go to standard output

    from assistant.content.help_center import load_help_center  # noqa: PLC0415
    from assistant.serving import processor  # noqa: PLC0415

    processor.install()  # as `make serve` runs it
    topic_of = load_help_center(Path.cwd()).topic_of()
    agent = Agent.load(str(model))

    async def parse_all() -> List[Dict[str, Any]]:
        return [await agent.parse_message(text) for text in texts]

    parsed = asyncio.run(parse_all())
    times = _classifier_times(agent, texts)
    return [_understood(message, topic_of, elapsed) for message, elapsed in zip(parsed, times)]


def _classifier_times(agent: Any, texts: Sequence[str]) -> List[float]:
    """Milliseconds that the classifier takes for each text."""
    from rasa.shared.nlu.constants import TEXT  # noqa: PLC0415
    from rasa.shared.nlu.training_data.message import Message  # noqa: PLC0415

    from assistant.nlu.classifier import TopicClassifier  # noqa: PLC0415

    nodes = agent.processor.graph_runner._instantiated_nodes.values()
    classifier = next(node._component for node in nodes if isinstance(node._component, TopicClassifier))
    times = []
    for text in texts:
        message = Message(data={TEXT: text})
        started = time.perf_counter()
        classifier.process([message])
        times.append((time.perf_counter() - started) * 1000)
    return times


def _understood(parsed: Dict[str, Any], topic_of: Dict[str, str], milliseconds: float) -> Understood:
    decision, intent = parsed["decision"], parsed["intent"]["name"]
    ranking = [(topic["name"], float(topic["confidence"])) for topic in decision["topics"]]
    topic = topic_of.get(intent, _SAME_AS.get(intent, intent))
    kind = decision["kind"]
    if intent.startswith("ambiguous_"):
        kind = OFFER
    elif topic in _SAME_AS.values() and intent in _SAME_AS:
        kind = ANSWER
    return Understood(kind if kind in (ANSWER, OFFER, REJECT) else OFFER, topic, ranking, milliseconds)
