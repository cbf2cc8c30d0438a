"""Settings of the action server, from the environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from portal import ConfigurationError, PortalSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_HOST = "127.0.0.1"  # in a container of its own: 0.0.0.0, on a network that nobody else is on
DEFAULT_PORT = 5055
CITY_FILE = Path("data/city.yml")  # from the project's folder, as Rasa's own files


@dataclass(frozen=True, slots=True)
class Settings:
    """What the server needs to know. Secrets are kept out of the `repr`."""

    secret: str = field(repr=False)
    front_desk_urls: tuple[str, ...]
    private_secret: str = field(repr=False)
    portal: PortalSettings
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    city_file: Path = CITY_FILE

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Read GUICHE_ACTIONS_HOST, _PORT and _SECRET, GUICHE_FRONT_DESK_URL (one address, or several with spaces
        between), GUICHE_PRIVATE_SECRET and PORTAL_*.

        Raises ConfigurationError, which names the variable and never shows its value.
        """
        port = env.get("GUICHE_ACTIONS_PORT") or str(DEFAULT_PORT)
        if not port.isdecimal() or not 0 < int(port) < 65536:
            raise ConfigurationError("GUICHE_ACTIONS_PORT is not a port")
        given = _required(env, "GUICHE_FRONT_DESK_URL").replace(",", " ").split()
        if not given or not all(url.startswith(("http://", "https://")) for url in given):
            raise ConfigurationError("GUICHE_FRONT_DESK_URL: every address must start with http:// or https://")
        return cls(
            secret=_required(env, "GUICHE_ACTIONS_SECRET"),
            front_desk_urls=tuple(url.rstrip("/") for url in given),
            private_secret=_required(env, "GUICHE_PRIVATE_SECRET"),
            portal=PortalSettings.from_env(env),
            host=env.get("GUICHE_ACTIONS_HOST") or DEFAULT_HOST,
            port=int(port),
        )


def _required(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "").strip()
    if not value:
        raise ConfigurationError(f"{name} is not set")
    return value
