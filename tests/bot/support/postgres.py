"""A PostgreSQL server of the tests' own, from its binaries; as root it runs as the user ``postgres``."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.bot.support.serving import free_port

REQUIRE = os.environ.get("GUICHE_REQUIRE_PROGRAMS") == "1"
USER = "postgres"


def missing(reason: str) -> None:
    """Skips a test for want of a program; where programs are required, fails it."""
    if REQUIRE:
        pytest.fail(reason)
    pytest.skip(reason)


def _binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    initdb = str(found[0]) if found else shutil.which("initdb")
    if initdb is None:
        missing("PostgreSQL is not installed (initdb not found)")
    return Path(str(initdb)).resolve().parent


def _as_server_user() -> list[str]:
    if os.geteuid() != 0:
        return []
    try:
        pwd.getpwnam(USER)
    except KeyError:
        missing("PostgreSQL cannot run as root, and there is no user postgres")
    return ["runuser", "-u", USER, "--"]


class Cluster:
    """A running server; ``database`` makes an empty database and returns its address."""

    def __init__(self, port: int) -> None:
        self.port = port

    def database(self) -> str:
        name = f"t{uuid.uuid4().hex}"
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self._address(name)

    def _address(self, name: str) -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{name}"


@contextmanager
def cluster() -> Iterator[Cluster]:
    binaries, run = _binaries(), _as_server_user()
    folder = Path(tempfile.mkdtemp(prefix="guiche-postgres-"))
    data = folder / "data"
    try:
        if run:
            shutil.chown(folder, USER)
        _call([*run, binaries / "initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync"])
        port = free_port()
        options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder} -c fsync=off"
        log = folder / "log"
        _call([*run, binaries / "pg_ctl", "-D", data, "-l", log, "-w", "-t", "60", "-o", options, "start"])
        try:
            yield Cluster(port)
        finally:
            _call([*run, binaries / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _call(command: list[str | Path]) -> None:
    subprocess.run(
        [str(part) for part in command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/"
    )
