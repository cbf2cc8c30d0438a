"""Whether somebody holds a row of the inbox or the outbox."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row


def is_held(row: Row[*tuple[Any, ...]], now: float, node: str | None, implausible: float) -> bool:
    """``node``: whose own claims do not count; None: whoever's. ``now`` is by the database's clock, which may be set
    back: an expiry ``implausible`` seconds away, further than anything that is written, does not count either."""
    if row.token is None or (node is not None and row.token.startswith(node)):
        return False
    return row.claimed_until is not None and now < row.claimed_until < now + implausible
