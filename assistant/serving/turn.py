"""The turn that is being served: the conversation's state came with the request and goes back with the replies.

The private channel opens a turn; the tracker store and the NLG find it in a context variable. Without a turn
(`rasa shell`, `rasa test`) they fall back to memory.
"""

import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional


@dataclass
class Turn:
    """`state` is what the front desk sent (None: a new conversation); `saved` is what it gets back.

    `received_at` (seconds since 1970) is when the citizen wrote, which after an outage was long before this turn.
    `ends_at` (monotonic) is when the channel gives it up: an action that is still at work then has failed before.
    `understood` is there when a person should look at how the message was understood (understood.py).
    `said` holds digests of what the assistant said in the last turns, oldest first; `saying` collects this turn's.
    """

    state: Optional[Dict[str, Any]]
    received_at: float = field(default_factory=time.time)
    saved: Optional[Dict[str, Any]] = None
    ends_at: Optional[float] = None
    understood: Optional[Dict[str, Any]] = None
    said: List[str] = field(default_factory=list)
    saying: List[str] = field(default_factory=list)


current_turn: ContextVar[Optional[Turn]] = ContextVar("current_turn", default=None)
