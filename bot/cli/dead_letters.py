"""`guiche dead-letters`: messages that were given up, for a person to look at, try again, or let go."""

import asyncio
from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy import Connection

from bot.cli.kept import NothingKept, kept_database, shown
from bot.cli.terminal import Terminal
from bot.settings import SettingsError
from bot.store import StoreUnavailable, open_database
from bot.store.database import Operation
from bot.store.dead_letters import DeadLetter, Name, drop, listed, retry
from bot.store.outbox import UNREADABLE


def list_letters(terminal: Terminal, limit: int, *, with_text: bool) -> int:
    """The database that was looked at, and one line a message; its words only when they are asked for."""
    try:
        letters = _run(terminal, lambda connection: listed(connection, limit))
    except (NothingKept, SettingsError, StoreUnavailable) as error:
        return _failed(terminal, error)
    for letter in letters:
        _show(terminal, letter, with_text=with_text)
    terminal.say("dead_letters.count" if letters else "dead_letters.none", count=len(letters))
    return 0


def retry_letters(terminal: Terminal, words: Collection[str]) -> int:
    """Each is answered, or sent, as if for the first time; the front desk finds it within seconds."""
    return _change(terminal, words, retry, "retried")


def drop_letters(terminal: Terminal, words: Collection[str]) -> int:
    """Each is no longer a dead letter; nobody answers or sends it."""
    return _change(terminal, words, drop, "dropped")


def _change(
    terminal: Terminal, words: Collection[str], operation: Callable[[Connection, list[Name]], list[Name]], what: str
) -> int:
    names: list[Name] = []
    for word in dict.fromkeys(words):
        try:
            names.append(Name.parse(word))
        except ValueError:
            terminal.complain("dead_letters.unknown", name=word)
            return 1
    try:
        done = _run(terminal, lambda connection: operation(connection, names))
    except (NothingKept, SettingsError, StoreUnavailable) as error:
        return _failed(terminal, error)
    for name in names:
        if name in done:
            terminal.say(f"dead_letters.{what}", name=name)
        elif what == "retried" and name.kind == UNREADABLE:
            terminal.complain("dead_letters.unreadable", name=name)
        else:
            terminal.complain("dead_letters.unknown", name=name)
    return 0 if len(done) == len(names) else 1


def _show(terminal: Terminal, letter: DeadLetter, *, with_text: bool) -> None:
    at = datetime.fromtimestamp(letter.at).astimezone().strftime("%d/%m/%Y %H:%M")
    terminal.say(
        "dead_letters.line",
        name=letter.name,
        at=at,
        channel=letter.channel or "-",
        reason=letter.reason,
        tries=letter.tries,
        conversation=letter.conversation,
    )
    if with_text:
        text = letter.text if letter.text is not None else terminal.text("dead_letters.no_text")
        terminal.say("dead_letters.text", text="".join(char if char.isprintable() else " " for char in text))


def _failed(terminal: Terminal, error: Exception) -> int:
    if isinstance(error, NothingKept):
        terminal.complain("dead_letters.nothing_kept", database=error)
    else:
        terminal.complain("dead_letters.no_database", reason=error)
    return 1


def _run[T](terminal: Terminal, operation: Operation[T]) -> T:
    """One transaction on the front desk's database, which may be at work. Raises NothingKept."""
    url = kept_database()
    terminal.say("dead_letters.database", database=shown(url))
    database = open_database(url, 1)

    async def run() -> T:
        await database.start()
        try:
            return await database.write(operation)
        finally:
            await database.close()

    return asyncio.run(run())
