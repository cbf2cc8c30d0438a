"""What the front desks of one PostgreSQL tell each other at once, and how they notice that one of them is gone.

News travels by NOTIFY after the commit that made it, many together and outside of its transaction: a NOTIFY inside
would make all commits of the database wait for each other. A node that dies in between is late, not wrong: the sweep
finds what was not told.

Each node holds a session lock on its own name as long as its connection lives. PostgreSQL drops the lock with the
connection, so whoever can take it knows that the node is gone (or cut off), long before its claims expire. Should the
node live all the same, its claims' tokens are no longer valid and it writes nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
from typing import LiteralString, Protocol

import msgspec
import psycopg
import structlog
from sqlalchemy import Connection, bindparam, func, select, text, update

from bot.store.database import Database
from bot.store.errors import StoreUnavailable
from bot.store.keepalive import DEAD_LINE
from bot.store.records import OutboxRow
from bot.store.schema import inbox, is_open

_log = structlog.get_logger(__name__)

CHANNEL: LiteralString = "guiche_news"
MAX_ITEMS = 100
"""In one notification, which may have 8,000 bytes: an item is at most 75."""
MAX_PENDING = 20_000
RETRY_SECONDS = 0.5
PROBE_SECONDS = 10.0
"""The longest silence on the line before it is tried: a dead connection says nothing by itself."""
ANSWER_SECONDS = 5.0
"""How long a statement on the line may take: none has anything to do."""

_LOCK = "SELECT pg_try_advisory_lock(%s)"
_notify = text("SELECT pg_notify(:channel, :payload)")
_node_of = func.split_part(inbox.c.token, ":", 1)
_holders = select(_node_of).where(is_open, inbox.c.token.is_not(None)).distinct()
_take_lock = select(func.pg_try_advisory_xact_lock(bindparam("key")))
_release = (
    update(inbox)
    .where(is_open, inbox.c.token.is_not(None), _node_of == bindparam("node"))
    .values(token=None, claimed_until=None, due_at=0.0)
)


class Item(msgspec.Struct, frozen=True, array_like=True):
    """``newest``: outbox id of what was written last; ``offer``: there is work that any node may take."""

    conversation: str
    newest: int
    offer: bool


class _News(msgspec.Struct, frozen=True, array_like=True):
    node: str
    items: list[Item]


class Hears(Protocol):
    def __call__(self, item: Item) -> None: ...


_decode = msgspec.json.Decoder(_News).decode


class Neighbours:
    """This node's line to the others; ``start`` it after the store, ``stop`` it before."""

    def __init__(self, database: Database, address: str, node: str, hears: Hears) -> None:
        self._database = database
        self._address = address
        self._node = node
        self._hears = hears
        self._pending: dict[str, Item] = {}
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.connected = asyncio.Event()
        """Whether others are heard now."""

    def start(self) -> None:
        self._tasks = [
            asyncio.create_task(self._listen_for_ever(), name="neighbours-listen"),
            asyncio.create_task(self._tell_for_ever(), name="neighbours-tell"),
        ]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def tell(self, conversation: str, newest: int, *, offer: bool = False) -> None:
        """Tells the others, soon."""
        before = self._pending.get(conversation)
        if before is None and len(self._pending) >= MAX_PENDING:
            return  # the sweep finds it
        self._pending[conversation] = Item(conversation, newest, offer or (before is not None and before.offer))
        self._wake.set()

    def written(self, conversation: str, rows: list[OutboxRow]) -> None:
        """This process committed ``rows``."""
        self.tell(conversation, rows[-1].id)

    async def free_the_dead(self) -> list[str]:
        """Ends the claims of nodes that are gone; returns their names. Raises StoreUnavailable.

        Of messages only: a delivery that was on its way waits for its claim to expire, for a node that is only cut off
        from the database may have sent it.
        """
        return await self._database.write(self._free, durable=False)

    def _free(self, connection: Connection) -> list[str]:
        gone = []
        for node in connection.execute(_holders).scalars().all():
            if node != self._node and connection.execute(_take_lock, {"key": _key(node)}).scalar():
                connection.execute(_release, {"node": node})
                gone.append(node)
        return gone

    async def _tell_for_ever(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._pending:
                items = [self._pending.pop(name) for name in list(self._pending)[:MAX_ITEMS]]
                payload = msgspec.json.encode(_News(self._node, items)).decode()
                try:
                    await self._database.read(lambda connection: _send(connection, payload))  # noqa: B023
                except StoreUnavailable:  # it is logged where messages fail
                    await asyncio.sleep(RETRY_SECONDS)
                except Exception:  # the sweep finds what was not told; the next news may be
                    _log.exception("neighbours_not_told")
                    await asyncio.sleep(RETRY_SECONDS)

    async def _listen_for_ever(self) -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    self._address, autocommit=True, connect_timeout=5, application_name="guiche-neighbours", **DEAD_LINE
                ) as line:
                    await _ask(line, f"LISTEN {CHANNEL}")
                    locked = await _ask(line, _LOCK, _key(self._node))
                    self.connected.set()
                    while True:
                        # What the server takes for this node's last connection may hold the lock still.
                        seconds = PROBE_SECONDS if locked else RETRY_SECONDS
                        async for notification in line.notifies(timeout=seconds):
                            self._heard(notification.payload)
                        locked = (
                            await _ask(line, "SELECT true") if locked else await _ask(line, _LOCK, _key(self._node))
                        )
            except (psycopg.Error, OSError) as error:
                _log.warning("neighbours_not_heard", error=type(error).__name__)
            finally:
                self.connected.clear()
            await asyncio.sleep(RETRY_SECONDS)

    def _heard(self, payload: str) -> None:
        try:
            news = _decode(payload)
        except msgspec.DecodeError as error:
            _log.warning("neighbour_not_understood", error=type(error).__name__)
            return
        if news.node != self._node:
            for item in news.items:
                self._hears(item)


async def _ask(line: psycopg.AsyncConnection, query: LiteralString, *values: object) -> bool:
    """The answer to one statement, or TimeoutError, and then the line is closed.

    Cancelling a statement would wait for the server to hear of it, which is what does not happen.
    """
    asked = asyncio.ensure_future(line.execute(query, values or None))
    done, _ = await asyncio.wait({asked}, timeout=ANSWER_SECONDS)
    if not done:
        await line.close()
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        raise TimeoutError
    cursor = asked.result()
    row = await cursor.fetchone() if cursor.description else None
    return bool(row and row[0])


def _send(connection: Connection, payload: str) -> None:
    connection.execute(_notify, {"channel": CHANNEL, "payload": payload})


def _key(node: str) -> int:
    """The number of a node's lock."""
    return int.from_bytes(hashlib.blake2b(f"guiche node {node}".encode(), digest_size=8).digest(), signed=True)
