"""The clock that all who share a database go by: its own. Nodes' clocks may be hours apart, and whether somebody else's
claim is still in force must not depend on whose clock is asked.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Double, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class clock(FunctionElement[float]):  # it is written as SQL's functions are
    """Seconds of the epoch, now and not when the transaction began."""

    inherit_cache = True
    type = Double()


@compiles(clock, "postgresql")
def _postgresql(_element: clock, _compiler: Any, **_: Any) -> str:
    return "extract(epoch FROM clock_timestamp())::double precision"


@compiles(clock, "sqlite")
def _sqlite(_element: clock, _compiler: Any, **_: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


_read = select(clock())


def read(connection: Connection) -> float:
    """The database's time, for what is reckoned outside of a statement."""
    return float(connection.execute(_read).scalar_one())
