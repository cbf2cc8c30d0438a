"""The stand-ins for the platforms of channels (GUICHE_SANDBOX_CHANNELS=1): what they and the front desk are told."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

SETTING = "GUICHE_SANDBOX_CHANNELS"

type Settings = dict[str, str]


@dataclass(frozen=True)
class ChannelSandbox:
    """One stand-in: a package of sandbox/ that serves on a port and answers /health."""

    name: str
    """Of the package, and of the part."""
    sees: tuple[str, ...]
    """Beginnings of the settings that it is told."""
    settings: Callable[[str, str], Settings]
    """From its own address and the front desk's: settings of both. What the environment sets already stays."""

    @property
    def port_name(self) -> str:
        return f"SANDBOX_{self.name.upper()}_PORT"


def _telegram(own: str, _front_desk: str) -> Settings:
    # No public address: the front desk polls, as somebody's would who tries a bot at home.
    return {"GUICHE_TELEGRAM_TOKEN": f"123456:{secrets.token_urlsafe(24)}", "GUICHE_TELEGRAM_API_URL": own}


def _whatsapp(own: str, front_desk: str) -> Settings:
    return {
        "GUICHE_WHATSAPP_TOKEN": secrets.token_urlsafe(24),
        "GUICHE_WHATSAPP_APP_SECRET": secrets.token_urlsafe(24),
        "GUICHE_WHATSAPP_VERIFY_TOKEN": secrets.token_urlsafe(24),
        "GUICHE_WHATSAPP_PHONE_NUMBER_ID": "106540352242922",
        "GUICHE_WHATSAPP_API_URL": own,
        "SANDBOX_WHATSAPP_WEBHOOK": f"{front_desk}/whatsapp/webhook",
    }


SANDBOXES = (
    ChannelSandbox("telegram", ("GUICHE_TELEGRAM_", "SANDBOX_TELEGRAM_"), _telegram),
    ChannelSandbox("whatsapp", ("GUICHE_WHATSAPP_", "SANDBOX_WHATSAPP_"), _whatsapp),
)


def wanted(environ: Mapping[str, str]) -> tuple[ChannelSandbox, ...]:
    """Those that run: all or none."""
    return SANDBOXES if environ.get(SETTING) == "1" else ()
