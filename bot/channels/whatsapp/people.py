"""Who writes, as the front desk knows them. A change of phone or user id ends what was linked to the chat."""

from __future__ import annotations

import time

import structlog
from sqlalchemy.exc import IntegrityError

from bot.channels.whatsapp.inbound import IdentityChanged, Person
from bot.identity.sessions import CitizenSessions
from bot.store import Store
from bot.store import whatsapp as operations

_log = structlog.get_logger(__name__)
CHANNEL = "whatsapp"


class People:
    """Each method is one transaction; StoreUnavailable may be raised by each."""

    def __init__(self, store: Store, sessions: CitizenSessions) -> None:
        self._database = store.database
        self._sessions = sessions

    async def key(self, person: Person) -> str:
        """The name of the person's conversation."""
        now = time.time()

        async def recognise() -> operations.Known:
            return await self._database.write(
                lambda connection: operations.recognise(connection, person.bsuid, person.wa_id, now), durable=False
            )

        try:
            known = await recognise()
        except IntegrityError:  # their first two messages, on two nodes at once: the other one was first
            known = await recognise()
        await self._unlink(known.changed)
        return known.key

    async def moved(self, event: IdentityChanged) -> None:
        """Meta tells that the phone or the user id is another now."""
        now, person = time.time(), event.person
        await self._unlink(
            await self._database.write(
                lambda connection: operations.moved(connection, person.bsuid, person.wa_id, now, phone=event.phone)
            )
        )

    async def recipient(self, key: str) -> dict[str, str] | None:
        """``to`` or ``recipient`` of a message, as it came: a phone's id is never rebuilt. None: nowhere to send."""
        found = await self._database.read(lambda connection: operations.address(connection, key))
        if found is None:
            return None
        return {"to": found.wa_id} if found.wa_id else {"recipient": str(found.bsuid)}

    async def _unlink(self, keys: list[str]) -> None:
        for key in keys:
            conversation = await self._conversation(key)
            if conversation is not None:
                _log.info("whatsapp_identity_changed", conversation=conversation)
                await self._sessions.unlink(conversation)

    async def _conversation(self, key: str) -> str | None:
        return await self._database.read(lambda connection: operations.conversation_of(connection, CHANNEL, key))
