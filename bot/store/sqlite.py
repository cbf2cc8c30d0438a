"""SQLite: one thread that writes, one that reads.

Measured on this project (a transaction of three statements): 2.9 ms of CPU through aiosqlite, where every call of the
driver crosses threads; 0.4 ms when the whole transaction crosses once. SQLite has one writer anyway, so the thread also
commits what waits for it together: one fsync for many messages.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from bot.store.database import Operation
from bot.store.errors import StoreError, StoreUnavailable
from bot.store.migrate import migrate

BUSY_TIMEOUT_MS = 5_000
MAX_BATCH = 64

# FULL: a commit is on the disk before the citizen's browser hears 202, also when the power fails. NORMAL survives a
# kill -9, and after a power failure lacks the last turns: their messages are open again and are answered again. A flush
# costs 0.3 ms of CPU and a turn has two commits, so only what cannot be done again pays for one.
_DURABLE = "PRAGMA synchronous=FULL"
_REPEATABLE = "PRAGMA synchronous=NORMAL"
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    _DURABLE,
    f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",
    "PRAGMA temp_store=MEMORY",
)


class SqliteDatabase:
    """A SQLite file; several processes may open it, but only one front desk at a time makes sense."""

    single_process = True

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer = _Thread(_engine(path, begin="BEGIN IMMEDIATE"), "store-writer", batch=MAX_BATCH)
        self._reader = _Thread(_engine(path, begin=None), "store-reader", batch=1)
        self._alone: set[int] = set()

    @property
    def address(self) -> None:
        return None

    async def start(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._writer.start()
        self._reader.start()
        await self._writer.run(migrate, True)

    async def write[T](self, operation: Operation[T], *, durable: bool = True) -> T:
        return await self._writer.run(operation, durable)

    async def read[T](self, operation: Operation[T]) -> T:
        return await self._reader.run(operation, False)

    @asynccontextmanager
    async def alone(self, key: int) -> AsyncIterator[bool]:
        if key in self._alone:
            yield False
            return
        self._alone.add(key)
        try:
            yield True
        finally:
            self._alone.discard(key)

    async def close(self) -> None:
        await self._writer.stop()
        await self._reader.stop()


def _engine(path: Path, begin: str | None) -> Engine:
    # hide_parameters: an error's text must not quote what a citizen wrote.
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # BEGIN is ours, below
        for pragma in _PRAGMAS:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if begin is not None:
            try:
                _raw(connection).execute(begin)
            except sqlite3.Error as error:  # SQLAlchemy wraps nothing that an event's listener raises
                raise _unavailable(error) from error

    return engine


def _raw(connection: Connection) -> sqlite3.Connection:
    """The driver's own connection, for statements that need nothing of SQLAlchemy (which costs 30 us each)."""
    return cast(sqlite3.Connection, connection.connection.driver_connection)


type _Job = tuple[asyncio.Future[Any], Operation[Any], bool]


class _Thread:
    """Runs operations on one connection, one transaction for as many as are waiting."""

    def __init__(self, engine: Engine, name: str, batch: int) -> None:
        self._engine = engine
        self._batch = batch
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._durable = True  # as _PRAGMAS set it on a new connection

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    async def run[T](self, operation: Operation[T], durable: bool) -> T:
        if self._loop is None or not self._thread.is_alive():
            raise StoreUnavailable("the store is closed")
        future: asyncio.Future[T] = self._loop.create_future()
        self._jobs.put((future, operation, durable))
        return await future

    async def stop(self) -> None:
        if self._thread.is_alive():
            self._jobs.put(None)
            await asyncio.to_thread(self._thread.join)
        self._engine.dispose()

    def _serve(self) -> None:
        connection: Connection | None = None
        running = True
        while running:
            job = self._jobs.get()
            if job is None:
                break
            jobs = [job]
            while len(jobs) < self._batch:
                try:
                    job = self._jobs.get_nowait()
                except queue.Empty:
                    break
                if job is None:
                    running = False
                    break
                jobs.append(job)
            try:
                connection = connection or self._engine.connect()
                durable = any(job[2] for job in jobs)
                if durable is not self._durable:
                    _raw(connection).execute(_DURABLE if durable else _REPEATABLE)
                    self._durable = durable
                outcomes = _together(connection, jobs) or [_alone(connection, job) for job in jobs]
            except (DBAPIError, sqlite3.Error) as error:  # not even a connection could be had
                outcomes = [_failed(job[0], _unavailable(error)) for job in jobs]
            if connection is not None and connection.invalidated:
                connection.close()
                connection, self._durable = None, True
            self._deliver(outcomes)
        if connection is not None:
            connection.close()

    def _deliver(self, outcomes: list[Callable[[], None]]) -> None:
        def deliver() -> None:
            for outcome in outcomes:
                outcome()

        try:
            cast(asyncio.AbstractEventLoop, self._loop).call_soon_threadsafe(deliver)
        except RuntimeError:  # the loop is closed: nobody waits for these any more
            return


def _together(connection: Connection, jobs: list[_Job]) -> list[Callable[[], None]] | None:
    """All jobs in one transaction, or None when they must run one by one."""
    if len(jobs) == 1:
        return None
    outcomes: list[Callable[[], None]] = []
    try:
        with connection.begin():
            # By hand: SQLAlchemy compiles its savepoints anew each time, a tenth of the front desk's work.
            savepoint = _raw(connection).execute
            for future, operation, _ in jobs:
                savepoint("SAVEPOINT job")
                try:
                    outcomes.append(_done(future, operation(connection)))
                except StoreError as error:
                    savepoint("ROLLBACK TO job")
                    outcomes.append(_failed(future, error))
                savepoint("RELEASE job")
    except StoreUnavailable as error:  # not begun: alone each of them would only wait for the same lock again
        return [_failed(job[0], StoreUnavailable(str(error))) for job in jobs]
    except Exception:  # a job's own fault must not fail its neighbours: each runs again alone and says so itself
        return None
    return outcomes


def _alone(connection: Connection, job: _Job) -> Callable[[], None]:
    future, operation, _ = job
    try:
        with connection.begin():
            result = operation(connection)
    except DBAPIError as error:
        return _failed(future, _unavailable(error))
    except Exception as error:  # delivered to the caller, who awaits it
        return _failed(future, error)
    return _done(future, result)


def _unavailable(error: DBAPIError | sqlite3.Error) -> Exception:
    """Locked, full, gone: StoreUnavailable. A broken statement or constraint is a bug and stays what it is."""
    driver = error.orig if isinstance(error, DBAPIError) else error
    invalidated = isinstance(error, DBAPIError) and error.connection_invalidated
    if isinstance(driver, sqlite3.OperationalError | sqlite3.InterfaceError) or invalidated:
        unavailable = StoreUnavailable(getattr(driver, "sqlite_errorname", type(driver).__name__))
        unavailable.__cause__ = error
        return unavailable
    return error


def _done(future: asyncio.Future[Any], result: object) -> Callable[[], None]:
    return lambda: None if future.done() else future.set_result(result)


def _failed(future: asyncio.Future[Any], error: BaseException) -> Callable[[], None]:
    return lambda: None if future.done() else future.set_exception(error)
