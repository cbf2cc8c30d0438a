"""The migrations make exactly the tables that the code uses, and may run again."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from bot.store import open_database
from bot.store.schema import metadata


async def test_migrations_and_schema_say_the_same(database_url: str) -> None:
    database = open_database(database_url, 2)
    await database.start()

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))

    assert await database.read(differences) == []
    await database.close()
    again = open_database(database_url, 2)
    await again.start()
    await again.close()
