"""What /metrics has counted in this process."""

from __future__ import annotations

from bot import metrics

EVENTS = ("received", "answered", "refused", "retried", "dead")


def counted(channel: str, event: str) -> int:
    sample = metrics.REGISTRY.get_sample_value("guiche_messages_total", {"channel": channel, "event": event})
    return int(sample or 0)


def all_counted(channel: str) -> dict[str, int]:
    return {event: counted(channel, event) for event in EVENTS}
