"""Settings of the client: where the backend is, who we are, and how long we wait."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from portal._exceptions import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

# A citizen waits 8 s at most, Rasa cancels a turn after 7, an action has 6: the portal gets the largest share of those.
DEFAULT_DEADLINE = 4.5
# One attempt may wait 1.8 s for a byte, so that a second one still fits in the deadline.
TIMEOUT = httpx.Timeout(connect=1.0, read=1.8, write=1.0, pool=0.5)
LIMITS = httpx.Limits(max_connections=20, max_keepalive_connections=10, keepalive_expiry=30.0)
# The largest honest answer (200 processes of a company) is some 300 kB.
MAX_ANSWER_BYTES = 2_000_000


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How safe reads are repeated. `base` doubles with each attempt, and a random half of it is added."""

    attempts: int = 3
    base: float = 0.1


@dataclass(frozen=True, slots=True)
class CircuitPolicy:
    """After `failures` failed attempts in a row nothing is sent for `open_for` seconds; then one probe is."""

    failures: int = 5
    open_for: float = 10.0


@dataclass(frozen=True, slots=True)
class PortalSettings:
    """What the client needs to know. The secret is kept out of the `repr`.

    Credentials may only travel over https, or over plain http to this very machine.
    """

    url: str
    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    deadline: float = DEFAULT_DEADLINE
    timeout: httpx.Timeout = field(default_factory=lambda: TIMEOUT)
    limits: httpx.Limits = field(default_factory=lambda: LIMITS)
    retry: RetryPolicy = RetryPolicy()
    circuit: CircuitPolicy = CircuitPolicy()

    def __post_init__(self) -> None:
        for name, value in (("PORTAL_URL", self.url), ("PORTAL_TOKEN_URL", self.token_url)):
            _check_url(name, value)
        for name, value in (("PORTAL_CLIENT_ID", self.client_id), ("PORTAL_CLIENT_SECRET", self.client_secret)):
            if not value:
                raise ConfigurationError(f"{name} is not set")

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> PortalSettings:
        """Read PORTAL_URL, PORTAL_TOKEN_URL, PORTAL_CLIENT_ID and PORTAL_CLIENT_SECRET.

        Raises ConfigurationError, which names the variable and never shows its value.
        """
        return cls(
            url=env.get("PORTAL_URL", "").rstrip("/"),
            token_url=env.get("PORTAL_TOKEN_URL", ""),
            client_id=env.get("PORTAL_CLIENT_ID", ""),
            client_secret=env.get("PORTAL_CLIENT_SECRET", ""),
        )


def _check_url(name: str, value: str) -> None:
    if not value:
        raise ConfigurationError(f"{name} is not set")
    try:
        parts = urlsplit(value)
        host = parts.hostname
        _ = parts.port  # raises when it is no port
    except ValueError:
        host = None
    if host is None or parts.scheme not in ("http", "https") or parts.username or parts.query or parts.fragment:
        raise ConfigurationError(f"{name} must be an http(s) address without user, query or fragment")
    if parts.scheme == "http" and not _is_this_machine(host):
        raise ConfigurationError(f"{name} must be https: the credentials would cross the network in clear")


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
