"""Failed attempts at the part that the form asks for, kept in the slot `process_failures`.

The tracker that arrives has only the last few turns, so the events cannot be counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from actions.sdk import as_dict

if TYPE_CHECKING:
    from actions.sdk import Tracker

SLOT: Final = "process_failures"
# From this attempt on the citizen gets the whole explanation.
EXPLAIN_AFTER: Final = 2
_MAX_COUNT = 99


@dataclass(frozen=True, slots=True)
class Failures:
    """How often in a row `slot` was answered with something that is none; for an órgão, also what comes near."""

    slot: str | None = None
    count: int = 0
    nearest: tuple[str, ...] = ()

    @classmethod
    def of(cls, tracker: Tracker) -> Failures:
        """As the slot has it; anything odd counts as none."""
        kept = as_dict(tracker.slots.get(SLOT))
        slot, count, nearest = kept.get("slot"), kept.get("count"), kept.get("nearest")
        if not isinstance(slot, str) or not isinstance(count, int):
            return cls()
        return cls(slot, count, tuple(str(item) for item in nearest) if isinstance(nearest, list) else ())

    def again(self, slot: str, nearest: tuple[str, ...] = ()) -> Failures:
        """After one more failure at `slot`; a failure at another slot starts a new count."""
        count = self.count + 1 if self.slot == slot else 1
        return Failures(slot, min(count, _MAX_COUNT), nearest)

    @property
    def needs_explanation(self) -> bool:
        """Asking the same way once more will not help."""
        return self.count >= EXPLAIN_AFTER

    def as_slot(self) -> dict[str, Any] | None:
        """What is stored."""
        return {"slot": self.slot, "count": self.count, "nearest": list(self.nearest)} if self.slot else None
