"""The front desk put together: what channels talk to, and the work that goes on behind them."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from contextlib import AsyncExitStack

import structlog

from bot import metrics
from bot.assistant import Assistant
from bot.delivery import Deliverer, Ledger, Typing
from bot.dispatcher import Dispatcher
from bot.identity.entrance import Entrance
from bot.identity.logins import Logins
from bot.identity.provider import Provider
from bot.identity.sessions import CitizenSessions
from bot.inspection import clean
from bot.messages import Inbound
from bot.notices import Notices
from bot.redaction import Redactor
from bot.sentences import Sentences, load_sentences
from bot.settings import Settings, check_public, encryption_key
from bot.store import OutboxRow, Receipt, Store, StoredInbound, StoreUnavailable, new_id, open_database
from bot.store.dead_letters import MAX_ITEM
from bot.store.neighbours import Item, Neighbours
from bot.throttle import Throttle
from bot.turn import TOPIC, Turns
from bot.vault import Vault
from bot.wakeups import Wakeups

_log = structlog.get_logger(__name__)

HOUSEKEEPING_SECONDS = 60.0
NEIGHBOURS_SECONDS = 5.0
"""How long a start waits to be heard by the other nodes: until then they take its claims for those of a dead one."""
RETENTION_BATCH = 500
RETENTION_BATCHES = 20
"""Of each kind of row, at each housekeeping: old rows never hold up those who write now."""
DAY = 86_400.0


class FrontDesk:
    """One per process. ``async with`` starts and stops it; channels call ``receive``."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        check_public(settings)
        self.sentences: Sentences = load_sentences(
            settings.data_dir / "front_desk.yml",
            settings.data_dir / "city.yml",
            provider=settings.oidc_name,
            level=settings.minimum_level,
        )
        self.vault = Vault(encryption_key(settings))
        self.store = Store(open_database(settings.database, settings.workers + 4), settings.claim_seconds)
        self.wakeups = Wakeups(sees_all=self.store.database.single_process)
        self.throttle = Throttle(settings.session_rate, settings.global_rate)
        self.sessions = CitizenSessions(self.store, self.vault)
        self.assistant = Assistant(settings.rasa_url, settings.rasa_secret.get_secret_value())
        self.logins = self._logins()
        entrance = Entrance(self.sentences, self.logins, settings.signed_in_minutes, settings.site)
        turns = Turns(
            self.assistant,
            self.sentences,
            self.sessions,
            self.vault,
            button_seconds=settings.button_days * DAY,
            entrance=entrance,
        )
        self._notices = Notices(self.store, self.sentences, self.wakeups, self._notice_after)
        self.dispatcher = Dispatcher(
            self.store,
            turns,
            self._notices,
            self.wakeups,
            workers=settings.workers,
            max_tries=settings.max_tries,
            max_wait=settings.max_wait_seconds,
        )
        self.ledger = Ledger(self.store, self.vault, settings.uncertain_seconds)
        self.deliverer = Deliverer(self.ledger, workers=settings.delivery_workers, max_tries=settings.delivery_tries)
        self._typing = Typing()
        self.wakeups.told += [self.deliverer.written, self._typing.written]
        self._redact = Redactor()
        self._resources = AsyncExitStack()
        self._tail = 0
        self._neighbours: Neighbours | None = None
        if address := self.store.database.address:
            self._neighbours = Neighbours(self.store.database, address, self.store.node, self._heard)
            self.wakeups.told.append(self._neighbours.written)
        # A clock that jumps ahead while the process runs must not make everything look old.
        self._clock_offset = time.time() - time.monotonic()

    def _logins(self) -> Logins | None:
        """None where no provider is configured."""
        if self.settings.oidc_issuer is None:
            return None
        return Logins(
            self.store,
            self.vault,
            self.sessions,
            Provider(self.settings),
            sentences=self.sentences,
            settings=self.settings,
            said=self._tell,
            work=self._enqueue,
        )

    def _notice_after(self, channel: str) -> float:
        """Seconds without an answer after which a citizen on ``channel`` is told that it takes longer."""
        sender = self.deliverer.sender(channel)
        own = sender.notice_after if sender is not None else None
        return self.settings.notice_after if own is None else own

    def _tell(self, conversation: str, rows: list[OutboxRow]) -> None:
        self.wakeups.written(conversation, rows)

    def _enqueue(self, conversation: str) -> None:
        self.dispatcher.enqueue(conversation)

    async def __aenter__(self) -> FrontDesk:
        await self._resources.enter_async_context(self.assistant)
        if self.logins is not None:
            self._resources.push_async_callback(self.logins.provider.aclose)
        await self.store.start()
        self._resources.push_async_callback(self.store.close)
        self._tail = await self.store.last_id()
        if self._neighbours is not None:
            self._neighbours.start()
            self._resources.push_async_callback(self._neighbours.stop)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._neighbours.connected.wait(), NEIGHBOURS_SECONDS)
        self._resources.push_async_callback(self._notices.stop)
        self._resources.push_async_callback(self.deliverer.stop)
        self._resources.push_async_callback(self._typing.stop)
        self._resources.push_async_callback(self.dispatcher.stop)
        sweeper = asyncio.create_task(self._sweep_for_ever(), name="sweeper")
        self._resources.push_async_callback(_end, sweeper)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._resources.aclose()

    async def receive(self, inbound: Inbound) -> Receipt:
        """Redacts a message, keeps it, and sees that it is answered. When this returns the message cannot be lost.

        Raises NotServed.
        """
        text, kinds = inbound.text, frozenset[str]()
        if text is not None:
            redacted = self._redact(clean(text))
            text, kinds = redacted.text, redacted.kinds
        message = StoredInbound(
            channel=inbound.channel,
            external_key=inbound.external_key,
            citizen=inbound.citizen,
            external_id=inbound.external_id,
            reference=inbound.reference,
            text=text,
            button=inbound.button if inbound.topic is None else f"{TOPIC}{inbound.topic}",
            kind=inbound.kind,
            sent_at=inbound.sent_at,
            conversation=inbound.conversation or new_id(),
            masked=kinds,
            seen_as=self.vault.seal(inbound.seen_as) if inbound.seen_as and self.logins else None,
            serves=inbound.serves,
            fallback_echo=self.sentences.media.received if inbound.kind else self.sentences.button_pressed,
        )
        # Claiming in the same transaction saves one for most messages; it needs the conversation's id beforehand.
        reserved = inbound.conversation is not None and self.dispatcher.reserve(inbound.conversation)
        receipt: Receipt | None = None
        try:
            receipt = await self.store.receive(message, claim=reserved)
        finally:
            if reserved and inbound.conversation and (receipt is None or receipt.claim is None):
                self.dispatcher.release(inbound.conversation)
                if receipt is None:  # the caller went away, but the message may have been written
                    self.dispatcher.enqueue(inbound.conversation)
        if receipt.inbox_id is not None and receipt.echo is not None:
            metrics.count(inbound.channel, "received")
            self._notices.watch(receipt.inbox_id, receipt.conversation, inbound.channel)
            sender = self.deliverer.sender(inbound.channel)
            if sender is not None:
                self._typing.begin(sender, receipt.conversation, inbound.external_key, inbound.reference, inbound.kind)
            self.wakeups.written(receipt.conversation, [receipt.echo])
            if receipt.claim is not None:
                self.dispatcher.begin(receipt.claim)
            else:
                self.dispatcher.enqueue(receipt.conversation)
                if self._neighbours is not None and self.dispatcher.full:
                    self._neighbours.tell(receipt.conversation, receipt.echo.id, offer=True)
        return receipt

    async def receive_throttled(self, inbound: Inbound) -> Receipt | None:
        """``receive`` for channels that cannot refuse: who sends too much is told so, once a minute. None: refused.

        A second delivery of a message counts against nobody.
        """
        sender = f"{inbound.channel}:{inbound.citizen}"
        known = await self.store.is_known(inbound.channel, inbound.external_id)
        refusal = None if known else await self.throttle.refusal(sender, inbound.sent_at)
        if refusal is None:
            return await self.receive(inbound)
        metrics.count(inbound.channel, "refused")
        if await self.throttle.first_refusal(sender):
            conversation, row = await self.store.say(
                inbound.channel,
                inbound.external_key,
                citizen=inbound.citizen,
                conversation=new_id(),
                reference=inbound.reference,
                sentence=self.sentences.error(refusal),
            )
            self.wakeups.written(conversation, [row])
        return None

    async def unreadable(self, channel: str, reason: str, raw: bytes, number: int | None = None) -> None:
        """Something came that nobody can read, and the platform must not send it for ever: a dead letter without its
        content, named by the platform's own ``number``, else by a digest of it."""
        if number is None or not 0 <= number < MAX_ITEM:
            number = int.from_bytes(hashlib.sha256(raw).digest()[:6]) % MAX_ITEM
        if await self.store.unreadable(channel, number, reason):
            metrics.count(channel, "dead")
            _log.error("message_unreadable", channel=channel, number=number, reason=reason, bytes=len(raw))

    async def _sweep_for_ever(self) -> None:
        housekeeping = 0.0
        while True:
            try:
                await self._free_the_dead()
                await self.dispatcher.sweep()
                await self.deliverer.sweep()
                await self._look_for_news()
                if time.monotonic() >= housekeeping:
                    housekeeping = time.monotonic() + HOUSEKEEPING_SECONDS
                    await self._keep_house()
            except StoreUnavailable as error:
                _log.error("sweep_put_off", error=str(error))
            except Exception:
                _log.exception("sweep_raised")
            await asyncio.sleep(self.settings.sweep_seconds)

    def _heard(self, item: Item) -> None:
        """Another node wrote something, or has more to do than workers."""
        self.wakeups.news(item.conversation, item.newest)
        self.dispatcher.heard(item.conversation)
        if item.offer:
            self.dispatcher.offered(item.conversation)

    async def _free_the_dead(self) -> None:
        if self._neighbours is not None and self._neighbours.connected.is_set():
            for node in await self._neighbours.free_the_dead():
                _log.warning("node_gone", node=node)

    async def _look_for_news(self) -> None:
        """Wakes the event streams whose conversation got something from another node."""
        if not self.wakeups.anybody():
            self._tail = await self.store.last_id()
            return
        # Ids of two conversations may be committed out of order: look a little way back.
        news = await self.store.tail(max(0, self._tail - 100))
        for conversation, newest in news.items():
            self.wakeups.news(conversation, newest)
            self._tail = max(self._tail, newest)

    async def _keep_house(self) -> None:
        for conversation in await self.store.end_expired_sessions():
            _log.info("citizen_session_expired", conversation=conversation)
        await self.deliverer.keep_house()
        if self.logins is not None:
            await self.logins.tidy()
        await self.store.drop_buttons(2 * self.settings.button_days * DAY)
        before = time.monotonic() + self._clock_offset - self.settings.retention_days * DAY
        for _ in range(RETENTION_BATCHES):
            deleted = await self.store.delete_old(before, RETENTION_BATCH)
            if deleted:
                _log.info("old_rows_deleted", rows=deleted)
            if deleted < RETENTION_BATCH:
                break


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
