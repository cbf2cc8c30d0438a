"""Who a conversation belongs to, for a while: kept encrypted, known to Rasa only as an opaque id."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import msgspec

from bot.store import Store
from bot.vault import Vault, VaultError, digest


class Citizen(msgspec.Struct, frozen=True):
    """A person or company who proved who they are. ``document``: the digits (CNPJ: characters) of CPF or CNPJ."""

    document: str
    name: str


@dataclass(frozen=True, slots=True)
class CurrentSession:
    """A conversation's session: ``id`` is what the assistant is given, ``digest`` is how the tables name it."""

    id: str
    digest: str


class CitizenSessions:
    """Creates, reads and ends citizen sessions; each access to the document is an audit line."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store = store
        self._vault = vault

    async def create(self, conversation: str, document: str, name: str, ttl: float) -> str:
        """Links ``conversation`` to a citizen for ``ttl`` seconds and returns the session's opaque id.

        Whoever was linked before is not any more. The caller has proved the identity.
        """
        opaque = secrets.token_urlsafe(32)
        data = msgspec.json.encode(Citizen(document, name)).decode()
        await self._store.start_session(
            conversation,
            digest(opaque),
            sealed_id=self._vault.seal(opaque),
            data=self._vault.seal(data),
            ttl=ttl,
            subject=self._vault.fingerprint(document),
        )
        return opaque

    async def read(self, opaque: str) -> Citizen | None:
        """Who the session belongs to, or None: unknown, over. Recorded in the audit either way."""
        name = digest(opaque)
        found = await self._store.session(name)
        if found is None:
            await self._store.record("session_unknown", digest=name)
            return None
        citizen = msgspec.json.decode(self._vault.open(found.data), type=Citizen)
        await self._store.record(
            "session_read",
            conversation=found.conversation,
            digest=name,
            subject=self._vault.fingerprint(citizen.document),
        )
        return citizen

    async def current(self, sealed: str | None) -> CurrentSession | None:
        """The session that a conversation holds (sealed, as in its row), while it lasts."""
        if sealed is None:
            return None
        try:
            opaque = self._vault.open(sealed)
        except VaultError:  # the key was changed: whoever was signed in has to sign in again
            return None
        name = digest(opaque)
        return CurrentSession(opaque, name) if await self._store.session(name) else None

    async def end(self, conversation: str) -> bool:
        """Ends the conversation's session and erases its personal answers. False: there was none."""
        return await self._store.end_session(conversation)
