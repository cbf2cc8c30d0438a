"""`guiche telegram` against the stand-in."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from typer.testing import CliRunner

from bot.channels.telegram import limits
from bot.cli.app import app
from sandbox.portal.serving import running
from sandbox.telegram.app import BotApi

TOKEN = "123456:secret-part-of-the-token"
PUBLIC = "https://guiche.example:8443/"


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[BotApi]:
    fake = BotApi(TOKEN)
    with running(fake.app) as url:
        monkeypatch.setenv("GUICHE_TELEGRAM_TOKEN", TOKEN)
        monkeypatch.setenv("GUICHE_TELEGRAM_SECRET", "s3cret_-")
        monkeypatch.setenv("GUICHE_TELEGRAM_API_URL", url)
        monkeypatch.setenv("GUICHE_PUBLIC_URL", PUBLIC)
        yield fake


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["telegram", *words])
    return result.exit_code, result.output


def test_set_webhook_tells_address_secret_and_what_is_handled(api: BotApi) -> None:
    assert run("set-webhook") == (
        0,
        "O Telegram entrega as mensagens em https://guiche.example:8443/telegram/webhook\n",
    )
    assert api.delivery.webhook is not None
    assert api.delivery.webhook["secret_token"] == "s3cret_-"
    assert api.delivery.webhook["max_connections"] == limits.WEBHOOK_CONNECTIONS
    assert 1 <= limits.WEBHOOK_CONNECTIONS <= 100
    assert set(api.delivery.webhook["allowed_updates"]) == {
        "message",
        "edited_message",
        "callback_query",
        "my_chat_member",
    }


def test_delete_webhook_keeps_what_waits(api: BotApi) -> None:
    run("set-webhook")
    api.world.updates.append({"update_id": 1})
    code, _ = run("delete-webhook")
    assert (code, api.delivery.webhook, len(api.world.updates)) == (0, None, 1)


def test_info_shows_the_bot_the_address_and_the_last_error(api: BotApi) -> None:
    code, output = run("info")
    assert code == 0
    assert "@guiche_bot (https://t.me/guiche_bot)" in output
    assert "make serve" in output
    run("set-webhook")
    assert api.delivery.webhook is not None
    api.delivery.webhook |= {
        "last_error_message": "Wrong response from the webhook: 503",
        "last_error_date": 1_790_000_000,
    }
    _, output = run("info")
    assert "guiche.example" in output
    assert "503" in output


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GUICHE_PUBLIC_URL", ""),
        ("GUICHE_PUBLIC_URL", "http://guiche.example"),
        ("GUICHE_PUBLIC_URL", "https://guiche.example:8000"),
        ("GUICHE_TELEGRAM_SECRET", ""),
        ("GUICHE_TELEGRAM_SECRET", "não pode"),
        ("GUICHE_TELEGRAM_SECRET", "x" * 257),
        ("GUICHE_TELEGRAM_TOKEN", ""),
    ],
)
def test_a_wrong_setting_is_named_and_nothing_is_told(
    api: BotApi, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    code, output = run("set-webhook")
    assert code == 1
    assert name in output
    assert api.requests == []


@pytest.mark.parametrize("secret", ["x", "A-z_9" * 51 + "x"], ids=["1 character", "256 characters"])
def test_a_secret_of_any_length_that_telegram_takes(api: BotApi, monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    monkeypatch.setenv("GUICHE_TELEGRAM_SECRET", secret)
    assert run("set-webhook")[0] == 0
    assert api.delivery.webhook is not None
    assert api.delivery.webhook["secret_token"] == secret


@pytest.mark.parametrize("connections", [-1, 101])
def test_the_stand_in_refuses_other_numbers_of_connections(api: BotApi, connections: int) -> None:
    asked = {"url": "https://guiche.example/hook", "max_connections": connections}
    with running(api.app) as address:
        assert httpx.post(f"{address}/bot{TOKEN}/setWebhook", json=asked, trust_env=False).status_code == 400


def test_a_wrong_token_is_said_without_its_words(api: BotApi) -> None:
    api.token_valid = False
    code, output = run("info")
    assert code == 1
    assert "GUICHE_TELEGRAM_TOKEN" in output
    assert "secret-part" not in output


def test_nobody_there_is_said(api: BotApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUICHE_TELEGRAM_API_URL", "http://127.0.0.1:9")
    code, output = run("info")
    assert code == 1
    assert "secret-part" not in output


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("http://guiche.example/hook", 400),
        ("https://guiche.example:8000/hook", 400),
        ("https://guiche.example/hook", 200),
        ("https://guiche.example:88/hook", 200),
    ],
)
def test_the_stand_in_takes_webhooks_as_telegram_does(api: BotApi, url: str, status: int) -> None:
    with running(api.app) as address:
        answer = httpx.post(f"{address}/bot{TOKEN}/setWebhook", json={"url": url}, trust_env=False)
    assert answer.status_code == status
