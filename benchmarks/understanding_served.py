"""`python -m benchmarks.understanding_served MODEL`: a process that has trained nothing loads a model and asks it.

As `guiche serve` does, without the libraries that the model does not need: so they are decided on before anything else
is imported. Prints JSON; `serving_megabytes` is what the process holds in memory after the last line.
"""

import asyncio
import json
import logging
import os
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

os.environ["RASA_TELEMETRY_ENABLED"] = "false"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from assistant.serving import stand_ins

FALLBACK = "nlu_fallback"


def serve(model: Path) -> dict[str, Any]:
    """The figures of the test sets, with times and memory."""
    if stand_ins.suffice(model):
        stand_ins.stand_in()
    from rasa.core.agent import Agent  # noqa: PLC0415
    from rasa.utils.log_utils import configure_structlog  # noqa: PLC0415

    configure_structlog(logging.ERROR)
    agent = Agent.load(str(model))
    return {**_ask(agent), "serving_megabytes": round(_resident_kilobytes() / 1024)}


def _ask(agent: Any) -> dict[str, Any]:
    from assistant.content.help_center import load_help_center  # noqa: PLC0415
    from assistant.evaluation.lines import SETS, read_lines  # noqa: PLC0415
    from assistant.nlu.decision import by_topic  # noqa: PLC0415
    from assistant.nlu.model import Ranked  # noqa: PLC0415

    topic_of = load_help_center(Path.cwd()).topic_of()
    figures: dict[str, Any] = {}
    durations: list[float] = []

    async def ranking(text: str) -> list[str]:
        started = time.perf_counter()
        parsed = await agent.parse_message(text)
        durations.append((time.perf_counter() - started) * 1000)
        ranked = [Ranked(item["name"], item["confidence"]) for item in parsed["intent_ranking"]]
        return [topic for topic, _ in by_topic([item for item in ranked if item.intent != FALLBACK], topic_of)]

    async def ask_all() -> None:
        await ranking("aquecimento")
        for name, path in SETS.items():
            if not path.exists():
                continue
            lines = read_lines(path, topic_of)
            ranked = [await ranking(line.text) for line in lines]
            top1 = sum(topics[0] in line.accepted for topics, line in zip(ranked, lines, strict=True)) / len(lines)
            top3 = sum(bool(line.accepted & set(topics[:3])) for topics, line in zip(ranked, lines, strict=True)) / len(
                lines
            )
            figures[name] = {"n": len(lines), "top1": round(top1, 4), "top3": round(top3, 4)}

    started = time.process_time()
    asyncio.run(ask_all())
    work = time.process_time() - started
    return {
        "sets": figures,
        "ms_per_message": round(median(durations), 2),
        "cpu_ms_per_message": round(work * 1000 / len(durations), 2),
    }


def _resident_kilobytes() -> int:
    """The resident set of this process, from Linux; ru_maxrss would count what its parent had before it was started."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise OSError("no VmRSS in /proc/self/status")


if __name__ == "__main__":
    print(json.dumps(serve(Path(sys.argv[1]))))
