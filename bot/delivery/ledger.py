"""What delivery writes down: the operations of bot.store.delivery on a database, one transaction each.

When something is due and how long a claim lasts is by the database's clock, the same for all nodes.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from sqlalchemy import Connection

from bot.delivery.sender import Delivery, DeliveryRow
from bot.identity.sessions import CitizenSessions
from bot.shown import is_personal, shown
from bot.store import Access, Store, clock, sessions
from bot.store import delivery as operations
from bot.store.delivery import Later, Rule, Settled, WaitingDelivery
from bot.store.outbox import outbox_row
from bot.vault import Vault

LEASE_SECONDS = 90.0
"""How long a claim lasts; renewed before each request. More than the longest wait for a turn to send plus a request."""
SWEEP_LIMIT = 1_000


class Ledger:
    """The delivery's memory. Every method may raise StoreUnavailable."""

    def __init__(self, store: Store, vault: Vault, uncertain_seconds: float) -> None:
        self._database = store.database
        self._vault = vault
        self._sessions = CitizenSessions(store, vault)
        self._node = store.node
        self._claims = 0
        self._uncertain_seconds = uncertain_seconds

    def rule(self, on_unknown: str) -> Rule:
        return Rule(on_unknown == "repeat_once", self._uncertain_seconds)

    async def claim(self, conversation: str, rule: Rule) -> tuple[Delivery | Later | None, Settled]:
        """The oldest turn of a conversation that is not delivered yet, if it can be sent now; and what became of what
        a process died in."""
        self._claims += 1
        token = f"{self._node}:d{self._claims}"

        def claim(connection: Connection) -> tuple[operations.Claimed | Later | None, Settled, Access | None]:
            now = clock.read(connection)
            claimed, settled = operations.claim(
                connection, conversation, token, rule=rule, node=self._node, now=now, until=now + LEASE_SECONDS
            )
            return claimed, settled, sessions.access(connection, conversation)

        claimed, settled, access = await self._database.write(claim, durable=False)
        if not isinstance(claimed, operations.Claimed):
            return claimed, settled
        rows = [outbox_row(row) for row in claimed.rows]
        attempt = max(row.attempts for row in claimed.rows)
        personal = [row.id for row in rows if is_personal(row, access)]
        if access is not None and personal and not attempt and not claimed.repeat:
            await self._sessions.shown(conversation, access, "answer_sent", personal)
        delivery = Delivery(
            id=token,
            conversation=conversation,
            channel=claimed.conversation.channel,
            external_key=claimed.conversation.external_key,
            rows=[
                DeliveryRow(row.id, shown(row, self._vault, access), kept.part)
                for row, kept in zip(rows, claimed.rows, strict=True)
            ],
            in_reply_to=claimed.rows[0].in_reply_to,
            attempt=attempt,
            repeat=claimed.repeat,
            last_inbound_at=claimed.conversation.last_inbound_at,
        )
        return delivery, settled

    async def sending(self, delivery: Delivery, ids: Sequence[int]) -> None:
        await self._database.write(
            lambda connection: operations.sending(connection, ids, delivery.id, clock.read(connection) + LEASE_SECONDS),
            durable=False,
        )

    async def sent(
        self, delivery: Delivery, ids: Sequence[int], part: int, external_id: str | None, *, last: bool
    ) -> None:
        await self._database.write(
            lambda connection: operations.sent(
                connection, ids, delivery.id, part=part, external_id=external_id, last=last
            ),
            durable=False,
        )

    async def put_off(
        self, delivery: Delivery, ids: Sequence[int], seconds: float, error: str | None, *, tries: int = 0
    ) -> None:
        await self._database.write(
            lambda connection: operations.put_off(
                connection, ids, delivery.id, clock.read(connection) + seconds, error, tries=tries
            ),
            durable=False,
        )

    async def bury(self, delivery: Delivery, ids: Sequence[int], reason: str) -> None:
        now = time.time()
        await self._database.write(lambda connection: operations.bury(connection, ids, delivery.id, reason, now))

    async def unknown(self, delivery: Delivery, ids: Sequence[int], rule: Rule) -> Settled:
        return await self._database.write(
            lambda connection: operations.unknown(connection, ids, delivery.id, rule, clock.read(connection)),
            durable=False,
        )

    async def unreachable(self, channel: str, external_key: str) -> str | None:
        """They blocked us: what waits for them is dropped. The conversation, if there is one."""
        now = time.time()
        return await self._database.write(
            lambda connection: operations.unreachable(connection, channel, external_key, now)
        )

    async def settle(
        self,
        channel: str,
        status: str,
        *,
        external_id: str | None = None,
        rows: Sequence[int] = (),
        conversation: str | None = None,
        part: int | None = None,
        last: bool = True,
        error: str | None = None,
    ) -> int:
        """What the platform tells of rows: ``sent``, ``delivered``, ``read`` or ``failed``. How many it changed.

        ``part`` and ``last``: of which of their parts, and whether it is the last one.
        """
        return await self._database.write(
            lambda connection: operations.settle(
                connection,
                channel,
                status,
                external_id=external_id,
                ids=rows,
                conversation=conversation,
                part=part,
                last=last,
                error=error,
                now=clock.read(connection),
            )
        )

    async def expire_uncertain(self) -> list[tuple[int, str]]:
        """What the platform did not tell of in time: outbox ids, which are dead letters now, and their channels."""
        return await self._database.write(
            lambda connection: operations.expire_uncertain(connection, clock.read(connection))
        )

    async def waiting(self, channels: Sequence[str]) -> list[WaitingDelivery]:
        return await self._database.read(
            lambda connection: operations.waiting(connection, channels, clock.read(connection), SWEEP_LIMIT)
        )
