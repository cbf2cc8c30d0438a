"""Settings: what is missing is named, what is unsafe is refused, and no secret shows itself."""

from __future__ import annotations

import pytest

from portal import ConfigurationError, PortalSettings

GOOD = {
    "PORTAL_URL": "https://portal.example/",
    "PORTAL_TOKEN_URL": "https://login.example/oauth/token",
    "PORTAL_CLIENT_ID": "guiche",
    "PORTAL_CLIENT_SECRET": "s3cret",
}


def test_settings_come_from_the_environment() -> None:
    settings = PortalSettings.from_env(GOOD)

    assert settings.url == "https://portal.example"
    assert settings.deadline == 4.5
    assert "s3cret" not in repr(settings)


@pytest.mark.parametrize("name", sorted(GOOD))
def test_what_is_missing_is_named(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{name} is not set"):
        PortalSettings.from_env({key: value for key, value in GOOD.items() if key != name})


@pytest.mark.parametrize(
    "url",
    [
        "http://portal.example",
        "http://10.0.0.5:8080",
        "http://127.0.0.1.evil.example",
        "ftp://portal.example",
        "portal.example",
        "https://user:pass@portal.example",
        "https://portal.example/?token=1",
        "https://portal.example:port",
        "http://[::1",
    ],
)
def test_an_address_that_would_leak_the_credentials_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="PORTAL_URL") as caught:
        PortalSettings.from_env(GOOD | {"PORTAL_URL": url})
    assert "pass" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://localhost:9", "http://[::1]:9"])
def test_plain_http_is_fine_on_this_machine(url: str) -> None:
    assert PortalSettings.from_env(GOOD | {"PORTAL_URL": url}).url == url
