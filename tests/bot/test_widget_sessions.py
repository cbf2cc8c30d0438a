"""The widget on a page of another site: what its token opens, and everything that opens nothing."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from itsdangerous import URLSafeTimedSerializer
from starlette.requests import HTTPConnection

from bot.channels.web.session import SessionTokens, WebSession
from bot.desk import FrontDesk
from bot.settings import SettingsError, load_settings
from tests.bot.conftest import OpenDesk
from tests.bot.support.serving import until

SITE, OTHER_SITE, STRANGER = "https://www.cidade.example", "https://portal.cidade.example", "https://evil.example"
BROWSER = {"Origin": SITE, "Sec-Fetch-Site": "cross-site"}
KEY = "a key that is long enough for a test"


@pytest.fixture
async def served(open_desk: OpenDesk) -> AsyncIterator[tuple[str, FrontDesk]]:
    async with open_desk(widget_origins=(SITE, OTHER_SITE)) as opened:
        yield opened


@pytest.fixture
async def http(served: tuple[str, FrontDesk]) -> AsyncIterator[httpx.AsyncClient]:
    """What a page sends: no header of a site, and no cookie is kept."""
    async with httpx.AsyncClient(base_url=served[0], trust_env=False) as client:
        yield client


async def opened(http: httpx.AsyncClient, token: str = "", **body: Any) -> dict[str, Any]:
    answer = await http.post("/chat/session", json=body, headers=BROWSER | bearer(token))
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.json()
    return content


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


async def status(http: httpx.AsyncClient, headers: dict[str, str], path: str = "/chat/events") -> int:
    """Of the event stream, and the same of a message."""
    sent = await http.post("/chat/messages", json={"id": "m", "text": "oi"}, headers=headers)
    async with http.stream("GET", path, headers=headers) as answer:
        assert (answer.status_code == 200) == (sent.status_code == 202)
        return answer.status_code


async def test_an_allowed_site_gets_a_token_and_no_cookie(http: httpx.AsyncClient) -> None:
    answer = await http.post("/chat/session", json={}, headers=BROWSER)
    assert set(answer.json()) == {"conversation", "token", "expires_in"}
    assert "set-cookie" not in answer.headers
    assert answer.headers["access-control-allow-origin"] == SITE
    assert "access-control-allow-credentials" not in answer.headers
    assert "origin" in answer.headers["vary"].lower()
    assert await status(http, BROWSER | bearer(answer.json()["token"])) == 200


async def test_the_token_keeps_its_conversation_and_is_renewed(http: httpx.AsyncClient) -> None:
    first = await opened(http)
    again = await opened(http, first["token"])
    assert again["conversation"] == first["conversation"]
    renewed = await opened(http, first["token"], new=True)
    assert renewed["conversation"] != first["conversation"]


async def test_a_question_is_answered_on_the_stream_of_its_token_only(http: httpx.AsyncClient) -> None:
    mine, other = await opened(http), await opened(http)
    sent = await http.post(
        "/chat/messages", json={"id": "m1", "text": "segredo"}, headers=BROWSER | bearer(mine["token"])
    )
    assert sent.status_code == 202
    seen: dict[str, str] = {"mine": "", "other": ""}
    for name, session in (("mine", mine), ("other", other)):
        async with http.stream("GET", "/chat/events", headers=BROWSER | bearer(session["token"])) as answer:
            async for line in answer.aiter_lines():
                seen[name] += line
                if '"final":true' in line or '"typing":' in line or (name == "other" and "retry" in line):
                    break
    assert "segredo" in seen["mine"]
    assert "segredo" not in seen["other"]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, 401),
        ({"Authorization": "Bearer x.y.z"}, 401),
        ({"Authorization": "Bearer " + "a" * 2_000}, 401),
        ({"Authorization": "Basic eA=="}, 401),
        ({"Authorization": "Bearer {conversation}"}, 401),
        ({"Authorization": "Bearer {altered}"}, 401),
        ({"Authorization": "{token}"}, 401),
        ({"Cookie": "guiche_session={token}"}, 401),
        ({"Authorization": "Bearer {token}", "Origin": OTHER_SITE}, 401),
        ({"Authorization": "Bearer {token}", "Origin": STRANGER}, 403),
        ({"Authorization": "Bearer {token}", "Origin": "null"}, 403),
        ({"Authorization": "Bearer {token}", "Origin": "http://["}, 403),
        ({"Authorization": "Bearer {cookie}"}, 401),
        ({"Cookie": "guiche_session={cookie}"}, 401),
    ],
)
async def test_what_opens_nothing(http: httpx.AsyncClient, headers: dict[str, str], expected: int) -> None:
    session = await opened(http)
    own = await http.post("/chat/session", json={})
    cookie = own.cookies["guiche_session"]
    http.cookies.clear()
    token = session["token"]
    values = {
        "token": token,
        "conversation": session["conversation"],
        "altered": ("A" if token[5] != "A" else "B").join([token[:5], token[6:]]),
        "cookie": cookie,
    }
    sent = BROWSER | {name: value.format(**values) for name, value in headers.items()}
    assert await status(http, sent) == expected


async def test_a_stolen_token_is_nothing_without_its_site_or_in_an_address(http: httpx.AsyncClient) -> None:
    token = (await opened(http))["token"]
    assert await status(http, bearer(token)) == 401
    assert await status(http, BROWSER, f"/chat/events?token={token}&authorization={token}") == 401


async def test_a_token_ends(open_desk: OpenDesk) -> None:
    async with (
        open_desk(widget_origins=(SITE,)) as (url, desk),
        httpx.AsyncClient(base_url=url, trust_env=False) as http,
    ):
        session = await opened(http)
        tokens = SessionTokens(KEY, 1)
        old = _signed_at(KEY, [session["conversation"], "v", SITE], time.time() - 3_601)
        young = _signed_at(KEY, [session["conversation"], "v", SITE], time.time() - 3_500)
        assert tokens.read(_request(old), SITE) is None
        read = tokens.read(_request(young), SITE)
        assert read is not None
        assert read.conversation == session["conversation"]
        assert 0 < (read.expires or 0) - time.time() <= 100
        assert tokens.read(_request(tokens.write(WebSession("c", "v"), SITE)), OTHER_SITE) is None
        assert desk.wakeups.count(session["conversation"]) == 0


async def test_an_open_stream_ends_with_its_token(open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    async with (
        open_desk(widget_origins=(SITE,)) as (url, desk),
        httpx.AsyncClient(base_url=url, trust_env=False) as http,
    ):
        session = await opened(http)
        monkeypatch.setattr("bot.channels.web.api.seconds_left", lambda _: 0.3)
        async with http.stream("GET", "/chat/events", headers=BROWSER | bearer(session["token"])) as answer:
            assert [line async for line in answer.aiter_lines() if line.startswith("data")] == []
        await until(lambda: desk.wakeups.count(session["conversation"]) == 0)


@pytest.mark.parametrize("path", ["/chat/session", "/chat/messages", "/chat/events", "/widget.js"])
async def test_the_browser_is_told_which_sites_may_ask(http: httpx.AsyncClient, path: str) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    answer = await http.options(path, headers={"Origin": SITE, **asked})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == SITE
    assert "access-control-allow-credentials" not in answer.headers
    refused = await http.options(path, headers={"Origin": STRANGER, **asked})
    assert refused.status_code == 400
    assert "access-control-allow-origin" not in refused.headers


@pytest.mark.parametrize("path", ["/", "/ready", "/private/citizen", "/static/icon.svg"])
async def test_nothing_else_is_shared(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(path, headers={"Origin": SITE})
    assert "access-control-allow-origin" not in answer.headers


async def test_a_stranger_is_refused_everywhere(served: tuple[str, FrontDesk], http: httpx.AsyncClient) -> None:
    stranger = {"Origin": STRANGER, "Sec-Fetch-Site": "cross-site"}
    for answer in (
        await http.post("/chat/session", json={}, headers=stranger),
        await http.post("/chat/messages", json={"id": "1", "text": "oi"}, headers=stranger),
        await http.get("/chat/events", headers=stranger),
    ):
        assert answer.status_code == 403
        assert answer.json()["message"] == served[1].sentences.error("cross_origin")
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    ("value", "origins"),
    [
        ("", ()),
        ("https://A.example", ("https://a.example",)),
        ("https://a.example/, https://b.example:8443", ("https://a.example", "https://b.example:8443")),
        ("http://localhost:3000 http://127.0.0.1", ("http://localhost:3000", "http://127.0.0.1")),
    ],
)
def test_the_allow_list(monkeypatch: pytest.MonkeyPatch, value: str, origins: tuple[str, ...]) -> None:
    monkeypatch.setenv("GUICHE_RASA_SECRET", "segredo")
    monkeypatch.setenv("GUICHE_WIDGET_ORIGINS", value)
    assert load_settings().widget_origins == origins


@pytest.mark.parametrize(
    "value", ["*", "https://*.example", "http://a.example", "https://a.example/x", "a.example", "null"]
)
def test_what_is_no_origin(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("GUICHE_RASA_SECRET", "segredo")
    monkeypatch.setenv("GUICHE_WIDGET_ORIGINS", value)
    with pytest.raises(SettingsError, match="GUICHE_WIDGET_ORIGINS"):
        load_settings()


def _request(token: str) -> Any:
    return HTTPConnection({"type": "http", "headers": [(b"authorization", f"Bearer {token}".encode())]})


def _signed_at(key: str, content: list[str], at: float) -> str:
    class Signer(URLSafeTimedSerializer.default_signer):  # type: ignore[name-defined, misc]
        def get_timestamp(self) -> int:
            return int(at)

    return str(URLSafeTimedSerializer(key, salt="guiche widget token", signer=Signer).dumps(content))
