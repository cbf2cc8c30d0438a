"""Who a conversation belongs to, for a while: kept encrypted, known to Rasa only as an opaque id."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from bot.store import Access, Store
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
    """Of whom or what the document is."""
    companies: tuple[Company, ...] | None = ()
    """Those that a person represents; None: the provider was asked and did not say."""
    person: str = ""
    """Who holds the certificate that a company signed in with."""

    @property
    def first_name(self) -> str:
        """How a person is greeted; of a company that nobody is named for, the whole name."""
        if self.person:
            return self.person.partition(" ")[0]
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
        opaque, session = self.prepare(Citizen(document, name, tuple(companies)), ttl)
        await self._store.start_session(conversation, session)
        return opaque

    def prepare(self, citizen: Citizen, ttl: float) -> tuple[str, NewSession]:
        """A session that is not started yet, with its opaque id."""
        opaque = secrets.token_urlsafe(32)
        data = msgspec.json.encode(citizen).decode()
        subject = self._vault.fingerprint(citizen.document)
        return opaque, NewSession(digest(opaque), self._vault.seal(opaque), self._vault.seal(data), ttl, subject)

    async def of(self, conversation: str) -> CurrentSession | None:
        """The session that a conversation holds now."""
        return await self.current(conversation, await self._store.session_of(conversation))

    async def read(self, opaque: str, purpose: str | None = None) -> Citizen | None:
        """Who the session belongs to, or None: unknown, over. Recorded in the audit either way.

        ``purpose``: what it is read for.
        """
        name = digest(opaque)
        found = await self._store.session(name)
        citizen = self._citizen(found.data) if found else None
        if found is None or citizen is None:
            await self._store.record("session_unknown", digest=name, detail=purpose)
            return None
        await self._store.record(
            "session_read",
            conversation=found.conversation,
            digest=name,
            subject=self._vault.fingerprint(citizen.document),
            detail=purpose,
        )
        return citizen

    async def shown(self, conversation: str, access: Access, event: str, rows: Iterable[int]) -> None:
        """Personal answers that were kept are shown (again): an audit line with their numbers in the outbox."""
        numbers, citizen = list(rows), self._citizen(access.data)
        detail = f"outbox {numbers[0]}" if len(numbers) == 1 else f"outbox {numbers[0]}-{numbers[-1]} ({len(numbers)})"
        subject = self._vault.fingerprint(citizen.document) if citizen else None
        await self._store.record(event, conversation=conversation, digest=access.digest, subject=subject, detail=detail)

    def _citizen(self, sealed: str) -> Citizen | None:
        """None: the key was changed, and whoever was signed in has to sign in again."""
        try:
            return msgspec.json.decode(self._vault.open(sealed), type=Citizen)
        except VaultError:
            return None

    async def current(self, conversation: str, sealed: str | None) -> CurrentSession | None:
        """The session that a conversation holds (sealed, as in its row), while it lasts."""
        if sealed is None:
            return None
        try:
            opaque = self._vault.open(sealed)
        except VaultError:  # the key was changed: whoever was signed in has to sign in again
            return None
        name = digest(opaque)
        found = await self._store.session(name)
        # A row that was moved to another conversation, by whatever fault, opens nothing there.
        return CurrentSession(opaque, name) if found is not None and found.conversation == conversation else None

    async def end(self, conversation: str) -> bool:
        """Ends the conversation's session and erases its personal answers. False: there was none."""
        return await self._store.end_session(conversation)

    async def unlink(self, conversation: str) -> None:
        """The chat has another owner now: its session ends, and so does an attempt to sign in from it."""
        await self._store.unlink(conversation)
