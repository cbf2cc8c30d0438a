"""Takes messages from the inbox and answers them: in order within a conversation, many conversations at once.

In this process a conversation is in at most one place: at work, queued, or held back until its retry is due. An event
(a message came, a turn ended, a retry is due) moves it; nothing polls. A slow sweep of the database finds what no
event of this process told of.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import time
from collections import deque

import structlog

from bot import metrics
from bot.assistant import (
    AssistantActionFailed,
    AssistantError,
    AssistantLost,
    AssistantMisconfigured,
    AssistantUnavailable,
)
from bot.messages import Outcome
from bot.notices import Notices
from bot.store import Claim, ClaimLost, ConversationLocked, OutboxRow, Store, StoreError, StoreUnavailable
from bot.turn import Turns
from bot.wakeups import Wakeups

_log = structlog.get_logger(__name__)

FIRST_DELAY = 0.25
MAX_DELAY = 2.0
"""Longest pause between two tries of one message, as long as few wait."""
RETRIES_PER_SECOND = 50
"""All waiting messages together; with many waiting each pauses longer."""
MAX_LOST = 3
"""Times that the line broke, or the time ran out, during one message before it is given up. After the first time it is
tried alone and at a server that answered a moment ago, so the others are its own doing, and no outage."""
LOCKED_SECONDS = 0.05
STOP_SECONDS = 3.0
MIN_WAITS = 100
"""Failures at least before a message has waited too long: a clock that jumps ahead is no long wait."""
MAX_ELSEWHERE = 10_000
"""Conversations that are remembered to be at work at another node; what is forgotten is found by the sweep."""


class _Held:
    """A conversation that waits for its next try."""

    __slots__ = ("kind", "timer")

    def __init__(self, kind: type[Exception], timer: asyncio.TimerHandle) -> None:
        self.kind = kind
        self.timer = timer


class Dispatcher:
    """Owns the turns of this process. Tell it of messages, and ``stop`` it."""

    def __init__(
        self,
        store: Store,
        turns: Turns,
        notices: Notices,
        wakeups: Wakeups,
        *,
        workers: int,
        max_tries: int,
        max_wait: float = 7_200.0,
    ) -> None:
        self._store = store
        self._turns = turns
        self._notices = notices
        self._wakeups = wakeups
        self._workers = workers
        self._max_tries = max_tries
        self._max_wait = max_wait
        self._min_waits = min(MIN_WAITS, int(max_wait / (4 * MAX_DELAY)))
        self._queue: deque[str] = deque()
        self._queued: set[str] = set()
        self._active: set[str] = set()
        self._again: set[str] = set()
        self._held: dict[str, _Held] = {}
        self._arrived: dict[str, int] = {}
        """The place of every conversation that this process knows of, in the order in which they came."""
        self._arrivals = itertools.count()
        self._elsewhere: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False

    # what a channel tells

    def reserve(self, conversation: str) -> bool:
        """Takes a free worker for a conversation that is nowhere yet; follow with ``begin`` or ``release``."""
        if self._stopping or self.full or self._knows(conversation):
            return False
        self._active.add(conversation)
        self._arrived[conversation] = next(self._arrivals)
        return True

    def begin(self, claim: Claim) -> None:
        """Works on a message that was claimed while its conversation was reserved."""
        self._spawn(claim.conversation, claim)

    def release(self, conversation: str) -> None:
        """Ends a reservation that no claim came of."""
        self._leave(conversation)

    def enqueue(self, conversation: str) -> None:
        """There is something to do in a conversation."""
        if self._stopping:
            return
        if conversation in self._active:
            self._again.add(conversation)
        elif conversation not in self._held and conversation not in self._queued:
            self._arrived.setdefault(conversation, next(self._arrivals))
            self._queue.append(conversation)
            self._queued.add(conversation)
            self._pump()

    def heard(self, conversation: str) -> None:
        """Another node wrote something in a conversation: what this one could not have may be free now."""
        if conversation in self._elsewhere:
            self._elsewhere.discard(conversation)
            self.enqueue(conversation)

    def offered(self, conversation: str) -> None:
        """Another node has more to do than workers."""
        if not self.full and not self._knows(conversation):
            self.enqueue(conversation)

    @property
    def full(self) -> bool:
        """Whether what comes now has to wait for a worker of this process."""
        return bool(self._queue) or len(self._active) >= self._workers

    async def sweep(self) -> None:
        """Finds messages that are due and that this process does not know of, and clocks nobody set."""
        for waiting in await self._store.waiting():
            if waiting.due and not self._knows(waiting.conversation):
                self.enqueue(waiting.conversation)
        self._notices.watch_stored(await self._store.unnotified())

    async def stop(self) -> None:
        """Lets running turns end for a moment; what does not end is given back and is due at once."""
        self._stopping = True
        for held in self._held.values():
            held.timer.cancel()
        if self._tasks:
            _, unfinished = await asyncio.wait(self._tasks, timeout=STOP_SECONDS)
            for task in unfinished:
                task.cancel()
            if unfinished:
                await asyncio.wait(unfinished, timeout=STOP_SECONDS)

    @property
    def busy(self) -> int:
        """Conversations at work, queued or held back in this process."""
        return len(self._active) + len(self._queue) + len(self._held)

    # inside

    def _knows(self, conversation: str) -> bool:
        return conversation in self._active or conversation in self._queued or conversation in self._held

    def _pump(self) -> None:
        while self._queue and len(self._active) < self._workers and not self._stopping:
            conversation = self._queue.popleft()
            self._queued.discard(conversation)
            self._active.add(conversation)
            self._spawn(conversation, None)

    def _spawn(self, conversation: str, claim: Claim | None) -> None:
        task = asyncio.get_running_loop().create_task(self._work(conversation, claim))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _leave(self, conversation: str) -> None:
        self._active.discard(conversation)
        if conversation not in self._held:
            self._arrived.pop(conversation, None)
        again = conversation in self._again
        self._again.discard(conversation)
        if again:
            self.enqueue(conversation)
        self._pump()

    async def _work(self, conversation: str, claim: Claim | None) -> None:
        try:
            if claim is None:
                claim = await self._store.claim(conversation)
            if claim is not None:
                await self._answer(claim)
            elif not self._store.database.single_process and len(self._elsewhere) < MAX_ELSEWHERE:
                self._elsewhere.add(conversation)
        except StoreError as error:
            self._not_written(conversation, error)
        except AssistantError as error:
            if claim is not None:
                await self._failed(claim, error)
        except asyncio.CancelledError:
            if claim is not None:
                with contextlib.suppress(StoreError):  # the claim expires by itself
                    await self._store.give_back(claim, 0.0, counted=False, waited=False)
            raise
        except Exception:
            _log.exception("turn_raised", conversation=conversation)
            if claim is not None:
                await self._count(claim, "InternalError")
        finally:
            self._leave(conversation)

    async def _answer(self, claim: Claim) -> None:
        started = time.monotonic()
        outcome = await self._outcome(claim)
        if outcome is None:
            await self._put_off(claim, AssistantLost, counted=False, waited=False)
            return
        self._closed(claim, await self._store.finish(claim, outcome))
        metrics.TURN_SECONDS.observe(time.monotonic() - started)
        metrics.ANSWER_SECONDS.observe(claim.age)
        metrics.count(claim.channel, "answered")
        if claim.waits:
            self._let_go(AssistantActionFailed, AssistantUnavailable, StoreUnavailable)
        elif self._held:
            self._let_go(AssistantUnavailable, StoreUnavailable)

    async def _outcome(self, claim: Claim) -> Outcome | None:
        """None: the message failed before and is to be tried alone, and another such one is being tried."""
        if not claim.tries:
            return await self._turns.run(claim)
        async with self._store.suspects() as alone:
            return await self._turns.run(claim) if alone else None

    def _closed(self, claim: Claim, replies: list[OutboxRow]) -> None:
        self._notices.answered(claim.inbox_id)
        self._wakeups.written(claim.conversation, replies)
        if claim.more:  # it goes to the end of the queue: a flood in one conversation delays no other
            self._again.add(claim.conversation)

    async def _failed(self, claim: Claim, error: AssistantError) -> None:
        if isinstance(error, AssistantMisconfigured):  # the assistant's client said so, once
            await self._put_off(claim, type(error), counted=False)
            return
        _log.warning("turn_failed", conversation=claim.conversation, error=type(error).__name__, detail=str(error))
        if isinstance(error, AssistantUnavailable | AssistantActionFailed):
            if self._waited_too_long(claim):
                await self._give_up(claim, "WaitedTooLong")
            else:
                await self._put_off(claim, type(error), counted=False)
        elif isinstance(error, AssistantLost):
            await self._count(claim, type(error).__name__, kind=AssistantLost, most=MAX_LOST)
        else:
            await self._count(claim, type(error).__name__)

    def _waited_too_long(self, claim: Claim) -> bool:
        return claim.age > self._max_wait and claim.waits >= self._min_waits

    async def _count(
        self, claim: Claim, reason: str, *, kind: type[Exception] = AssistantError, most: int | None = None
    ) -> None:
        """A failure that is the message's own: after some tries it is given up, with an apology."""
        if claim.tries + 1 < (most or self._max_tries):
            await self._put_off(claim, kind, counted=True)
        else:
            await self._give_up(claim, reason)

    async def _give_up(self, claim: Claim, reason: str) -> None:
        """The message becomes a dead letter, and the citizen gets an apology."""
        try:
            replies = await self._store.finish(claim, self._turns.give_up(claim, reason))
        except StoreError as error:
            self._not_written(claim.conversation, error)
        else:
            _log.error("message_given_up", conversation=claim.conversation, inbox_id=claim.inbox_id, reason=reason)
            metrics.count(claim.channel, "dead")
            self._closed(claim, replies)

    async def _put_off(self, claim: Claim, kind: type[Exception], *, counted: bool, waited: bool = True) -> None:
        failures = claim.tries if counted else claim.waits
        longest = max(MAX_DELAY, len(self._held) / RETRIES_PER_SECOND)
        delay = min(FIRST_DELAY * 2 ** min(failures, 16), longest) * random.uniform(0.8, 1.0)  # noqa: S311  # spread, not secret
        try:
            await self._store.give_back(claim, delay, counted=counted, waited=waited and not counted)
        except StoreError as error:
            self._not_written(claim.conversation, error)
        else:
            metrics.count(claim.channel, "retried")
            self._hold(claim.conversation, delay, kind)

    def _not_written(self, conversation: str, error: StoreError) -> None:
        match error:
            case ClaimLost():
                _log.warning("claim_lost", conversation=conversation)
            case ConversationLocked():
                self._hold(conversation, LOCKED_SECONDS, ConversationLocked)
            case _:  # a claim is this process's own: it may take the message again
                _log.error("store_unavailable", error=str(error))
                self._hold(conversation, MAX_DELAY, StoreUnavailable)

    def _hold(self, conversation: str, delay: float, kind: type[Exception]) -> None:
        timer = asyncio.get_running_loop().call_later(delay, self._due, conversation)
        self._held[conversation] = _Held(kind, timer)

    def _due(self, conversation: str) -> None:
        held = self._held.pop(conversation, None)
        if held is not None:
            held.timer.cancel()
            self.enqueue(conversation)

    def _let_go(self, *kinds: type[Exception]) -> None:
        """Somebody was answered: whoever waited for the same need not wait longer, and goes in the order of arrival."""
        free = [conversation for conversation, held in self._held.items() if issubclass(held.kind, kinds)]
        if not free or self._stopping:
            return
        for conversation in free:
            self._held.pop(conversation).timer.cancel()
        self._queued.update(free)
        self._queue = deque(sorted((*self._queue, *free), key=self._arrived.__getitem__))
        self._pump()
