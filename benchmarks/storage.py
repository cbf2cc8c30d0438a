"""`python -m benchmarks.storage`: bytes that a message takes in the front desk's database, rows and indices.

Citizens write what held-out lines say, eight messages a conversation, to the whole system; what the database grew by is
divided among the messages (each with its answer, its part of a conversation's row and its buttons). The write-ahead log
is aside: it is written over again and again. `--database-url postgresql://...`: there (an empty database), else SQLite.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sqlite3
import sys
from contextlib import closing
from itertools import batched

import psycopg

from benchmarks.load import LINES, SEED
from benchmarks.systems import Guiche, Running

MESSAGES = 8
"""Of one conversation."""
AT_ONCE = 8
_POSTGRES = """
SELECT relname, pg_table_size(oid), pg_indexes_size(oid) FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""

type Sizes = dict[str, tuple[int, int]]
"""Table -> bytes of its rows, bytes of its indices."""


async def write(system: Guiche, conversations: int) -> None:
    """So many conversations, some at a time."""
    texts = [json.loads(line)["text"] for line in LINES.read_text(encoding="utf-8").splitlines()]
    chance = random.Random(SEED)

    async def talk() -> None:
        person = system.person()
        try:
            await person.open()
            for text in chance.sample(texts, MESSAGES):
                await person.say(text)
        finally:
            await person.close()

    for some in batched(range(conversations), AT_ONCE, strict=False):
        await asyncio.gather(*(talk() for _ in some))


def sizes(system: Guiche, url: str | None) -> Sizes:
    """Of every table now."""
    if url is not None:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM")
            return {name: (rows, indices) for name, rows, indices in connection.execute(_POSTGRES)}
    with closing(sqlite3.connect(system.database_file, timeout=30)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        found: Sizes = {}
        query = "SELECT m.tbl_name, m.type, sum(s.pgsize) FROM dbstat s JOIN sqlite_master m USING (name) GROUP BY 1, 2"
        for table, kind, size in connection.execute(query):
            rows, indices = found.get(table, (0, 0))
            found[table] = (rows + size, indices) if kind == "table" else (rows, indices + size)
        return found


def main() -> int:
    """Prints bytes a message, by table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.storage")
    parser.add_argument("--database-url")
    parser.add_argument("--conversations", type=int, default=400)
    options = parser.parse_args()
    settings = {"GUICHE_DATABASE_URL": options.database_url} if options.database_url else {}
    system = Guiche(**settings)
    with Running(system):
        asyncio.run(write(system, AT_ONCE))
        before = sizes(system, options.database_url)
        asyncio.run(write(system, options.conversations))
        after = sizes(system, options.database_url)
    messages = options.conversations * MESSAGES
    print(f"{'bytes a message':24}{'rows':>8}{'indices':>10}")
    total = 0
    for table, (rows, indices) in sorted(after.items()):
        grown = rows - before.get(table, (0, 0))[0], indices - before.get(table, (0, 0))[1]
        total += sum(grown)
        if any(grown):
            print(f"{table:24}{grown[0] / messages:8.0f}{grown[1] / messages:10.0f}")
    print(f"{'together':24}{total / messages:8.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
