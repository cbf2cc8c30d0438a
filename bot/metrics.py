"""What operators watch, as Prometheus metrics.

Counters and histograms are this process's own; the queue is the store's.
No label holds anything of a citizen: a channel's name and an event's name, nothing else.
"""

from __future__ import annotations

from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from bot.store import Backlog

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
REGISTRY = CollectorRegistry()

type Event = Literal["received", "answered", "refused", "retried", "dead"]

MESSAGES = Counter(
    "guiche_messages_total",
    "Messages of citizens by what happened to them: received (stored once), answered, refused (a limit), "
    "retried (put off to be tried again), dead (given up with an apology).",
    ["channel", "event"],
    registry=REGISTRY,
)
TURN_SECONDS = Histogram(
    "guiche_turn_seconds",
    "Seconds of work on an answered message: asking the assistant and committing its replies.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 7.5),
    registry=REGISTRY,
)
ANSWER_SECONDS = Histogram(
    "guiche_answer_seconds",
    "Seconds from storing a message to committing its answer, waits and retries included.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0),
    registry=REGISTRY,
)
_STORE_UP = Gauge("guiche_store_up", "1 when the database answered this scrape, else 0.", registry=REGISTRY)
_QUEUE_DEPTH = Gauge("guiche_queue_depth", "Messages without an answer, of all nodes.", registry=REGISTRY)
_OLDEST = Gauge(
    "guiche_oldest_open_message_seconds", "Age of the oldest message without an answer; 0: none.", registry=REGISTRY
)
_DEAD_LETTERS = Gauge(
    "guiche_dead_letters", "Dead letters that nobody has dealt with, of all nodes.", registry=REGISTRY
)
_OUTGOING = Gauge(
    "guiche_outgoing_depth",
    "Lines that wait to be sent to a platform, or for its word on them; of all nodes.",
    registry=REGISTRY,
)
_OLDEST_OUTGOING = Gauge("guiche_oldest_outgoing_seconds", "Age of the oldest of them; 0: none.", registry=REGISTRY)
_STREAMS = Gauge("guiche_open_streams", "Event streams open at this node.", registry=REGISTRY)


def count(channel: str, event: Event, messages: int = 1) -> None:
    """Counts messages of one channel."""
    MESSAGES.labels(channel, event).inc(messages)


def exposition(backlog: Backlog | None, streams: int, now: float) -> bytes:
    """All metrics in the text format; ``backlog`` is None when the store did not answer, and the queue is unknown."""
    _STREAMS.set(streams)
    _STORE_UP.set(backlog is not None)
    unknown = float("nan")
    _QUEUE_DEPTH.set(backlog.open if backlog else unknown)
    _DEAD_LETTERS.set(backlog.dead_letters if backlog else unknown)
    _OUTGOING.set(backlog.outgoing if backlog else unknown)
    _OLDEST.set(backlog.oldest if backlog else unknown)
    _OLDEST_OUTGOING.set(_age(backlog.outgoing_at, now) if backlog else unknown)
    return generate_latest(REGISTRY)


def _age(at: float | None, now: float) -> float:
    return 0.0 if at is None else max(0.0, now - at)
