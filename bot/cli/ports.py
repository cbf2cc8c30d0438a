"""Ports on loopback."""

import contextlib
import random
import socket

# Below the range from which the kernel picks for outgoing connections, so that none of those takes a port in the
# moment between choosing it here and the child's listening on it.
_LOWEST, _HIGHEST = 20_000, 32_000


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what servers do: TIME_WAIT is not "taken"
        try:
            candidate.bind((host, port))
            candidate.listen(1)
        except OSError:
            return False
    return True


def free_ports(count: int) -> list[int]:
    """So many different free loopback ports. They are held together while choosing, so none comes twice."""
    ports: list[int] = []
    with contextlib.ExitStack() as held:
        while len(ports) < count:
            port = random.randint(_LOWEST, _HIGHEST)  # noqa: S311  nothing secret about it
            candidate = held.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                candidate.bind(("127.0.0.1", port))
                ports.append(port)
    return ports
