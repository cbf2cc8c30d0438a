"""Citizens who have signed in: their sessions are written to the database, as the pages for signing in do."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Self

from bot.identity.sessions import CitizenSessions
from bot.store import Store, StoreUnavailable, open_database
from bot.vault import Vault
from tests.system.load import PERSON, SESSION_SECONDS

PAUSE = 0.2


class SigningIn(AbstractAsyncContextManager["SigningIn"]):
    """Signs conversations in, as PERSON. While the database is away it goes on trying."""

    def __init__(self, database_url: str, encryption_key: str) -> None:
        self._store = Store(open_database(database_url, 2), claim_seconds=1)
        self._sessions = CitizenSessions(self._store, Vault(encryption_key))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._store.close()

    async def __call__(self, conversation: str) -> None:
        while True:
            try:
                await self._sessions.create(conversation, PERSON.document, PERSON.name, SESSION_SECONDS)
            except StoreUnavailable:
                await asyncio.sleep(PAUSE)
            else:
                return
