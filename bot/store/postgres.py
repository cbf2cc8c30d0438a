"""PostgreSQL, through psycopg 3: a pool of connections, read committed, row locks where the operations ask for them."""

from __future__ import annotations

import psycopg
from sqlalchemy import URL, Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import create_async_engine

from bot.store.database import Operation
from bot.store.errors import StoreUnavailable
from bot.store.migrate import migrate

POOL_WAIT_SECONDS = 5
CONNECT_SECONDS = 5
STATEMENT_MS = 10_000
MIGRATION_LOCK = 7_471_320_516  # any number, the same for all front desks


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
            pool_pre_ping=True,
            hide_parameters=True,  # an error's text must not quote what a citizen wrote
            connect_args={
                "connect_timeout": CONNECT_SECONDS,
                "options": f"-c statement_timeout={STATEMENT_MS} -c lock_timeout={STATEMENT_MS}",
            },
        )

    @property
    def address(self) -> str:
        return self._url.set(drivername="postgresql").render_as_string(hide_password=False)

    async def start(self) -> None:
        def migrate_alone(connection: Connection) -> None:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
            migrate(connection)

        await self.write(migrate_alone)

    async def write[T](self, operation: Operation[T], *, durable: bool = True) -> T:
        # The server flushes every commit (synchronous_commit), many of them together.
        try:
            async with self._engine.begin() as connection:
                return await connection.run_sync(operation)
        except (DBAPIError, PoolTimeout, OSError) as error:
            raise _unavailable(error) from error

    async def read[T](self, operation: Operation[T]) -> T:
        return await self.write(operation)

    async def close(self) -> None:
        await self._engine.dispose()


def _unavailable(error: Exception) -> Exception:
    if isinstance(error, DBAPIError) and not (
        error.connection_invalidated or isinstance(error.orig, psycopg.OperationalError | psycopg.InterfaceError)
    ):
        return error  # a broken statement or constraint is a bug and stays what it is
    return StoreUnavailable(type(getattr(error, "orig", None) or error).__name__)
