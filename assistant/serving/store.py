"""The tracker store that keeps nothing: state in, state out (endpoints.yml: tracker_store)."""

from typing import Any, Dict, Optional

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker

from assistant.serving import processor
from assistant.serving.state import dump_state, load_tracker
from assistant.serving.turn import current_turn
from assistant.serving.understood import understood


class TurnStore(TrackerStore):
    """Builds the tracker from the state of the turn being served and leaves the new state there.

    Without a turn (`rasa shell`, `rasa test`) conversations live in this process's memory.
    """

    def __init__(
        self, domain: Optional[Domain], event_broker: Optional[EventBroker] = None, **kwargs: Dict[str, Any]
    ) -> None:
        kwargs.pop("host", None)
        super().__init__(domain, event_broker, **kwargs)
        self._memory: Dict[str, DialogueStateTracker] = {}
        processor.install()  # Rasa makes the store before it loads the model: the earliest hook it offers

    @property
    def domain(self) -> Domain:
        return self._domain

    @domain.setter
    def domain(self, domain: Optional[Domain]) -> None:
        self._domain = domain or Domain.empty()

    async def retrieve(self, sender_id: str) -> Optional[DialogueStateTracker]:
        """The tracker of the conversation. Raises StateUnreadable."""
        turn = current_turn.get()
        if turn is None:
            return self._memory.get(sender_id)
        return load_tracker(turn.state, sender_id, self._domain)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Leaves the new state in the turn."""
        turn = current_turn.get()
        if turn is None:
            self._memory[tracker.sender_id] = tracker
        else:
            turn.saved = dump_state(tracker, [*turn.said, *turn.saying])
            turn.understood = understood(tracker.latest_message)

    async def delete(self, sender_id: str) -> None:
        """Forgets a conversation kept in memory."""
        self._memory.pop(sender_id, None)

    async def keys(self) -> Any:
        """Sender ids kept in memory."""
        return list(self._memory)
