"""The trained model as Rasa itself loads it, asked line by line."""

import asyncio
import logging
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

from assistant.nlu.decision import ANSWER, OFFER, REJECT
from assistant.seal import ModelNotOurs, check_seal

MODEL = Path("models/guiche.tar.gz")
# Intents that the conversation makes of a topic.
_SAME_AS = {"look_up_process": "consult_process", "inform_process": "consult_process"}


class ModelUnusable(Exception):
    """There is no trained model, or this installation did not train it. Its message says what to do."""


@dataclass(frozen=True)
class Understood:
    """What the pipeline made of a text. `ranking`: (topic, probability), details counted in, the likeliest first.
    `milliseconds` of CPU that the classifier took, and `whole_milliseconds` all of Rasa's parse around it (None where
    the classifier was asked directly). Each text is new to the process, as a citizen's is."""

    kind: str
    answer: str
    ranking: Sequence[Tuple[str, float]]
    milliseconds: float
    whole_milliseconds: Optional[float] = None


def understand(texts: Sequence[str], model: Path = MODEL) -> List[Understood]:
    """Each text parsed by the real pipeline, outside any conversation. Raises ModelUnusable."""
    try:
        check_seal(model)
    except OSError as error:
        raise ModelUnusable(f"não há modelo treinado em {model}: rode make train") from error
    except ModelNotOurs as error:
        raise ModelUnusable(f"{model} não foi treinado por esta instalação: rode make train") from error
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
    classifier, whole = _time_the_classifier(agent), Stopwatch()

    async def parse(text: str) -> Dict[str, Any]:
        with whole:
            return dict(await agent.parse_message(text))

    async def parse_all() -> List[Dict[str, Any]]:
        return [await parse(text) for text in texts]

    parsed = asyncio.run(parse_all())
    times = zip(parsed, classifier.milliseconds, whole.milliseconds)
    return [_understood(message, topic_of, alone, around) for message, alone, around in times]


class Stopwatch:
    """Milliseconds of CPU of each thing that was timed: a `with` block, or a node of Rasa's graph (a GraphNodeHook)."""

    def __init__(self) -> None:
        self.milliseconds: List[float] = []
        self._started = 0.0

    def __enter__(self) -> None:
        self._started = time.process_time()

    def __exit__(self, *_: Any) -> None:
        self.milliseconds.append((time.process_time() - self._started) * 1000)

    def on_before_node(self, **_: Any) -> Dict[str, Any]:
        """Rasa calls it before the node runs."""
        self.__enter__()
        return {}

    def on_after_node(self, **_: Any) -> None:
        """And after it ran."""
        self.__exit__()


def _time_the_classifier(agent: Any) -> Stopwatch:
    from assistant.nlu.classifier import TopicClassifier  # noqa: PLC0415

    stopwatch = Stopwatch()
    nodes = agent.processor.graph_runner._instantiated_nodes.values()
    (node,) = [node for node in nodes if isinstance(node._component, TopicClassifier)]
    node._hooks.append(stopwatch)
    return stopwatch


def _understood(parsed: Dict[str, Any], topic_of: Dict[str, str], alone: float, around: float) -> Understood:
    decision, intent = parsed["decision"], parsed["intent"]["name"]
    ranking = [(topic["name"], float(topic["confidence"])) for topic in decision["topics"]]
    topic = topic_of.get(intent, _SAME_AS.get(intent, intent))
    kind = decision["kind"]
    if intent.startswith("ambiguous_"):
        kind = OFFER
    elif topic in _SAME_AS.values() and intent in _SAME_AS:
        kind = ANSWER
    return Understood(kind if kind in (ANSWER, OFFER, REJECT) else OFFER, topic, ranking, alone, around)
