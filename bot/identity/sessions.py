"""Who a conversation belongs to, for a while: kept encrypted, known to Rasa only as an opaque id."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from bot.store import Store
from bot.store.logins import NewSession
from bot.vault import Vault, VaultError, digest


class Company(msgspec.Struct, frozen=True):
    """A company that a citizen represents, as the identity provider says."""

    document: str
    name: str


class Citizen(msgspec.Struct, frozen=True, omit_defaults=True):
    """A person or company who proved who they are. ``document``: the digits (CNPJ: characters) of CPF or CNPJ."""

    document: str
    name: str
    companies: tuple[Company, ...] = ()

    @property
    def first_name(self) -> str:
        """How a person is greeted; of a company the whole name."""
        return self.name if len(self.document) != 11 else self.name.partition(" ")[0]


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

    async def create(
        self, conversation: str, document: str, name: str, ttl: float, *, companies: Iterable[Company] = ()
    ) -> str:
        """Links ``conversation`` to a citizen and returns the session's opaque id. ``ttl``: seconds without a message.

        Whoever was linked before is not any more. The caller has proved the identity.
        """
        opaque, session = self.prepare(document, name, ttl, companies=companies)
        await self._store.start_session(conversation, session)
        return opaque

    def prepare(
        self, document: str, name: str, ttl: float, *, companies: Iterable[Company] = ()
    ) -> tuple[str, NewSession]:
        """A session that is not started yet, with its opaque id."""
        opaque = secrets.token_urlsafe(32)
        data = msgspec.json.encode(Citizen(document, name, tuple(companies))).decode()
        subject = self._vault.fingerprint(document)
        return opaque, NewSession(digest(opaque), self._vault.seal(opaque), self._vault.seal(data), ttl, subject)

    async def of(self, conversation: str) -> CurrentSession | None:
        """The session that a conversation holds now."""
        return await self.current(await self._store.session_of(conversation))

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
