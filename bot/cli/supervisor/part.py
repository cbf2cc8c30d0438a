"""What the supervisor must know of one process: how to start it and how to tell that it is ready."""

import http.client
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

Probe = Callable[[], str | None]
"""None when the part is ready, otherwise why it is not, in a few words for a log."""


@dataclass(frozen=True)
class HttpProbe:
    """Ready when a GET on loopback answers 200 and, if `field` is given, the JSON body has it true."""

    port: int
    path: str
    secret: str | None = field(default=None, repr=False)
    field: str | None = None
    host: str = "127.0.0.1"
    timeout: float = 3.0

    def __call__(self) -> str | None:
        """Ask once. http.client and not httpx: no proxy of the environment may come between."""
        headers = {"Authorization": f"Bearer {self.secret}"} if self.secret else {}
        connection = http.client.HTTPConnection(self.host, self.port, timeout=self.timeout)
        try:
            connection.request("GET", self.path, headers=headers)
            response = connection.getresponse()
            body = response.read(65536)
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__
        finally:
            connection.close()
        if response.status != http.client.OK:
            return f"HTTP {response.status}"
        return None if self.field is None or self._says_yes(body) else f"{self.field} is not true"

    def _says_yes(self, body: bytes) -> bool:
        try:
            answer = json.loads(body)
        except ValueError:
            return False
        return isinstance(answer, dict) and answer.get(self.field) is True


@dataclass(frozen=True)
class Part:
    """One process: its whole environment is given, nothing is inherited behind its back."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)  # it holds secrets
    ready: Probe
    port: int
    folder: Path
    seconds_to_start: float = 60.0
