"""PostgreSQL, through psycopg 3: a pool of connections, read committed, row locks where the operations ask for them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import psycopg
from sqlalchemy import URL, Connection, bindparam, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

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
        self._engine = create_async_engine(
            url,
            pool_size=connections,
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
        try:
            async with self._engine.begin() as connection:
                return await connection.run_sync(operation)
        except _ERRORS as error:
            if _sqlstate(error) == _READ_ONLY:  # the next connection may find who writes now
                await self._engine.dispose()
            raise _unavailable(error) from error

    async def read[T](self, operation: Operation[T]) -> T:
        try:
            async with self._reading.connect() as connection:
                return await connection.run_sync(operation)
        except _ERRORS as error:
            raise _unavailable(error) from error

    @asynccontextmanager
    async def alone(self, key: int) -> AsyncIterator[bool]:
        async with AsyncExitStack() as stack:
            try:
                # No transaction: the lock is the session's, and the server ends sessions that idle in one.
                connection = await stack.enter_async_context(self._reading.connect())
                taken = bool((await connection.execute(_take, {"key": key})).scalar_one())
            except _ERRORS as error:
                raise _unavailable(error) from error
            try:
                yield taken
            finally:
                if taken:
                    await _give_back(connection, key)

    async def close(self) -> None:
        await self._engine.dispose()


async def _give_back(connection: AsyncConnection, key: int) -> None:
    try:
        await connection.execute(_give, {"key": key})
    except _ERRORS:  # the session is gone, and its locks with it
        await connection.invalidate()


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
