"""What the front desk is told from outside: environment variables, and secrets made once and kept in a file."""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
import stat
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.callers import parse_networks

MODE_PRIVATE = 0o600
MIN_SECRET_KEY = 32
_ORIGIN = re.compile(r"https://[a-z0-9.-]+(:\d{1,5})?|http://(localhost|127\.0\.0\.1)(:\d{1,5})?")


class SettingsError(Exception):
    """A setting is missing or wrong; the message names the variable and never its value."""


class Settings(BaseSettings):
    """The front desk's settings; each field is the environment variable ``GUICHE_<FIELD>``."""

    model_config = SettingsConfigDict(env_prefix="GUICHE_", frozen=True, extra="ignore", env_ignore_empty=True)

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    state_dir: Path = Path(".guiche")
    data_dir: Path = Path("data")
    database_url: str | None = None
    """``sqlite:///path`` or ``postgresql://...``; default: guiche.db in the state dir."""

    rasa_url: str = "http://127.0.0.1:5005"
    """One Rasa server, or several with spaces between: they are asked in turn, and instead of one another."""
    rasa_secret: SecretStr
    private_secret: SecretStr | None = None
    """Bearer of the private API; without it nobody can call the private API."""
    private_networks: str = "127.0.0.0/8 ::1/128"
    """From where the private API may be called, e.g. the containers' network of the action servers."""
    metrics_token: SecretStr | None = None
    """Bearer of ``/metrics`` for callers on other machines; without it only this machine reads them."""
    secret_key: SecretStr | None = None
    encryption_key: SecretStr | None = None

    workers: Annotated[int, Field(ge=1, le=256)] = 16
    """How many conversations are answered at once."""
    max_tries: Annotated[int, Field(ge=1, le=100)] = 4
    """Tries that count (Rasa refused or broke) before a message becomes a dead letter."""
    max_wait_seconds: Annotated[float, Field(gt=0)] = 7_200.0
    """How long a message waits for an assistant that is away before it becomes a dead letter, with an apology."""
    notice_after: Annotated[float, Field(gt=0, le=8)] = 4.0
    """Seconds without an answer after which the citizen is told that it takes longer. WhatsApp has its own, for each
    message is billed there."""
    claim_seconds: Annotated[float, Field(gt=0, le=300)] = 20.0
    """A claim older than this is taken again. More than one turn (7 s) plus the commit."""
    sweep_seconds: Annotated[float, Field(gt=0)] = 2.0
    """How often the database is asked for what no event in this process told of: other nodes' messages and replies."""
    session_rate: str = "10/second;90/minute"
    """Messages of one citizen's session."""
    global_rate: str = "300/second"
    """Messages of all citizens together."""
    session_days: Annotated[int, Field(ge=1, le=400)] = 180
    """How long a browser keeps its conversation."""
    widget_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Sites whose pages may embed the widget, with commas between: ``https://www.cidade.sp.gov.br``."""
    widget_hours: Annotated[int, Field(ge=1, le=720)] = 24
    """How long a page of another site keeps its conversation after it was last used."""
    retention_days: Annotated[int, Field(ge=1)] = 180
    """How long transcripts, received messages, dead letters and idle conversations are kept."""
    button_days: Annotated[int, Field(ge=1)] = 30
    """How long a button that was shown can be pressed."""

    @field_validator("private_networks")
    @classmethod
    def _are_networks(cls, value: str) -> str:
        parse_networks(value)
        return value

    public_url: str | None = None
    """``https://...`` where citizens and their platforms reach this front desk; without it Telegram is polled."""
    delivery_workers: Annotated[int, Field(ge=1, le=256)] = 32
    """To how many conversations is sent at once, where a channel sends."""
    delivery_tries: Annotated[int, Field(ge=1, le=100)] = 12
    """Failed sends (no connection, 5xx) before a message becomes a dead letter; the pauses grow to 5 minutes."""
    uncertain_seconds: Annotated[float, Field(gt=0, le=86_400)] = 900.0
    """How long WhatsApp may take to tell of a send whose outcome is unknown, before it is a dead letter."""
    telegram_token: SecretStr | None = None
    """The bot's token; without it there is no Telegram channel."""
    telegram_secret: SecretStr | None = None
    """What Telegram's webhook calls carry; ``guiche telegram set-webhook`` tells Telegram."""
    telegram_api_url: str = "https://api.telegram.org"
    whatsapp_phone_number_id: str | None = None
    """The business number's id at Meta; with the three secrets below it makes the WhatsApp channel."""
    whatsapp_token: SecretStr | None = None
    whatsapp_app_secret: SecretStr | None = None
    """Signs what Meta posts."""
    whatsapp_verify_token: SecretStr | None = None
    """Any secret; the same is typed at Meta when the webhook is set up."""
    whatsapp_api_url: str = "https://graph.facebook.com"
    """Meta, "Cloud API": "Base URL". Or the solution provider's; one that ends in ``/messages`` is used as it is."""
    whatsapp_api_version: str = "v26.0"
    """Meta, Graph API changelog: current since 29 July 2026."""
    whatsapp_auth_header: str = "Authorization"
    """``Authorization`` carries ``Bearer <token>``, any other header (``D360-API-KEY``) the token alone."""
    whatsapp_messages_per_second: Annotated[int, Field(ge=1, le=1_000)] = 80
    """What Meta allows the number: 80, 20 where the WhatsApp Business app is used beside it, 1,000 after an upgrade."""
    whatsapp_probe_seconds: Annotated[float, Field(gt=0)] = 60.0
    """How often a token that Meta refused is tried again."""

    signed_in_minutes: Annotated[int, Field(ge=1, le=480)] = 30
    """How long a citizen who signed in stays so without writing anything."""
    login_link_minutes: Annotated[int, Field(ge=1, le=60)] = 10
    """How long a link for signing in can be opened, and then how long signing in may take."""
    login_code_minutes: Annotated[int, Field(ge=1, le=15)] = 5
    login_attempts_per_hour: Annotated[int, Field(ge=1, le=100)] = 5
    """Links for signing in that one conversation, or one citizen over several, gets in an hour."""
    oidc_issuer: str | None = None
    """With client id, secret and addresses: citizens can sign in (docs/seguranca.md). Unset: nobody can."""
    oidc_authorize_url: str | None = None
    oidc_token_url: str | None = None
    oidc_jwks_url: str | None = None
    oidc_logout_url: str | None = None
    """Ends the provider's own session in the browser; offered when somebody leaves."""
    oidc_step_up_url: str | None = None
    """Where a citizen raises the trust level of the account; client id, level and return address are added."""
    oidc_companies_url: str | None = None
    """gov.br's ``…/empresas/v2/empresas``: which companies a citizen represents. Unset: nobody is asked."""
    oidc_max_age: Annotated[int, Field(ge=0)] | None = None
    """Seconds after which the provider asks for the password again though its own session lasts; 0: always."""
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    oidc_scope: str = "openid profile govbr_confiabilidades_idtoken"
    oidc_name: str = "GOV.BR"
    """How the provider is called on the button: "Entrar com GOV.BR"."""
    minimum_level: Literal["bronze", "prata", "ouro"] = "prata"
    """The trust level that an account needs. A provider without levels counts as bronze."""

    @field_validator("widget_origins", mode="before")
    @classmethod
    def _origins(cls, value: object) -> object:
        """Each as browsers write it: lower case, no path. Plain http is for this machine only."""
        if not isinstance(value, str):
            return value
        origins = tuple(part.lower().rstrip("/") for part in value.replace(",", " ").split())
        if not all(_ORIGIN.fullmatch(origin) for origin in origins):
            raise ValueError("origins like https://www.cidade.sp.gov.br, with commas between")
        return origins

    @property
    def site(self) -> str:
        """The front desk's address for a citizen's browser, without a slash at the end."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104  compared with, not bound
        return (self.public_url or f"http://{f'[{host}]' if ':' in host else host}:{self.port}").rstrip("/")

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.state_dir / 'guiche.db'}"


def load_settings() -> Settings:
    """Settings from the environment; raises SettingsError that names every wrong or missing variable."""
    try:
        return Settings()  # type: ignore[call-arg]  # the fields come from the environment
    except ValidationError as error:
        wrong = "; ".join(
            f"GUICHE_{'_'.join(str(part) for part in item['loc']).upper()}: {item['msg']}" for item in error.errors()
        )
        raise SettingsError(wrong) from None


def check_public(settings: Settings) -> None:
    """Refuses to be reached from elsewhere, or to hold the data of real citizens, without an address that is known and
    keys that were given: those that were made here would go with the disk. Raises SettingsError.
    """
    _check_key(settings.secret_key)
    why = _exposed_by(settings)
    if settings.public_url is None:
        if why is not None:
            raise SettingsError(f"GUICHE_PUBLIC_URL has to be set when {why}")
        return
    parts = urlsplit(settings.public_url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise SettingsError("GUICHE_PUBLIC_URL: an address such as https://guiche.example is expected, without a path")
    if not is_loopback(parts.hostname):
        why = "GUICHE_PUBLIC_URL is a public address"
        if parts.scheme != "https":
            raise SettingsError("GUICHE_PUBLIC_URL: a public address has to be https")
    if why is None:
        return
    for name in ("encryption_key", "secret_key"):
        secret: SecretStr | None = getattr(settings, name)
        if secret is None or not secret.get_secret_value():
            raise SettingsError(f"GUICHE_{name.upper()} has to be set when {why}")


def _exposed_by(settings: Settings) -> str | None:
    """Which setting makes this more than a try on one machine, beside the public address itself."""
    if not is_loopback(settings.host):
        return "GUICHE_HOST lets other machines in"
    if settings.oidc_issuer is not None and not is_loopback(urlsplit(settings.oidc_issuer).hostname or ""):
        return "GUICHE_OIDC_ISSUER is a real provider"
    return None


def _check_key(key: SecretStr | None) -> None:
    if key is not None and 0 < len(key.get_secret_value()) < MIN_SECRET_KEY:
        raise SettingsError(f"GUICHE_SECRET_KEY is too short: at least {MIN_SECRET_KEY} characters are expected")


def is_loopback(host: str) -> bool:
    """Whether a browser's connection to ``host`` cannot leave its machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def signing_key(settings: Settings) -> str:
    """The key that signs cookies: from the environment, else made once and kept in the state dir."""
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value()
    return _kept_secret(settings.state_dir / "secret.key", secrets.token_urlsafe(48))


def encryption_key(settings: Settings) -> str:
    """The Fernet key of personal data at rest: from the environment, else made once and kept in the state dir."""
    if settings.encryption_key is not None:
        return settings.encryption_key.get_secret_value()
    return _kept_secret(settings.state_dir / "encryption.key", Fernet.generate_key().decode())


def _kept_secret(path: Path, fresh: str) -> str:
    """The secret in ``path``; ``fresh`` becomes it when there is none. Two processes starting at once agree on one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, MODE_PRIVATE), "w", encoding="ascii") as file:
            file.write(fresh)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # the other process was first: its secret is the secret
        finally:
            draft.unlink()
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise SettingsError(f"{path} can be read by others: chmod 600 it, or delete it to have a new one made")
    value = path.read_text(encoding="ascii").strip()
    if not value:
        raise SettingsError(f"{path} is empty: delete it to have a new one made")
    return value
