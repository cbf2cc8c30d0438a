"""The website's API, request by request: what it takes, what it refuses and how."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from bot.desk import FrontDesk
from tests.bot.conftest import OpenDesk
from tests.bot.support.assistant import StandIn
from tests.bot.support.browser import Browser
from tests.bot.support.serving import until


@pytest.fixture
async def served(open_desk: OpenDesk) -> AsyncIterator[tuple[str, FrontDesk]]:
    async with open_desk() as opened:
        yield opened


@pytest.fixture
def url(served: tuple[str, FrontDesk]) -> str:
    return served[0]


@pytest.fixture
async def http(url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a session."""
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        (await client.post("/chat/session", json={})).raise_for_status()
        yield client


def refused(answer: httpx.Response, desk: FrontDesk, status: int, name: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.json() == {"error": name, "message": desk.sentences.error(name)}


async def test_the_session_cookie_is_kept_and_closed_to_scripts(url: str) -> None:
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        first = await client.post("/chat/session", json={})
        cookie = first.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert "path=/;" in cookie  # the callback of signing in looks for it too
        assert "secure" not in cookie
        again = await client.post("/chat/session", json={})
        assert again.json() == first.json()
        renewed = await client.post("/chat/session", json={"new": True})
        assert renewed.json() != first.json()


async def test_behind_https_the_cookie_is_secure(url: str) -> None:
    async with httpx.AsyncClient(base_url=url, trust_env=False, headers={"X-Forwarded-Proto": "https"}) as client:
        answer = await client.post("/chat/session", json={})
        assert "secure" in answer.headers["set-cookie"].lower()
        assert "max-age" in answer.headers["strict-transport-security"]


@pytest.mark.parametrize("cookie", ["", "x", "eyJ.x.y", "W10.x", "a" * 600])
async def test_without_a_session_of_ours_nothing_is_open(served: tuple[str, FrontDesk], cookie: str) -> None:
    url, desk = served
    async with httpx.AsyncClient(base_url=url, trust_env=False, cookies={"guiche_session": cookie}) as client:
        refused(await client.post("/chat/messages", json={"id": "1", "text": "oi"}), desk, 401, "session_unknown")
        refused(await client.get("/chat/events"), desk, 401, "session_unknown")


async def test_a_cookie_changed_by_one_character_is_no_session(served: tuple[str, FrontDesk]) -> None:
    url, desk = served
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        await client.post("/chat/session", json={})
        cookie = client.cookies["guiche_session"]
    other = ("A" if cookie[3] != "A" else "B").join([cookie[:3], cookie[4:]])
    async with httpx.AsyncClient(base_url=url, trust_env=False, cookies={"guiche_session": other}) as client:
        refused(await client.get("/chat/events"), desk, 401, "session_unknown")


async def test_the_same_id_again_is_stored_once(url: str, stand_in: StandIn) -> None:
    async with Browser(url) as browser:
        reference = str(uuid.uuid4())
        await asyncio.gather(*(browser.send("oi", id=reference) for _ in range(5)))
        await browser.answer(reference)
        await browser.send("oi", id=reference)
        await browser.ask("depois")
        assert [body["text"] for body in stand_in.seen] == ["oi", "depois"]
        assert len(browser.said()) == 2


async def test_two_citizens_may_use_the_same_id(url: str) -> None:
    async with Browser(url) as one, Browser(url) as two:
        await one.send("oi", id="m1")
        await two.send("oi", id="m1")
        await one.answer("m1")
        await two.answer("m1")


MALFORMED: list[Any] = [
    {},
    [],
    "text",
    {"id": "1"},
    {"text": "oi"},
    {"id": "1", "text": "oi", "button": "b"},
    {"id": "1", "text": None},
    {"id": 1, "text": "oi"},
    {"id": "", "text": "oi"},
    {"id": "a" * 65, "text": "oi"},
    {"id": "a b", "text": "oi"},
    {"id": "1", "text": 5},
    {"id": "1", "button": ""},
    {"id": "1", "button": "b" * 65},
    {"id": "1", "text": "oi", "state": {}},
]


@pytest.mark.parametrize("body", MALFORMED, ids=lambda body: json.dumps(body)[:40])
async def test_malformed_messages(
    http: httpx.AsyncClient, served: tuple[str, FrontDesk], stand_in: StandIn, body: Any
) -> None:
    refused(await http.post("/chat/messages", json=body), served[1], 422, "malformed")
    assert stand_in.seen == []


async def test_what_is_no_json(http: httpx.AsyncClient, served: tuple[str, FrontDesk]) -> None:
    desk = served[1]
    for content, kind, status, name in [
        (b"{", "application/json", 422, "malformed"),
        (b"\xff\xfe", "application/json", 422, "malformed"),
        (b'{"id":"1","text":"oi"}', "text/plain", 415, "not_json"),
        (b"id=1&text=oi", "application/x-www-form-urlencoded", 415, "not_json"),
    ]:
        answer = await http.post("/chat/messages", content=content, headers={"Content-Type": kind})
        refused(answer, desk, status, name)
    refused(await http.post("/chat/messages"), desk, 415, "not_json")


async def test_what_is_too_large_is_refused(http: httpx.AsyncClient, served: tuple[str, FrontDesk]) -> None:
    desk = served[1]
    large = json.dumps({"id": "1", "text": "a" * 40_000}).encode()
    headers = {"Content-Type": "application/json"}
    refused(await http.post("/chat/messages", content=large, headers=headers), desk, 413, "too_large")

    async def undeclared() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * 1_000

    refused(await http.post("/chat/messages", content=undeclared(), headers=headers), desk, 413, "too_large")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_another_site_cannot_write(
    http: httpx.AsyncClient, served: tuple[str, FrontDesk], headers: dict[str, str]
) -> None:
    for path, body in (("/chat/messages", {"id": "1", "text": "oi"}), ("/chat/session", {"new": True})):
        refused(await http.post(path, json=body, headers=headers), served[1], 403, "cross_origin")


async def test_our_own_page_can_write(http: httpx.AsyncClient, url: str) -> None:
    headers = {"Origin": url, "Sec-Fetch-Site": "same-origin"}
    assert (await http.post("/chat/messages", json={"id": "1", "text": "oi"}, headers=headers)).status_code == 202


async def test_a_reload_shows_the_whole_history_and_a_lost_line_loses_nothing(url: str) -> None:
    async with Browser(url) as browser:
        await browser.ask("um")
        await browser.stop_listening()
        second = await browser.send("dois")
        browser.listen()
        await browser.answer(second)
        await browser.ask("três")
        shown = [event for event in browser.events if event[0] == "message"]
        ids = [int(event[1] or 0) for event in shown]
        async with Browser(url, cookies=browser.http.cookies) as reloaded:
            await until(lambda: len([event for event in reloaded.events if event[0] == "message"]) >= 6)
            history = [event for event in reloaded.events if event[0] == "message"]
        async with Browser(url, cookies=browser.http.cookies, after=ids[-2]) as resumed:
            await until(lambda: [event for event in resumed.events if event[0] == "message"])
            assert [event for event in resumed.events if event[0] == "message"] == history[-1:]
    assert [(data["from"], data["text"].split("\n")[-1]) for _, _, data in history] == [
        ("citizen", "um"),
        ("assistant", "1: um"),
        ("citizen", "dois"),
        ("assistant", "2: dois"),
        ("citizen", "três"),
        ("assistant", "3: três"),
    ]
    assert len({number for _, number, _ in history}) == 6


async def test_an_event_has_what_the_page_needs(url: str, stand_in: StandIn) -> None:
    async with Browser(url) as browser:
        await browser.ask("oi")
        answer = await browser.ask("a < b **x**")
        assert set(answer) == {"id", "from", "in_reply_to", "final", "text", "html", "buttons", "at"}
        assert answer["html"] == "<p>2: a &lt; b <strong>x</strong></p>"
        kind, number, data = next(event for event in browser.events if event[2] is answer)
        assert (kind, number, data["from"]) == ("message", str(answer["id"]), "assistant")
        mine = next(data for _, _, data in browser.events if data.get("from") == "citizen")
        assert set(mine) == {"id", "from", "text", "at"}


async def test_a_stream_shows_nothing_of_another_conversation(url: str) -> None:
    async with Browser(url) as one, Browser(url) as two:
        await one.ask("segredo de um")
        await two.ask("oi")
        assert "segredo" not in json.dumps(two.events)


@pytest.mark.parametrize("after", ["-1", "x", "1.5", "9" * 30, "٣"])
async def test_a_wrong_place_to_go_on_from(http: httpx.AsyncClient, served: tuple[str, FrontDesk], after: str) -> None:
    refused(await http.get("/chat/events", params={"after": after}), served[1], 422, "malformed")


async def test_one_conversation_has_a_limited_number_of_streams(open_desk: OpenDesk) -> None:
    async with open_desk() as (url, desk), Browser(url) as browser:
        async with asyncio.TaskGroup() as group:
            windows = [Browser(url, cookies=browser.http.cookies) for _ in range(11)]
            for window in windows:
                group.create_task(window.__aenter__())
        await until(lambda: desk.wakeups.count(browser.conversation) == 12)
        refused(await browser.http.get("/chat/events"), desk, 429, "too_many_streams")
        for window in windows:
            await window.__aexit__()
        await until(lambda: desk.wakeups.count(browser.conversation) == 1)


async def test_too_many_messages_get_one_polite_refusal_each_and_others_go_on(open_desk: OpenDesk) -> None:
    async with open_desk(session_rate="3/minute") as (url, desk), Browser(url) as flood, Browser(url) as other:
        for number in range(3):
            await flood.send(f"m{number}")
        refused(await flood.http.post("/chat/messages", json={"id": "x", "text": "oi"}), desk, 429, "too_many")
        await flood.http.post("/chat/session", json={"new": True})  # a new conversation is the same citizen
        answer = await flood.http.post("/chat/messages", json={"id": "y", "text": "oi"})
        refused(answer, desk, 429, "too_many")
        assert answer.headers["retry-after"]
        await other.ask("oi")


async def test_all_together_have_a_limit_too(open_desk: OpenDesk) -> None:
    async with open_desk(global_rate="2/minute") as (url, desk), Browser(url) as one, Browser(url) as two:
        await one.ask("um")
        await two.ask("dois")
        refused(await two.http.post("/chat/messages", json={"id": "x", "text": "oi"}), desk, 429, "too_busy")


PUBLIC = (
    ("/", "text/html"),
    ("/static/page.css", "text/css"),
    ("/widget.js", "javascript"),
    ("/widget/element.js", "javascript"),
    ("/widget/widget.css", "text/css"),
)


async def test_the_page_may_load_only_what_this_origin_serves(url: str) -> None:
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        for path, kind in PUBLIC:
            answer = await client.get(path)
            assert answer.status_code == 200
            assert kind in answer.headers["content-type"]
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize("path", ["/static/../api.py", "/static/%2e%2e/api.py", "/widget/..%2fapi.py", "/nada"])
async def test_nothing_else_is_served(served: tuple[str, FrontDesk], path: str) -> None:
    url, desk = served
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        refused(await client.get(path), desk, 404, "not_found")
        refused(await client.get("/chat/messages"), desk, 405, "method_not_allowed")


async def test_health_and_readiness(url: str, stand_in: StandIn) -> None:
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        assert (await client.get("/ready")).json() == {"ready": True}
        stand_in.ready = False
        answer = await client.get("/ready")
        assert (answer.status_code, answer.json()) == (503, {"ready": False, "reason": "assistant"})
        assert (await client.get("/health")).status_code == 200


async def test_a_session_made_by_a_node_whose_clock_is_ahead_is_good_and_an_old_one_is_not(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk(session_days=1) as (url, _):
        for ahead, status in ((7_200, 202), (-23 * 3_600, 202), (-25 * 3_600, 401)):
            with monkeypatch.context() as patched:
                signed_at = int(time.time()) + ahead
                patched.setattr("itsdangerous.timed.TimestampSigner.get_timestamp", lambda _, at=signed_at: at)
                async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
                    await http.post("/chat/session", json={})
            async with httpx.AsyncClient(base_url=url, trust_env=False, cookies=http.cookies) as http:
                answer = await http.post("/chat/messages", json={"id": str(uuid.uuid4()), "text": "oi"})
            assert answer.status_code == status
