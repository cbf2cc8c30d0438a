"""The parts of Guichê as the supervisor runs them: their commands, ports, secrets and probes."""

import os
import secrets
import tarfile
import threading
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.cli.channels import SANDBOXES, ChannelSandbox, wanted
from bot.cli.model import MODEL
from bot.cli.paths import PYTHON, RASA_PYTHON, ROOT, child_environment, rasa_environment, state_dir
from bot.cli.ports import free_ports, is_free
from bot.cli.supervisor import HttpProbe, Part, Progress, Supervisor, SupervisorError

LOOPBACK = "127.0.0.1"
DEFAULT_PORT = 8000
DEMO_PROVIDER = "acesso de demonstração"
"""What the button says that signs in: never GOV.BR where it is not."""

PORTAL, IDENTITY, ACTIONS, RASA_SERVER, FRONT_DESK = "portal", "identity", "actions", "rasa", "front_desk"

# What each part may see of our own settings. A secret that a part does not need does not reach it.
_VISIBLE = {
    PORTAL: ("SANDBOX_",),
    IDENTITY: ("SANDBOX_OIDC_", "SANDBOX_CONTROL"),
    ACTIONS: ("PORTAL_", "GUICHE_ACTIONS_", "GUICHE_PRIVATE_", "GUICHE_FRONT_DESK_"),
    RASA_SERVER: ("GUICHE_RASA_", "GUICHE_ACTIONS_", "GUICHE_MODEL_"),
    FRONT_DESK: ("GUICHE_",),
    **{channel.name: channel.sees for channel in SANDBOXES},
}
_HIDDEN = {PORTAL: ("SANDBOX_OIDC_",), FRONT_DESK: ("GUICHE_ACTIONS_", "GUICHE_MODEL_")}
_OURS = ("GUICHE_", "PORTAL_", "SANDBOX_")


class PortTaken(SupervisorError):
    """Somebody else listens where the front desk should."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"{host}:{port} is taken")
        self.host, self.port = host, port


class ModelUnreadable(SupervisorError):
    """There is no model, or its file is no whole archive: Rasa would load another one, or start without any."""

    def __init__(self, model: Path) -> None:
        super().__init__(f"{model} is missing or unreadable")
        self.model = model


class BadPort(SupervisorError):
    """A port setting is not a number from 1 to 65535."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not a port")
        self.name = name


@dataclass(frozen=True)
class SystemSettings:
    """What may differ between two systems on one machine. Everything else follows."""

    state_dir: Path
    port: int
    host: str = LOOPBACK
    model: Path = MODEL
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "SystemSettings":
        """GUICHE_HOST, GUICHE_PORT, GUICHE_STATE_DIR; raises BadPort."""
        return cls(
            state_dir=state_dir(environ),
            port=port_setting(environ, "GUICHE_PORT", DEFAULT_PORT),
            host=environ.get("GUICHE_HOST") or LOOPBACK,
            environ=dict(environ),
        )

    @property
    def local_host(self) -> str:
        """Where this machine reaches the front desk."""
        return {"0.0.0.0": LOOPBACK, "::": "::1"}.get(self.host, self.host)  # noqa: S104  compared with, not bound

    @property
    def url(self) -> str:
        """Address of the front desk for this machine."""
        return (
            f"http://[{self.local_host}]:{self.port}"
            if ":" in self.local_host
            else f"http://{self.local_host}:{self.port}"
        )


def port_setting(environ: Mapping[str, str], name: str, default: int) -> int:
    """A port from the environment, or the default when it is unset; raises BadPort."""
    value = environ.get(name) or str(default)
    if not (value.isascii() and value.isdecimal()) or not 0 < int(value) < 65536:
        raise BadPort(name)
    return int(value)


class System(Supervisor):
    """The whole of Guichê as a Supervisor: portal sandbox (unless a portal is configured), actions, rasa, front_desk.

    The ports and the secrets of the private links are chosen here, once, and stay the same when a part is restarted;
    the secrets travel in the children's environment only.
    """

    def __init__(
        self,
        settings: SystemSettings,
        progress: Progress | None = None,
        stop: threading.Event | None = None,
    ) -> None:
        environ = settings.environ
        self.channels = wanted(environ)
        free = iter(free_ports(4 + len(self.channels)))
        self.settings = settings
        self.ports = {
            PORTAL: port_setting(environ, "SANDBOX_PORT", next(free)),
            ACTIONS: port_setting(environ, "GUICHE_ACTIONS_PORT", next(free)),
            RASA_SERVER: port_setting(environ, "GUICHE_RASA_PORT", next(free)),
            FRONT_DESK: settings.port,
            IDENTITY: port_setting(environ, "SANDBOX_OIDC_PORT", next(free)),
            **{channel.name: port_setting(environ, channel.port_name, next(free)) for channel in self.channels},
        }
        self.secrets = {
            name: environ.get(name) or secrets.token_urlsafe(32)
            for name in ("GUICHE_RASA_SECRET", "GUICHE_ACTIONS_SECRET", "GUICHE_PRIVATE_SECRET")
        }
        self._portal_secret = secrets.token_urlsafe(32)
        self._client_secret = secrets.token_urlsafe(32)
        self.url = settings.url
        self.has_sandbox = not environ.get("PORTAL_URL")
        # Its people are the sandbox portal's: with a real portal they would be nobody.
        self.has_identity = self.has_sandbox and not environ.get("GUICHE_OIDC_ISSUER")
        self.identity_url = f"http://{LOOPBACK}:{self.ports[IDENTITY]}"
        self._channel_links = self._links_of_channels()
        super().__init__(self._plan(), settings.state_dir, progress, stop)

    def start(self) -> None:
        """Start everything; a taken front desk port and a missing or unreadable model are refused before anything
        else (PortTaken, ModelUnreadable)."""
        check_port(self.settings)
        check_model(self.settings)
        super().start()

    def _plan(self) -> list[Part]:
        channels = [self._channel(channel) for channel in self.channels]
        parts = [self._actions(), self._rasa(), *channels, self._front_desk()]
        if self.has_identity:
            parts.insert(0, self._identity())
        return [self._portal(), *parts] if self.has_sandbox else parts

    def _identity(self) -> Part:
        port = self.ports[IDENTITY]
        return Part(
            name=IDENTITY,
            command=(str(PYTHON), "-m", "sandbox.identity"),
            environment=self._environment(IDENTITY),
            ready=HttpProbe(port, "/health"),
            port=port,
            folder=ROOT,
        )

    def _portal(self) -> Part:
        port = self.ports[PORTAL]
        return Part(
            name=PORTAL,
            command=(str(PYTHON), "-m", "sandbox.portal"),
            environment=self._environment(PORTAL),
            ready=HttpProbe(port, "/health"),
            port=port,
            folder=ROOT,
        )

    def _channel(self, channel: ChannelSandbox) -> Part:
        port = self.ports[channel.name]
        return Part(
            name=channel.name,
            command=(str(PYTHON), "-m", f"sandbox.{channel.name}"),
            environment=self._environment(channel.name),
            ready=HttpProbe(port, "/health"),
            port=port,
            folder=ROOT,
        )

    def page(self, channel: ChannelSandbox) -> str:
        """Where a person writes to the stand-in of a channel."""
        return f"http://{LOOPBACK}:{self.ports[channel.name]}"

    def _actions(self) -> Part:
        port = self.ports[ACTIONS]
        return Part(
            name=ACTIONS,
            command=(str(PYTHON), "-m", "actions"),
            environment=self._environment(ACTIONS),
            ready=HttpProbe(port, "/health", self.secrets["GUICHE_ACTIONS_SECRET"]),
            port=port,
            folder=ROOT,
            seconds_to_start=90,
        )

    def _rasa(self) -> Part:
        port = self.ports[RASA_SERVER]
        command = (
            *(str(RASA_PYTHON), "-m", "assistant.serving", "--model", str(self.settings.model)),
            *("--interface", LOOPBACK, "--port", str(port)),
        )
        # Serving, it writes nothing: not even compiled modules beside the sources.
        environment = {**rasa_environment(self._environment(RASA_SERVER)), "PYTHONDONTWRITEBYTECODE": "1"}
        return Part(
            name=RASA_SERVER,
            command=command,
            environment=environment,
            # Its "/" says nothing about the model; this address does, after having parsed a canary.
            ready=HttpProbe(port, "/webhooks/front_desk/ready", self.secrets["GUICHE_RASA_SECRET"], field="ready"),
            port=port,
            folder=ROOT,
            seconds_to_start=180,
        )

    def _front_desk(self) -> Part:
        return Part(
            name=FRONT_DESK,
            command=(str(PYTHON), "-m", "bot"),
            environment=self._environment(FRONT_DESK),
            ready=HttpProbe(self.settings.port, "/ready", host=self.settings.local_host),
            port=self.settings.port,
            folder=ROOT,
        )

    def _environment(self, part: str) -> dict[str, str]:
        """The person's environment without our settings, plus those of them, and of ours, that the part may see."""
        settings = {**self.settings.environ, **self._links()}
        return child_environment({name: value for name, value in settings.items() if _may_see(part, name)})

    def _links(self) -> dict[str, str]:
        links = {
            **self.secrets,
            "GUICHE_HOST": self.settings.host,
            "GUICHE_PORT": str(self.settings.port),
            "GUICHE_STATE_DIR": str(self.settings.state_dir),
            "GUICHE_FRONT_DESK_URL": self.url,
            "GUICHE_RASA_URL": f"http://{LOOPBACK}:{self.ports[RASA_SERVER]}",
            "GUICHE_ACTIONS_PORT": str(self.ports[ACTIONS]),
            "GUICHE_ACTIONS_URL": f"http://{LOOPBACK}:{self.ports[ACTIONS]}/webhook",
        }
        links |= self._channel_links
        links |= self._sandbox_links() if self.has_sandbox else {}
        return links | self._identity_links() if self.has_identity else links

    def _identity_links(self) -> dict[str, str]:
        """The demo's OpenID provider, and the same as its client (the front desk) must know it."""
        client = {"CLIENT_ID": "guiche", "CLIENT_SECRET": self._client_secret}
        site = (self.settings.environ.get("GUICHE_PUBLIC_URL") or self.url).rstrip("/")
        return {
            **{f"SANDBOX_OIDC_{name}": value for name, value in client.items()},
            **{f"GUICHE_OIDC_{name}": value for name, value in client.items()},
            "SANDBOX_OIDC_PORT": str(self.ports[IDENTITY]),
            "SANDBOX_OIDC_REDIRECT_URI": f"{site}/entrar/retorno",
            "GUICHE_OIDC_ISSUER": f"{self.identity_url}/",
            "GUICHE_OIDC_AUTHORIZE_URL": f"{self.identity_url}/authorize",
            "GUICHE_OIDC_TOKEN_URL": f"{self.identity_url}/token",
            "GUICHE_OIDC_JWKS_URL": f"{self.identity_url}/jwk",
            "GUICHE_OIDC_LOGOUT_URL": f"{self.identity_url}/logout",
            "GUICHE_OIDC_STEP_UP_URL": f"{self.identity_url}/confiabilidades",
            "GUICHE_OIDC_COMPANIES_URL": f"{self.identity_url}/empresas/v2/empresas",
            "GUICHE_OIDC_NAME": DEMO_PROVIDER,
        }

    def _links_of_channels(self) -> dict[str, str]:
        """What the stand-ins of channels and the front desk must both know; the person's own settings stay."""
        links: dict[str, str] = {}
        for channel in self.channels:
            address = self.page(channel)
            given = {name: value for name, value in self.settings.environ.items() if value}
            links |= {name: given.get(name, value) for name, value in channel.settings(address, self.url).items()}
            links[channel.port_name] = str(self.ports[channel.name])
        return links

    def _sandbox_links(self) -> dict[str, str]:
        """The sandbox's own settings, and the same as its client (the action server) must know them."""
        sandbox = f"http://{LOOPBACK}:{self.ports[PORTAL]}"
        return {
            "SANDBOX_PORT": str(self.ports[PORTAL]),
            "SANDBOX_CLIENT_ID": "guiche",
            "SANDBOX_CLIENT_SECRET": self._portal_secret,
            "PORTAL_URL": sandbox,
            "PORTAL_TOKEN_URL": f"{sandbox}/ungp-server-oauth/oauth/token",
            "PORTAL_CLIENT_ID": "guiche",
            "PORTAL_CLIENT_SECRET": self._portal_secret,
        }


def _may_see(part: str, name: str) -> bool:
    if not name.startswith(_OURS):
        return True
    return name.startswith(_VISIBLE[part]) and not name.startswith(_HIDDEN.get(part, ()))


def check_model(settings: SystemSettings) -> None:
    """Raise ModelUnreadable unless every byte of the model's archive can be read."""
    try:
        with tarfile.open(settings.model) as model:
            model.getmembers()
    except (OSError, EOFError, tarfile.TarError, zlib.error):
        raise ModelUnreadable(settings.model) from None


def check_port(settings: SystemSettings) -> None:
    """Raise PortTaken when the front desk could not listen."""
    if not is_free(settings.host, settings.port):
        raise PortTaken(settings.host, settings.port)
