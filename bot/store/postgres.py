"""PostgreSQL, through psycopg 3: a pool of connections, read committed, row locks where the operations ask for them.

An operation runs in a thread, on a blocking connection, as SQLite's do: through the asynchronous driver every statement
goes to the event loop and back, which takes the loop more than the statement (measured: docs/performance.md).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from sqlalchemy import URL, Connection, Engine, bindparam, create_engine, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.store.database import Operation
from bot.store.errors import StoreUnavailable
from bot.store.keepalive import DEAD_LINE
from bot.store.migrate import migrate

POOL_WAIT_SECONDS = 5
CONNECT_SECONDS = 5
STATEMENT_MS = 10_000
MIGRATION_LOCK = 7_471_320_516  # any number, the same for all front desks
_AWAY = frozenset(("25006", "25P03", "25P04"))
"""Read only (a standby, after a failover), and a transaction that the server ended: nobody's statement is wrong."""
_READ_ONLY = "25006"
_ERRORS = (DBAPIError, PoolTimeout, OSError)
_take = select(func.pg_try_advisory_lock(bindparam("key")))
_give = select(func.pg_advisory_unlock(bindparam("key")))


class PostgresDatabase:
    """A PostgreSQL database, shared by any number of front desks."""

    single_process = False

    def __init__(self, url: URL, connections: int) -> None:
        self._url = url
        self._engine = create_engine(
            url,
            pool_size=connections + 1,  # one for who holds the lock of `alone`
            max_overflow=0,
            pool_timeout=POOL_WAIT_SECONDS,
            # No pre-ping: it costs each transaction a round trip, a fifth of the work. The first operation after the
            # server went away fails, every kept connection is dropped with it, and whoever asked asks again.
            hide_parameters=True,  # an error's text must not quote what a citizen wrote
            connect_args={
                **DEAD_LINE,
                "connect_timeout": CONNECT_SECONDS,
                "options": f"-c statement_timeout={STATEMENT_MS} -c lock_timeout={STATEMENT_MS}",
            },
        )
        # On the same connections. One statement needs no BEGIN and no COMMIT around it: two round trips of three.
        self._reading = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._threads = ThreadPoolExecutor(connections, "store")
        self._free = asyncio.Semaphore(connections)

    @property
    def address(self) -> str:
        return self._url.set(drivername="postgresql").render_as_string(hide_password=False)

    async def start(self) -> None:
        def migrate_alone(connection: Connection) -> None:
            # A migration of a large table, and waiting for another front desk's, may take their time.
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            connection.execute(text("SET LOCAL lock_timeout = 0"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
            migrate(connection)

        await self.write(migrate_alone)

    async def write[T](self, operation: Operation[T], *, durable: bool = True) -> T:
        # The server flushes every commit (synchronous_commit), many of them together.
        return await self._run(lambda: _in_transaction(self._engine, operation))

    async def read[T](self, operation: Operation[T]) -> T:
        return await self._run(lambda: _by_itself(self._reading, operation))

    @asynccontextmanager
    async def alone(self, key: int) -> AsyncIterator[bool]:
        # No transaction: the lock is the session's, and the server ends sessions that idle in one.
        connection, taken = await self._run(lambda: _try_lock(self._reading, key))
        try:
            yield taken
        finally:
            await asyncio.shield(self._run(lambda: _unlock(connection, key, taken=taken)))

    async def close(self) -> None:
        await asyncio.to_thread(self._threads.shutdown)
        self._engine.dispose()

    async def _run[T](self, work: Callable[[], T]) -> T:
        """``work`` in a thread; when nobody waits for it any more it goes on to its end. Raises StoreUnavailable."""
        if self._free.locked():
            try:
                async with asyncio.timeout(POOL_WAIT_SECONDS):
                    await self._free.acquire()
            except TimeoutError:
                raise StoreUnavailable("PoolTimeout") from None
        else:
            await self._free.acquire()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def done(result: Any, error: BaseException | None) -> None:
            self._free.release()
            if future.done():
                return
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

        def run() -> None:
            result, raised = None, None
            try:
                result = work()
            except Exception as error:  # delivered to the caller, who awaits it
                raised = error
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits for this any more
                loop.call_soon_threadsafe(done, result, raised)

        try:
            self._threads.submit(run)
        except RuntimeError:
            self._free.release()
            raise StoreUnavailable("the store is closed") from None
        return await future


def _in_transaction[T](engine: Engine, operation: Operation[T]) -> T:
    try:
        with engine.begin() as connection:
            try:
                return operation(connection)
            except DBAPIError as error:
                if _sqlstate(error) == _READ_ONLY:  # another connection may find who writes now
                    connection.invalidate(error)
                raise
    except _ERRORS as error:
        raise _unavailable(error) from error


def _by_itself[T](engine: Engine, operation: Operation[T]) -> T:
    try:
        with engine.connect() as connection:
            return operation(connection)
    except _ERRORS as error:
        raise _unavailable(error) from error


def _try_lock(engine: Engine, key: int) -> tuple[Connection, bool]:
    """An open connection, whose session may have the lock now."""
    try:
        connection = engine.connect()
        try:
            return connection, bool(connection.execute(_take, {"key": key}).scalar_one())
        except BaseException:
            connection.close()
            raise
    except _ERRORS as error:
        raise _unavailable(error) from error


def _unlock(connection: Connection, key: int, *, taken: bool) -> None:
    try:
        if taken:
            connection.execute(_give, {"key": key})
    except _ERRORS:  # the session is gone, and its locks with it
        connection.invalidate()
    finally:
        connection.close()


def _unavailable(error: Exception) -> Exception:
    if isinstance(error, DBAPIError) and not (
        error.connection_invalidated
        or isinstance(error.orig, psycopg.OperationalError | psycopg.InterfaceError)
        or _sqlstate(error) in _AWAY
    ):
        return error  # a broken statement or constraint is a bug and stays what it is
    return StoreUnavailable(type(getattr(error, "orig", None) or error).__name__)


def _sqlstate(error: Exception) -> str | None:
    return getattr(getattr(error, "orig", None), "sqlstate", None)
