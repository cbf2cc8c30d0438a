"""What each part of the real system is told, and what it is not. tests/system runs the real thing."""

from pathlib import Path

import pytest

from bot.cli.serve import ask_command
from bot.cli.system import BadPort, System, SystemSettings

SECRETS = {
    "GUICHE_SECRET_KEY": "cookies",
    "GUICHE_ENCRYPTION_KEY": "vault",
    "GUICHE_DATABASE_URL": "postgresql://user:password@host/db",
    "GUICHE_TELEGRAM_TOKEN": "telegram token of the tests",
}
PORTAL = {
    "PORTAL_URL": "https://portal.example/",
    "PORTAL_TOKEN_URL": "https://portal.example/token",
    "PORTAL_CLIENT_ID": "us",
    "PORTAL_CLIENT_SECRET": "portal secret",
}


def system(tmp_path: Path, **environ: str) -> System:
    return System(SystemSettings.from_environment({"PATH": "/bin", "GUICHE_STATE_DIR": str(tmp_path), **environ}))


def environments(running: System) -> dict[str, dict[str, str]]:
    return {name: dict(part.environment) for name, part in running.parts.items()}


def test_parts_start_in_this_order(tmp_path: Path) -> None:
    assert list(system(tmp_path).parts) == ["portal", "identity", "actions", "rasa", "front_desk"]
    assert list(system(tmp_path, **PORTAL).parts) == ["actions", "rasa", "front_desk"]
    own = system(tmp_path, GUICHE_OIDC_ISSUER="https://sso.example/")
    assert list(own.parts) == ["portal", "actions", "rasa", "front_desk"]
    assert environments(own)["front_desk"]["GUICHE_OIDC_ISSUER"] == "https://sso.example/"


def test_the_demo_s_provider_and_its_client_agree(tmp_path: Path) -> None:
    told = environments(system(tmp_path))

    assert told["identity"]["SANDBOX_OIDC_CLIENT_SECRET"] == told["front_desk"]["GUICHE_OIDC_CLIENT_SECRET"]
    assert told["identity"]["SANDBOX_OIDC_REDIRECT_URI"] == "http://127.0.0.1:8000/entrar/retorno"
    assert told["front_desk"]["GUICHE_OIDC_ISSUER"].endswith(f":{told['identity']['SANDBOX_OIDC_PORT']}/")


def test_a_configured_portal_reaches_the_actions_and_nobody_else(tmp_path: Path) -> None:
    told = environments(system(tmp_path, **PORTAL))

    assert PORTAL.items() <= told["actions"].items()
    assert not [name for part in ("rasa", "front_desk") for name in told[part] if name.startswith("PORTAL_")]


def test_the_sandbox_and_its_client_agree(tmp_path: Path) -> None:
    told = environments(system(tmp_path))

    assert told["portal"]["SANDBOX_CLIENT_SECRET"] == told["actions"]["PORTAL_CLIENT_SECRET"]
    assert told["actions"]["PORTAL_URL"].endswith(f":{told['portal']['SANDBOX_PORT']}")


@pytest.mark.parametrize(
    ("secret", "knowing"),
    [
        ("GUICHE_RASA_SECRET", {"rasa", "front_desk"}),
        ("GUICHE_ACTIONS_SECRET", {"rasa", "actions"}),
        ("GUICHE_PRIVATE_SECRET", {"actions", "front_desk"}),
        ("PORTAL_CLIENT_SECRET", {"actions"}),
        ("SANDBOX_CLIENT_SECRET", {"portal"}),
        ("SANDBOX_OIDC_CLIENT_SECRET", {"identity"}),
        ("GUICHE_OIDC_CLIENT_SECRET", {"front_desk"}),
        *((name, {"front_desk"}) for name in SECRETS),
    ],
)
def test_a_secret_reaches_the_two_ends_of_its_link_only(tmp_path: Path, secret: str, knowing: set[str]) -> None:
    told = environments(system(tmp_path, **SECRETS))

    assert {name for name, environment in told.items() if secret in environment} == knowing
    value = next(environment[secret] for environment in told.values() if secret in environment)
    assert not [name for name, part in system(tmp_path).parts.items() if any(value in word for word in part.command)]


def test_secrets_are_new_at_each_start_unless_they_are_given(tmp_path: Path) -> None:
    first, second = system(tmp_path).secrets, system(tmp_path).secrets

    assert all(first[name] != second[name] and len(first[name]) >= 32 for name in first)
    given = system(tmp_path, GUICHE_RASA_SECRET="given")
    assert environments(given)["rasa"]["GUICHE_RASA_SECRET"] == "given"


def test_no_secret_is_in_what_a_part_or_the_settings_print(tmp_path: Path) -> None:
    running = system(tmp_path, **SECRETS, **PORTAL)
    printed = repr([*running.parts.values(), running.settings])

    assert not [value for value in [*running.secrets.values(), *SECRETS.values(), "portal secret"] if value in printed]


def test_two_systems_have_different_ports_and_the_environment_decides_where_it_speaks(tmp_path: Path) -> None:
    first, second = system(tmp_path), system(tmp_path, GUICHE_PORT="8001", GUICHE_RASA_PORT="31999")

    assert not set(first.ports.values()) & set(second.ports.values())
    assert (second.url, second.ports["rasa"]) == ("http://127.0.0.1:8001", 31999)
    assert environments(second)["front_desk"]["GUICHE_RASA_URL"] == "http://127.0.0.1:31999"


def test_everything_but_the_front_desk_is_told_to_stay_on_loopback(tmp_path: Path) -> None:
    running = system(tmp_path, GUICHE_HOST="0.0.0.0")  # noqa: S104

    command = running.parts["rasa"].command
    assert command[command.index("--interface") + 1] == "127.0.0.1"
    assert "--enable-api" not in command
    assert running.url == "http://127.0.0.1:8000"
    assert environments(running)["actions"]["GUICHE_FRONT_DESK_URL"] == "http://127.0.0.1:8000"


def test_what_to_try_works_as_it_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert ask_command(system(tmp_path).settings) == ".venv/bin/guiche"
    assert ask_command(system(tmp_path, GUICHE_PORT="8001").settings) == "GUICHE_PORT=8001 .venv/bin/guiche"


def test_telemetry_is_off_in_every_part(tmp_path: Path) -> None:
    told = environments(system(tmp_path, RASA_TELEMETRY_ENABLED="true"))

    assert {environment["RASA_TELEMETRY_ENABLED"] for environment in told.values()} == {"false"}


@pytest.mark.parametrize("name", ["GUICHE_PORT", "GUICHE_RASA_PORT", "GUICHE_ACTIONS_PORT", "SANDBOX_PORT"])
def test_a_port_that_is_none_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadPort) as refused:
        system(tmp_path, **{name: "http"})

    assert refused.value.name == name


def test_the_stand_ins_of_channels_start_on_demand_and_agree_with_the_front_desk(tmp_path: Path) -> None:
    running = system(tmp_path, GUICHE_SANDBOX_CHANNELS="1")
    told = environments(running)

    assert list(running.parts)[-4:] == ["rasa", "telegram", "whatsapp", "front_desk"]
    for channel in running.channels:
        mine = {name: value for name, value in told[channel.name].items() if name.startswith("GUICHE_")}
        assert mine
        assert mine.items() <= told["front_desk"].items()
        assert running.page(channel) in told["front_desk"].values()
    assert not [name for name in told["telegram"] if name.startswith(("GUICHE_WHATSAPP_", "GUICHE_RASA_", "PORTAL_"))]
    assert not [name for name in told["rasa"] if name.startswith(("GUICHE_TELEGRAM_", "GUICHE_WHATSAPP_"))]


def test_a_token_of_the_persons_own_serves_for_the_stand_in_too(tmp_path: Path) -> None:
    told = environments(system(tmp_path, GUICHE_SANDBOX_CHANNELS="1", GUICHE_TELEGRAM_TOKEN="123456:mine"))

    assert told["telegram"]["GUICHE_TELEGRAM_TOKEN"] == told["front_desk"]["GUICHE_TELEGRAM_TOKEN"] == "123456:mine"
