"""Takes what is written for channels that push, and hands it to their senders.

Within a conversation one delivery at a time and in order, many conversations at once. Like the dispatcher's, a
conversation is in at most one place of this process: at work, queued, or held back until it is due.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Mapping, Sequence

import structlog

from bot import metrics
from bot.delivery.errors import DeliveryError, OutcomeUnknown, PutOff, RecipientGone, Refused
from bot.delivery.ledger import Ledger
from bot.delivery.sender import Delivery, Sender
from bot.store import ClaimLost, OutboxRow, StoreUnavailable
from bot.store.delivery import UNKNOWN, Later, Settled
from bot.store.outbox import CITIZEN

_log = structlog.get_logger(__name__)

FIRST_DELAY = 0.5
MAX_DELAY = 300.0
REPEAT_DELAY = 2.0
"""Before a request that got no answer is repeated: whatever swallowed it may pass."""
STORE_DELAY = 2.0
RECORD_TRIES = 10
STOP_SECONDS = 5.0


class _Progress:
    """Commits how far a delivery is, and knows it for the deliverer."""

    def __init__(self, ledger: Ledger, delivery: Delivery) -> None:
        self._ledger = ledger
        self._delivery = delivery
        self.left = [row.id for row in delivery.rows]
        """Rows that are not sent whole."""
        self.current: list[int] = []
        """Rows whose request is on its way."""

    async def sending(self, rows: int | Sequence[int], part: int = 0) -> None:
        ids = [rows] if isinstance(rows, int) else list(rows)
        await self._ledger.sending(self._delivery, ids)
        self.current = ids

    async def sent(
        self, rows: int | Sequence[int], part: int = 0, external_id: str | None = None, *, last: bool = True
    ) -> None:
        ids = [rows] if isinstance(rows, int) else list(rows)
        for attempt in range(RECORD_TRIES):  # it has arrived: forgetting that would send it twice
            try:
                await self._ledger.sent(self._delivery, ids, part, external_id, last=last)
                break
            except StoreUnavailable:
                if attempt == RECORD_TRIES - 1:
                    raise
                await asyncio.sleep(STORE_DELAY)
        self.current = []
        if last:
            self.left = [row for row in self.left if row not in ids]

    @property
    def concerned(self) -> list[int]:
        """What a failure is about: the rows on their way, or all that are left when none had left yet."""
        return self.current or self.left


class Deliverer:
    """Owns the deliveries of this process. ``start`` it with the senders, tell it what was written, ``stop`` it."""

    def __init__(self, ledger: Ledger, *, workers: int, max_tries: int) -> None:
        self._ledger = ledger
        self._workers = workers
        self._max_tries = max_tries
        self._senders: Mapping[str, Sender] = {}
        self._queue: deque[tuple[str, str]] = deque()
        self._queued: set[str] = set()
        self._active: set[str] = set()
        self._again: set[str] = set()
        self._held: dict[str, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._running = False

    def start(self, senders: Sequence[Sender]) -> None:
        """From now on; what waits already is found by the sweep."""
        self._senders = {sender.channel: sender for sender in senders}
        self._running = True

    def sender(self, channel: str) -> Sender | None:
        return self._senders.get(channel)

    def written(self, conversation: str, rows: Sequence[OutboxRow]) -> None:
        """``rows`` were committed by this process."""
        if rows and rows[-1].author != CITIZEN:
            self.enqueue(conversation, rows[-1].channel)

    def enqueue(self, conversation: str, channel: str) -> None:
        """There is something to deliver in a conversation."""
        if not self._running or channel not in self._senders:
            return
        if conversation in self._active:
            self._again.add(conversation)
        elif conversation not in self._held and conversation not in self._queued:
            self._queue.append((conversation, channel))
            self._queued.add(conversation)
            self._pump()

    async def sweep(self) -> None:
        """Finds what is due and this process was not told of: of another node, or of one that died."""
        if not self._running or not self._senders:
            return
        for item in await self._ledger.waiting(list(self._senders)):
            if item.due:
                self.enqueue(item.conversation, item.channel)

    async def keep_house(self) -> None:
        for row, channel in await self._ledger.expire_uncertain():
            metrics.count(channel, "dead")
            _log.error("delivery_uncertain_given_up", channel=channel, outbox_id=row)

    async def stop(self) -> None:
        """Lets requests that are on their way end; what does not is of unknown outcome, as after a crash."""
        self._running = False
        for timer in self._held.values():
            timer.cancel()
        if self._tasks:
            _, unfinished = await asyncio.wait(self._tasks, timeout=STOP_SECONDS)
            for task in unfinished:
                task.cancel()
            if unfinished:
                await asyncio.wait(unfinished, timeout=STOP_SECONDS)

    # inside

    def _pump(self) -> None:
        while self._queue and len(self._active) < self._workers and self._running:
            conversation, channel = self._queue.popleft()
            self._queued.discard(conversation)
            self._active.add(conversation)
            task = asyncio.get_running_loop().create_task(self._work(conversation, self._senders[channel]))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _work(self, conversation: str, sender: Sender) -> None:
        delay: float | None = None
        try:
            claimed, settled = await self._ledger.claim(conversation, self._ledger.rule(sender.on_unknown))
            self._account(sender.channel, conversation, settled)
            if isinstance(claimed, Later):
                delay = claimed.seconds
            elif claimed is not None:
                delay = await self._deliver(sender, claimed)
                self._again.add(conversation)
        except ClaimLost:
            _log.warning("delivery_claim_lost", conversation=conversation)
        except StoreUnavailable as error:
            _log.error("store_unavailable", error=str(error))
            delay = STORE_DELAY
        except Exception:
            _log.exception("delivery_raised", conversation=conversation)
            delay = STORE_DELAY
        finally:
            self._leave(conversation, sender.channel, delay)

    def _leave(self, conversation: str, channel: str, delay: float | None) -> None:
        again = conversation in self._again
        self._active.discard(conversation)
        self._again.discard(conversation)
        if not self._running:
            return
        if delay:
            loop = asyncio.get_running_loop()
            self._held[conversation] = loop.call_later(delay, self._due, conversation, channel)
        elif again:
            self.enqueue(conversation, channel)
        self._pump()

    def _due(self, conversation: str, channel: str) -> None:
        if self._held.pop(conversation, None) is not None:
            self.enqueue(conversation, channel)

    async def _deliver(self, sender: Sender, delivery: Delivery) -> float | None:
        """Sends, and writes down what became of it. Seconds until there is more to do, None: look at once."""
        progress = _Progress(self._ledger, delivery)
        try:
            await sender.send(delivery, progress)
        except (ClaimLost, StoreUnavailable):
            # The request may have left, or arrived: what is written down says so, and the next claim reads it.
            raise
        except asyncio.CancelledError:
            if not progress.current:
                await self._ledger.put_off(delivery, progress.left, 0.0, None)
            raise
        except DeliveryError as error:
            return await self._failed(sender, delivery, progress, error)
        except Exception as error:
            _log.exception("sender_raised", channel=delivery.channel, conversation=delivery.conversation)
            return await self._count(delivery, progress, type(error).__name__)
        if progress.left:  # the sender had nothing to send of them
            _log.error("sender_left_rows", channel=delivery.channel, rows=len(progress.left))
            await self._ledger.bury(delivery, progress.left, "NotSent")
        return None

    async def _failed(
        self, sender: Sender, delivery: Delivery, progress: _Progress, error: DeliveryError
    ) -> float | None:
        reason = f"{type(error).__name__}:{error}" if str(error) else type(error).__name__
        _log.warning(
            "delivery_failed",
            channel=delivery.channel,
            conversation=delivery.conversation,
            error=reason,
            attempt=delivery.attempt,
        )
        match error:
            case PutOff():
                metrics.count(delivery.channel, "retried")
                await self._ledger.put_off(delivery, progress.left, error.seconds, reason[:64])
                return error.seconds
            case Refused():
                await self._bury(delivery, progress.concerned, reason)
            case RecipientGone():
                await self._ledger.unreachable(delivery.channel, delivery.external_key)
            case OutcomeUnknown():
                rule = self._ledger.rule(sender.on_unknown)
                settled = await self._ledger.unknown(delivery, progress.current, rule)
                self._account(delivery.channel, delivery.conversation, settled)
                if settled.repeated:
                    await self._ledger.put_off(delivery, progress.left, REPEAT_DELAY, reason[:64])
                    return REPEAT_DELAY
            case _:
                return await self._count(delivery, progress, reason)
        await self._ledger.put_off(delivery, progress.left, 0.0, reason[:64])  # the rest of the turn
        return None

    async def _count(self, delivery: Delivery, progress: _Progress, reason: str) -> float | None:
        """A failure that counts: after some tries what it is about is given up, and the rest goes on."""
        if delivery.attempt + 1 >= self._max_tries:
            await self._bury(delivery, progress.concerned, reason)
            await self._ledger.put_off(delivery, progress.left, 0.0, None)
            return None
        metrics.count(delivery.channel, "retried")
        delay = min(FIRST_DELAY * 2.0 ** min(delivery.attempt, 16), MAX_DELAY)
        delay *= random.uniform(0.8, 1.0)  # noqa: S311  # spread, not secret
        await self._ledger.put_off(delivery, progress.left, delay, reason[:64], tries=1)
        return delay

    def _account(self, channel: str, conversation: str, settled: Settled) -> None:
        """Counts what became of requests of unknown outcome."""
        metrics.count(channel, "retried", len(settled.repeated))
        if settled.dead:
            metrics.count(channel, "dead", len(settled.dead))
            _log.error("delivery_given_up", channel=channel, conversation=conversation, reason=UNKNOWN)

    async def _bury(self, delivery: Delivery, rows: list[int], reason: str) -> None:
        metrics.count(delivery.channel, "dead", len(rows))
        _log.error("delivery_given_up", channel=delivery.channel, conversation=delivery.conversation, reason=reason)
        await self._ledger.bury(delivery, rows, reason)
