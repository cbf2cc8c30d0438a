"""What can go wrong while the parts start and run.

SupervisorError
  PartDied       a child ended by itself, whatever its exit code
  NotReady       a child lives but did not become ready in time
  StateInUse     another supervisor holds the state folder
StopRequested    not an error: somebody asked to stop while the parts were starting
"""

from pathlib import Path


class SupervisorError(Exception):
    """The parts cannot run; whatever had been started is stopped by the caller."""


class PartDied(SupervisorError):
    """A child ended by itself. Exit code 0 counts too: no part ever ends on its own (`rasa run` does so on failure)."""

    def __init__(self, name: str, code: int, log: Path) -> None:
        super().__init__(f"{name} ended with exit code {code}; see {log}")
        self.name, self.code, self.log = name, code, log


class NotReady(SupervisorError):
    """A child did not become ready in time; `reason` is what its probe last said."""

    def __init__(self, name: str, seconds: float, reason: str, log: Path) -> None:
        super().__init__(f"{name} is not ready after {seconds:.0f} s ({reason}); see {log}")
        self.name, self.seconds, self.reason, self.log = name, seconds, reason, log


class StateInUse(SupervisorError):
    """Another supervisor runs on this state folder."""

    def __init__(self, state_dir: Path) -> None:
        super().__init__(f"{state_dir} is in use by another guiche serve")
        self.state_dir = state_dir


class StopRequested(Exception):
    """The stop event was set before every part was ready."""
