"""Where the store's operations run. An operation is a function of one open transaction and runs again if it must."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, make_url
from sqlalchemy.exc import ArgumentError

from bot.settings import SettingsError

type Operation[T] = Callable[[Connection], T]


class Database(Protocol):
    """One database. ``write`` commits before it returns; both raise StoreUnavailable."""

    single_process: bool
    """Whether no other front desk can be at work on it, so that what was claimed at start is left from a dead one."""

    @property
    def address(self) -> str | None:
        """What a plain connection is opened with, where other nodes can be heard on one; else None."""

    async def start(self) -> None:
        """Connects and migrates."""

    async def write[T](self, operation: Operation[T], *, durable: bool = True) -> T:
        """``durable``: on the disk before this returns. Otherwise a power failure (not a kill) may undo it, never what
        was durable."""

    async def read[T](self, operation: Operation[T]) -> T:
        """For statements that change no table: there need not be a transaction around them."""

    def alone(self, key: int) -> AbstractAsyncContextManager[bool]:
        """A lock that one holder has at a time, of all nodes. False: somebody else has it. Raises StoreUnavailable."""

    async def close(self) -> None: ...


def open_database(url: str, connections: int) -> Database:
    """The database of ``url`` (not connected yet); raises SettingsError for a kind that is not supported."""
    # Imported here so that neither driver is loaded where the other one is used.
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise SettingsError("GUICHE_DATABASE_URL is not a database address") from None
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        from bot.store.sqlite import SqliteDatabase  # noqa: PLC0415

        if not parsed.database or parsed.database == ":memory:":
            raise SettingsError("GUICHE_DATABASE_URL: SQLite needs a file")
        return SqliteDatabase(Path(parsed.database))
    if backend == "postgresql":
        from bot.store.postgres import PostgresDatabase  # noqa: PLC0415

        return PostgresDatabase(parsed.set(drivername="postgresql+psycopg"), connections)
    raise SettingsError(f"GUICHE_DATABASE_URL: {backend} is not supported, use sqlite or postgresql")
