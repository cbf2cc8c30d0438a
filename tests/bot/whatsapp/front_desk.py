"""A front desk with the WhatsApp channel, and what it wrote down."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from tests.bot.whatsapp.conftest import APP_SECRET, NUMBER, TOKEN, VERIFY_TOKEN, Meta


def settings(meta: Meta, **changes: Any) -> dict[str, Any]:
    """Of a front desk on ``meta``."""
    return {
        "whatsapp_token": TOKEN,
        "whatsapp_app_secret": APP_SECRET,
        "whatsapp_verify_token": VERIFY_TOKEN,
        "whatsapp_phone_number_id": NUMBER,
        "whatsapp_api_url": meta.url,
        **changes,
    }


def environment(meta: Meta) -> dict[str, str]:
    """The same for a process."""
    return {f"GUICHE_{name.upper()}": value for name, value in settings(meta).items()}


class Book:
    """The front desk's SQLite file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=10.0)) as connection:
            connection.row_factory = sqlite3.Row
            yield connection

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        with self._open() as connection:
            return [dict(row) for row in connection.execute(query, values)]

    def change(self, statement: str, *values: Any) -> None:
        with self._open() as connection, connection:
            connection.execute(statement, values)

    def replies(self) -> list[dict[str, Any]]:
        """What was to be sent."""
        return self.rows("SELECT * FROM outbox WHERE author = 'assistant' ORDER BY id")

    def answers(self) -> list[dict[str, Any]]:
        """The same without the notices that an answer takes longer."""
        return [row for row in self.replies() if row["final"]]

    def statuses(self) -> list[str]:
        return [row["status"] for row in self.replies()]

    def reasons(self) -> list[str]:
        """Of the dead letters among what was to be sent."""
        return [row["reason"] for row in self.rows("SELECT * FROM dead_letters WHERE kind = 'outbox' ORDER BY item_id")]
