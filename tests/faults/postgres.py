"""A PostgreSQL server that can be restarted: the tests' own, on a port that stays."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Self

import psycopg

from tests.bot.support.postgres import USER, _as_server_user, _binaries
from tests.bot.support.serving import free_port


class Postgres:
    """``with Postgres() as server``; durable, as in production (fsync on)."""

    def __init__(self) -> None:
        self._bin, self._run = _binaries(), _as_server_user()
        self._folder = Path(tempfile.mkdtemp(prefix="guiche-postgres-"))
        self._data = self._folder / "data"
        self.port = free_port()
        self.url = f"postgresql://{USER}@127.0.0.1:{self.port}/postgres"

    def __enter__(self) -> Self:
        if self._run:
            shutil.chown(self._folder, USER)
        try:
            self._call("initdb", "-D", self._data, "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync")
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run(
            [*self._run, str(self._bin / "pg_ctl"), "-D", str(self._data), "-m", "immediate", "-w", "stop"],
            check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/",
        )  # fmt: skip
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self) -> None:
        options = f"-c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories={self._folder}"
        log = self._folder / "log"
        self._call("pg_ctl", "-D", self._data, "-l", log, "-w", "-t", "60", "-o", options, "start")

    def stop(self, how: str) -> None:
        """``fast``: connections are ended politely; ``immediate``: as a crash, with recovery at the next start."""
        self._call("pg_ctl", "-D", self._data, "-m", how, "-w", "stop")

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(query, values)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []

    def _call(self, program: str, *arguments: str | Path) -> None:
        subprocess.run(
            [*self._run, str(self._bin / program), *map(str, arguments)],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/",
        )  # fmt: skip
