"""Brings what is written to the open event streams of this process."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bot.store import OutboxRow


class Listener:
    """One open stream. It reads the store until it has caught up, and is handed new rows from then on.

    ``position`` is the last outbox id it has.
    """

    def __init__(self, position: int) -> None:
        self.position = position
        self.closed = False
        """The process stops: the stream has to end."""
        self._live = False
        self._rows: list[OutboxRow] = []
        self._news = asyncio.Event()

    def read_from_here(self) -> None:
        """Call before reading the store: what is written from now on is not missed."""
        self._live = False
        self._rows.clear()
        self._news.clear()

    async def rows(self, seconds: float) -> list[OutboxRow] | None:
        """New rows, in order; None: look into the store (after ``seconds`` in any case)."""
        self._live = not self._news.is_set()
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return None
        rows, self._rows = self._rows, []
        if not self._live or not rows:
            return None
        self._news.clear()
        self.position = rows[-1].id
        return rows

    def hand_over(self, rows: list[OutboxRow]) -> None:
        last = self._rows[-1].id if self._rows else self.position
        if self._live and rows[0].id > last:
            self._rows += rows
        else:
            self._live = False
        self._news.set()

    def look(self) -> None:
        self._live = False
        self._news.set()


class Wakeups:
    """The listeners of this process, by conversation.

    ``sees_all``: everything is written by this process, so rows can be handed over as they are committed. Otherwise
    another node may have written between them, and the listener reads the store.
    """

    def __init__(self, *, sees_all: bool) -> None:
        self._sees_all = sees_all
        self._closed = False
        self._listeners: defaultdict[str, set[Listener]] = defaultdict(set)
        self.told: list[Callable[[str, list[OutboxRow]], None]] = []
        """Called with every conversation and the rows that this process committed to it."""

    @contextmanager
    def listen(self, conversation: str, position: int) -> Iterator[Listener]:
        listener = Listener(position)
        listener.closed = self._closed
        self._listeners[conversation].add(listener)
        try:
            yield listener
        finally:
            self._listeners[conversation].discard(listener)
            if not self._listeners[conversation]:
                del self._listeners[conversation]

    def count(self, conversation: str) -> int:
        return len(self._listeners.get(conversation, ()))

    @property
    def total(self) -> int:
        """Open streams of this process."""
        return sum(len(listeners) for listeners in self._listeners.values())

    def written(self, conversation: str, rows: list[OutboxRow]) -> None:
        """``rows`` were committed by this process."""
        if not rows:
            return
        for tell in self.told:
            tell(conversation, rows)
        for listener in self._listeners.get(conversation, ()):
            if self._sees_all:
                listener.hand_over(rows)
            else:
                listener.look()

    def news(self, conversation: str, newest: int) -> None:
        """Something up to outbox id ``newest`` is in the store, whoever wrote it."""
        for listener in self._listeners.get(conversation, ()):
            if listener.position < newest:
                listener.look()

    def close(self) -> None:
        """Ends every stream, also one that opens now; the browsers come back to whoever serves then."""
        self._closed = True
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.closed = True
                listener.look()

    def anybody(self) -> bool:
        return bool(self._listeners)
