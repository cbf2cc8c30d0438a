"""Where a fault happens."""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tests.faults.nodes import Nodes
from tests.faults.postgres import Postgres

AT_ONCE = 50
"""Citizens who connect at the same moment."""


@dataclass
class Scene:
    """What a fault may touch. ``wrong``: what it saw beside the crowd that must not be; ``timed``: times count, too."""

    nodes: Nodes
    database: Postgres
    hold: float
    desks: list[str]
    chance: random.Random
    timed: bool
    wrong: list[str] = field(default_factory=list)
    began_at: float = 0.0

    def begin(self) -> None:
        """The fault itself begins now, after whatever was prepared."""
        self.began_at = time.monotonic()

    def must(self, holds: object, else_: str) -> None:
        if not holds:
            self.wrong.append(else_)


type Fault = Callable[[Scene], Awaitable[str | None]]
