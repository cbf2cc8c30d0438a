"""Everything the front desk keeps, behind one class. Times are seconds of the epoch.

Whether a claim or a citizen's session is over, and how long a message waited, is by the database's clock (clock.py);
when something happened, and until when a link or a code of signing in can be used, by this process's.
"""

from __future__ import annotations

import time
from contextlib import AbstractAsyncContextManager

from sqlalchemy import Connection

from bot.messages import Outcome
from bot.store import clock, dead_letters, delivery, inbox, logins, outbox, retention, sessions
from bot.store.database import Database, open_database
from bot.store.errors import ClaimLost, ConversationLocked, NotServed, StoreError, StoreUnavailable
from bot.store.inbox import new_id
from bot.store.logins import NewSession
from bot.store.records import Backlog, Claim, OutboxRow, Pressed, Receipt, StoredInbound, Unnotified, Waiting
from bot.store.sessions import Access, StoredSession

__all__ = [
    "Access",
    "Backlog",
    "Claim",
    "ClaimLost",
    "ConversationLocked",
    "NotServed",
    "OutboxRow",
    "Pressed",
    "Receipt",
    "Store",
    "StoreError",
    "StoreUnavailable",
    "StoredInbound",
    "StoredSession",
    "Unnotified",
    "Waiting",
    "new_id",
    "open_database",
]

SWEEP_LIMIT = 1_000
PAGE = 200
SUSPECTS = 7_471_320_517
"""The lock of ``suspects``; any number, the same for all front desks."""


class Store:
    """The front desk's memory. Every method is one transaction; StoreUnavailable may be raised by each."""

    def __init__(self, database: Database, claim_seconds: float) -> None:
        self.database = database
        self._claim_seconds = claim_seconds
        self.node = new_id()
        """Begins the tokens of this process's claims."""
        self._claims = 0

    async def start(self) -> None:
        """Connects, migrates, and frees what a process that died held, where no other process can be alive."""
        await self.database.start()
        if self.database.single_process:
            await self.database.write(inbox.release_all)
            await self.database.write(delivery.release_all)

    async def close(self) -> None:
        await self.database.close()

    async def check(self) -> None:
        """Raises StoreUnavailable when the database does not answer."""
        await self.database.read(outbox.last_id)

    # inbox

    async def receive(self, message: StoredInbound, *, claim: bool) -> Receipt:
        """Stores a message once; ``claim``: and claims it, when it is the first of its conversation that waits.

        Raises NotServed.
        """
        now = time.time()
        token = self._token() if claim else None
        seconds = self._claim_seconds
        return await self.database.write(lambda connection: inbox.receive(connection, message, now, token, seconds))

    async def is_known(self, channel: str, external_id: str) -> bool:
        """Whether a message was received before."""
        return await self.database.read(lambda connection: inbox.is_known(connection, channel, external_id))

    async def claim(self, conversation: str) -> Claim | None:
        """The conversation's oldest message, if nobody holds it; also before its retry is due.

        Raises ConversationLocked.
        """
        token, seconds = self._token(), self._claim_seconds
        return await self.database.write(
            lambda connection: inbox.claim(connection, conversation, token, node=self.node, claim_seconds=seconds),
            durable=False,
        )

    async def give_back(self, claim: Claim, delay: float, *, counted: bool, waited: bool = True) -> None:
        """Ends a claim without an answer; the message is due again after ``delay``. Raises ClaimLost."""
        await self.database.write(
            lambda connection: inbox.give_back(connection, claim, delay, counted=counted, waited=waited), durable=False
        )

    def suspects(self) -> AbstractAsyncContextManager[bool]:
        """For a message that failed before: one of them at a time, of all nodes. False: another one is being tried."""
        return self.database.alone(SUSPECTS)

    async def unreadable(self, channel: str, item: int, reason: str) -> bool:
        """Notes as a dead letter what a platform sent and nobody can read; False: it was noted before."""
        now = time.time()
        return await self.database.write(
            lambda connection: dead_letters.unreadable(connection, channel, item, reason, now)
        )

    async def waiting(self) -> list[Waiting]:
        return await self.database.read(lambda connection: inbox.waiting(connection, SWEEP_LIMIT))

    async def unnotified(self) -> list[Unnotified]:
        return await self.database.read(lambda connection: inbox.unnotified(connection, SWEEP_LIMIT))

    async def backlog(self) -> Backlog:
        return await self.database.read(inbox.backlog)

    # outbox

    async def finish(self, claim: Claim, outcome: Outcome) -> list[OutboxRow]:
        """Commits a turn and returns its replies; raises ClaimLost, and then nothing is written."""
        now = time.time()
        # What ends a citizen's session must not come back; any other turn can be done again.
        durable = outcome.end_session or outcome.end_login is not None or outcome.login is not None

        def operation(connection: Connection) -> list[OutboxRow]:
            rows = outbox.finish(connection, claim, outcome, now)
            if outcome.end_login is not None:
                logins.end_live(connection, claim.conversation, outcome.end_login, now)
            if outcome.login is not None:
                logins.create(connection, claim.conversation, claim.channel, outcome.login, now)
            return rows

        return await self.database.write(operation, durable=durable)

    async def notice(self, conversation: str, inbox_id: int, first: str, again: str) -> OutboxRow | None:
        """Says once that a message takes longer; what was said, or None."""
        now = time.time()
        return await self.database.write(
            lambda connection: outbox.notice(connection, conversation, inbox_id, first=first, again=again, now=now),
            durable=False,
        )

    async def say(
        self, channel: str, external_key: str, *, citizen: str, conversation: str, reference: str, sentence: str
    ) -> tuple[str, OutboxRow]:
        """Writes a line that answers nothing stored; a new conversation gets the id ``conversation``."""
        now = time.time()
        return await self.database.write(
            lambda connection: inbox.say(
                connection,
                {"channel": channel, "external_key": external_key},
                citizen=citizen,
                conversation=conversation,
                reference=reference,
                sentence=sentence,
                now=now,
            ),
            durable=False,
        )

    async def transcript(self, conversation: str, after: int, limit: int = PAGE) -> list[OutboxRow]:
        return await self.database.read(lambda connection: outbox.after(connection, conversation, after, limit))

    async def unanswered(self, conversation: str) -> set[str]:
        return await self.database.read(lambda connection: outbox.unanswered(connection, conversation))

    async def tail(self, after: int) -> dict[str, int]:
        """What was written after ``after``, by whichever node: conversation -> newest id."""
        return await self.database.read(lambda connection: outbox.tail(connection, after))

    async def last_id(self) -> int:
        return await self.database.read(outbox.last_id)

    # citizen sessions

    async def start_session(self, conversation: str, session: NewSession, generation: int | None = None) -> None:
        """``generation``: of the website's only cookie that serves meanwhile."""
        await self.database.write(
            lambda connection: logins.start_session(connection, conversation, session, generation=generation)
        )

    async def session(self, digest: str) -> StoredSession | None:
        return await self.database.read(lambda connection: sessions.get(connection, digest))

    async def access(self, conversation: str) -> Access | None:
        """What may be shown in a conversation now; None: nothing personal."""
        return await self.database.read(lambda connection: sessions.access(connection, conversation))

    async def first_shown(self, digest: str) -> int | None:
        return await self.database.read(lambda connection: sessions.first_shown(connection, digest))

    async def session_of(self, conversation: str) -> str | None:
        """The session that a conversation holds, sealed."""
        return await self.database.read(lambda connection: sessions.sealed_of(connection, conversation))

    async def end_session(self, conversation: str) -> bool:
        now = time.time()
        return await self.database.write(lambda connection: sessions.end(connection, conversation, now))

    async def unlink(self, conversation: str) -> None:
        """Nobody is signed in in a conversation any more, nor about to be."""
        now = time.time()

        def operation(connection: Connection) -> None:
            outbox.lock(connection, conversation)
            sessions.end(connection, conversation, now)
            logins.end_live(connection, conversation, "changed", now)

        await self.database.write(operation)

    async def end_expired_sessions(self) -> list[str]:
        return await self.database.write(lambda connection: sessions.end_expired(connection, clock.read(connection)))

    async def record(
        self,
        event: str,
        *,
        conversation: str | None = None,
        digest: str | None = None,
        subject: str | None = None,
        detail: str | None = None,
    ) -> None:
        """An audit line."""
        now = time.time()
        await self.database.write(
            lambda connection: sessions.record(
                connection, now, event, conversation=conversation, digest=digest, subject=subject, detail=detail
            )
        )

    async def drop_buttons(self, older_than: float) -> None:
        """Forgets buttons that were shown more than ``older_than`` seconds ago."""
        before = time.time() - older_than
        await self.database.write(lambda connection: sessions.drop_buttons(connection, before))

    async def delete_old(self, before: float, limit: int) -> int:
        """Deletes a batch of what is older than ``before``; how many rows."""
        return await self.database.write(
            lambda connection: retention.delete_old(connection, before, limit), durable=False
        )

    def _token(self) -> str:
        self._claims += 1
        return f"{self.node}:{self._claims}"
