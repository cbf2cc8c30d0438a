"""Where a request comes from: this machine, or somewhere else."""

from __future__ import annotations

import ipaddress

from starlette.requests import HTTPConnection

# What a proxy adds for those it lets in: with one of these the caller is not a process of this machine.
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")

type Networks = tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]

LOOPBACK: Networks = (ipaddress.IPv4Network("127.0.0.0/8"), ipaddress.IPv6Network("::1/128"))


def parse_networks(text: str) -> Networks:
    """Networks like ``10.1.0.0/16``, separated by spaces or commas; raises ValueError."""
    return tuple(ipaddress.ip_network(word) for word in text.replace(",", " ").split())


def from_this_machine(request: HTTPConnection) -> bool:
    """Whether a process of this machine asks, with no proxy between."""
    return from_networks(request, LOOPBACK)


def from_networks(request: HTTPConnection, networks: Networks) -> bool:
    """Whether the caller is on one of ``networks``, with no proxy between."""
    address = _address(request)
    return address is not None and any(address in network for network in networks)


def _address(request: HTTPConnection) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    if request.client is None or any(name in request.headers for name in _FORWARDED):
        return None
    try:
        return ipaddress.ip_address(request.client.host)
    except ValueError:  # a name or a socket's path is no address
        return None
