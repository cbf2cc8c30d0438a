"""What is asked of every connection to PostgreSQL: a machine that is gone says nothing, and must not be waited for."""

from typing import Any

DEAD_LINE: dict[str, Any] = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""After so much silence (s, s, times, ms) the connection counts as broken. libpq's own names."""
