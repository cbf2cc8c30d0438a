"""Starts processes in order, waits until each is really ready, watches them, and leaves none behind."""

from bot.cli.supervisor.errors import NotReady, PartDied, StateInUse, StopRequested, SupervisorError
from bot.cli.supervisor.part import HttpProbe, Part, Probe
from bot.cli.supervisor.supervisor import Progress, Supervisor

__all__ = [
    "HttpProbe",
    "NotReady",
    "Part",
    "PartDied",
    "Probe",
    "Progress",
    "StateInUse",
    "StopRequested",
    "Supervisor",
    "SupervisorError",
]
