"""How long things last: a session without a message, a link, a code. Against the real store, with the clock moved."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest
import yaml
from pydantic import SecretStr
from sqlalchemy import text

from bot.app import create_app
from bot.choices import normalise
from bot.desk import FrontDesk
from bot.messages import LoginOffer
from bot.settings import SettingsError
from bot.store import StoreUnavailable, logins, sessions
from bot.vault import digest
from tests.bot.conftest import ROOT, MakeSettings, OpenDesk
from tests.bot.support.browser import Browser

OIDC = {  # on this machine, where nobody answers
    "oidc_issuer": "http://127.0.0.1:9/",
    "oidc_authorize_url": "http://127.0.0.1:9/authorize",
    "oidc_token_url": "http://127.0.0.1:9/token",
    "oidc_jwks_url": "http://127.0.0.1:9/jwk",
    "oidc_client_id": "guiche",
    "oidc_client_secret": SecretStr("x"),
}
LOCAL = {"public_url": "http://127.0.0.1:8000"}
CPF, NAME = "11144477735", "Maria Aparecida de Souza"


async def left(desk: FrontDesk) -> float:
    """Until when the only session lasts."""
    return float(
        await desk.store.database.read(
            lambda connection: connection.execute(text("SELECT expires_at FROM citizen_sessions")).scalar_one()
        )
    )


async def test_each_answer_moves_the_end_of_a_session_on(open_desk: OpenDesk) -> None:
    async with open_desk() as (url, desk), Browser(url) as browser:
        await browser.ask("oi")
        await desk.sessions.create(browser.conversation, CPF, NAME, ttl=1800)
        before = await left(desk)
        await browser.ask("bom dia")
        assert await left(desk) > before


async def test_a_session_in_use_ends_after_a_working_day(open_desk: OpenDesk) -> None:
    async with open_desk() as (url, desk), Browser(url) as browser:
        await browser.ask("oi")
        await desk.sessions.create(browser.conversation, CPF, NAME, ttl=1800)
        began = "UPDATE citizen_sessions SET created_at = created_at - :seconds"
        await desk.store.database.write(
            lambda connection: connection.execute(text(began), {"seconds": sessions.LONGEST - 60})
        )
        before = await left(desk)
        await browser.ask("bom dia")
        assert await left(desk) < before - 1000


async def test_an_attempt_that_runs_out_forgets_everything_and_says_so_where_somebody_had_begun(
    open_desk: OpenDesk, make_settings: MakeSettings
) -> None:
    async with open_desk(**OIDC) as (url, desk), Browser(url) as browser:
        await browser.ask("oi")
        assert desk.logins is not None
        for token, begun in (("a" * 43, False), ("b" * 43, True)):
            await offer(desk, browser.conversation, token)
            if begun:
                assert await desk.logins.begin(token, "asker") is not None
            past = "UPDATE login_attempts SET expires_at = 1 WHERE status IN ('offered', 'begun')"
            await desk.store.database.write(lambda connection, past=past: connection.execute(text(past)))
            assert await desk.logins.begin(token, "another") is None
            await desk.logins.tidy()
        said = [row.body for row in await desk.store.transcript(browser.conversation, 0) if row.in_reply_to is None]
        assert len(said) == 1
        assert "O tempo para entrar acabou" in said[0]
        kept = "SELECT count(*) FROM login_attempts WHERE question IS NOT NULL OR flow IS NOT NULL"
        assert await desk.store.database.read(lambda connection: connection.execute(text(kept)).scalar_one()) == 0


async def offer(desk: FrontDesk, conversation: str, token: str) -> None:
    record = LoginOffer(digest(token), "list_pendencies", desk.vault.seal("{}"), 60)
    await desk.store.database.write(
        lambda connection: logins.create(connection, conversation, "web", record, time.time())
    )


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"public_url": "https://guiche.example", "encryption_key": None}, "GUICHE_ENCRYPTION_KEY"),
        ({"public_url": "https://guiche.example", "secret_key": None}, "GUICHE_SECRET_KEY"),
        ({"public_url": "http://guiche.example"}, "GUICHE_PUBLIC_URL"),
        ({"public_url": "https://guiche.example/caminho"}, "GUICHE_PUBLIC_URL"),
        ({"public_url": "https://guiche.example", "secret_key": SecretStr("k" * 31)}, "GUICHE_SECRET_KEY"),
        ({"secret_key": SecretStr("k" * 31)}, "GUICHE_SECRET_KEY"),
        ({"encryption_key": SecretStr("k" * 44)}, "GUICHE_ENCRYPTION_KEY"),
        ({"encryption_key": SecretStr(",")}, "GUICHE_ENCRYPTION_KEY"),
        # Reached from elsewhere, or with a real provider, and nobody said where or with which keys.
        ({"host": "203.0.113.9"}, "GUICHE_PUBLIC_URL"),
        ({"host": "0.0.0.0"}, "GUICHE_PUBLIC_URL"),  # noqa: S104
        ({"host": "::"}, "GUICHE_PUBLIC_URL"),
        ({**OIDC, "oidc_issuer": "https://sso.example/"}, "GUICHE_PUBLIC_URL"),
        ({**LOCAL, "host": "0.0.0.0", "encryption_key": None}, "GUICHE_ENCRYPTION_KEY"),  # noqa: S104
        ({**LOCAL, "host": "0.0.0.0", "secret_key": None}, "GUICHE_SECRET_KEY"),  # noqa: S104
        ({**LOCAL, **OIDC, "oidc_issuer": "https://sso.example/", "encryption_key": None}, "GUICHE_ENCRYPTION_KEY"),
        ({**LOCAL, **OIDC, "oidc_issuer": "https://sso.example/", "secret_key": None}, "GUICHE_SECRET_KEY"),
        ({"oidc_issuer": "http://127.0.0.1:9/"}, "GUICHE_OIDC_AUTHORIZE_URL"),
        ({**OIDC, "oidc_token_url": "http://sso.example/token"}, "GUICHE_OIDC_TOKEN_URL"),
    ],
)
def test_what_would_not_be_safe_does_not_start(
    make_settings: MakeSettings, changes: dict[str, object], named: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        FrontDesk(make_settings(**changes))
    assert named in str(refused.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"host": "0.0.0.0", "public_url": "https://guiche.example"},  # noqa: S104  a container (deploy/)
        {**OIDC, "oidc_issuer": "https://sso.example/", "public_url": "https://guiche.example"},
        {**OIDC, "oidc_issuer": "https://sso.example/", "public_url": "http://127.0.0.1:8000"},  # gov.br's staging
        {**OIDC},
        {"host": "localhost"},
        {"host": "::1"},
    ],
)
def test_what_is_safe_starts(make_settings: MakeSettings, changes: dict[str, object]) -> None:
    FrontDesk(make_settings(**changes))


def test_without_a_provider_there_is_no_page(make_settings: MakeSettings) -> None:
    assert not [route for route in create_app(make_settings()).routes if "entrar" in getattr(route, "path", "")]
    assert [route for route in create_app(make_settings(**OIDC)).routes if "entrar" in getattr(route, "path", "")]


def test_the_button_names_gov_br_where_it_is_the_provider(make_settings: MakeSettings) -> None:
    assert FrontDesk(make_settings(**OIDC)).sentences.login.button == "Entrar com GOV.BR"


def test_words_for_leaving_are_written_as_they_are_compared() -> None:
    login = yaml.safe_load(Path(ROOT / "data" / "front_desk.yml").read_text(encoding="utf-8"))["login"]
    words = [*login["sign_out_words"], *login["give_up_words"]]
    assert [word for word in words if normalise(word) != word] == []


async def test_without_the_database_a_person_reads_a_page(open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_desk(**OIDC) as (url, desk), httpx.AsyncClient(base_url=url, trust_env=False) as client:

        async def gone(*_: object) -> None:
            raise StoreUnavailable

        monkeypatch.setattr(desk.store.database, "read", gone)
        answer = await client.get(f"/entrar/{'x' * 43}")
        monkeypatch.undo()
        assert answer.status_code == 503
        assert "O problema não é seu" in answer.text
