"""The action server's edge: a secret on every route, limits, and errors that tell nothing."""

from __future__ import annotations

import asyncio
import logging
import zlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import rasa_sdk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actions.sdk import Action
from actions.server import MAX_BODY_BYTES, build_server

SECRET = "actions-secret"
PERSONAL = "Maria 111.444.777-35"
CALL: dict[str, Any] = {
    "next_action": "explode",
    "domain": {},
    "version": rasa_sdk.__version__,
    "tracker": {"sender_id": "c", "slots": {"text": PERSONAL}, "latest_message": {"text": PERSONAL}, "events": []},
}


class Explode(Action):
    """Fails with personal data in its message, as a careless library would."""

    def name(self) -> str:
        return "explode"

    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> list[Any]:
        raise ValueError(tracker.latest_message["text"])


async def ready() -> bool:
    return True


@pytest.fixture
async def exploding(serve: Any) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {SECRET}"}
    async with (
        serve(build_server([Explode()], SECRET, ready=ready)) as url,
        httpx.AsyncClient(base_url=url, headers=headers) as client,
    ):
        yield client


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/health"), ("GET", "/ready"), ("GET", "/actions"), ("POST", "/webhook"), ("GET", "/x")],
)
@pytest.mark.parametrize("secret", [None, "", "Bearer", "Bearer wrong", f"Basic {SECRET}", SECRET, f"Bearer {SECRET}x"])
async def test_every_route_needs_the_secret(server: str, method: str, path: str, secret: str | None) -> None:
    headers = {} if secret is None else {"Authorization": secret}
    async with httpx.AsyncClient(base_url=server, headers=headers) as client:
        answer = await client.request(method, path, json=CALL if method == "POST" else None)

    assert answer.status_code == 401
    assert answer.json() == {"error": "unauthorized"}


@pytest.mark.parametrize("body", [b"{", b"[]"])
async def test_a_stranger_does_not_learn_what_is_malformed(server: str, body: bytes) -> None:
    async with httpx.AsyncClient(base_url=server) as client:
        answer = await client.post("/webhook", content=body, headers={"Content-Encoding": "deflate"})

    assert answer.status_code == 401


async def test_it_is_ready_when_a_front_desk_knows_it_and_alive_in_any_case(assistant: Any, front_desk: Any) -> None:
    answer = await assistant.http.get("/ready")
    assert (answer.status_code, answer.json()) == (200, {"ready": True})
    front_desk.trouble = "500"
    answer = await assistant.http.get("/ready")
    assert (answer.status_code, answer.json()) == (503, {"ready": False})
    assert (await assistant.http.get("/health")).status_code == 200


async def test_with_the_secret_it_is_healthy_and_tells_its_actions(assistant: Any) -> None:
    assert (await assistant.http.get("/health")).status_code == 200
    assert {item["name"] for item in (await assistant.http.get("/actions")).json()} == {
        "action_show_process",
        "action_list_pendencies",
        "action_list_processes",
        "action_list_views",
        "action_list_documents",
        "action_pendency_detail",
        "action_show_own_item",
        "action_show_company",
        "action_reset_process",
        "action_ask_agency",
        "validate_process_form",
    }


async def test_an_error_in_an_action_is_a_500_that_echoes_nothing(
    exploding: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = await exploding.post("/webhook", json=CALL)

    assert (answer.status_code, answer.json()) == (500, {"error": "internal"})
    assert "ValueError in an action" in caplog.text
    assert "test_server.py" in caplog.text  # where it came from
    for part in ("Maria", "111.444"):
        assert part not in caplog.text


async def test_an_unknown_action_is_404_without_the_tracker(exploding: httpx.AsyncClient) -> None:
    answer = await exploding.post("/webhook", json=CALL | {"next_action": "nothing"})

    assert answer.status_code == 404
    assert PERSONAL not in answer.text


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"null", b"[]", b"7", b'{"next_action": 1}', b"[" * 100_000])
async def test_a_malformed_call_is_422_because_400_would_mean_a_rejection(
    exploding: httpx.AsyncClient, body: bytes
) -> None:
    answer = await exploding.post("/webhook", content=body)

    assert answer.status_code == 422


async def test_a_body_beyond_the_limit_is_refused(exploding: httpx.AsyncClient) -> None:
    reader, writer = await asyncio.open_connection(exploding.base_url.host, exploding.base_url.port)
    head = (
        f"POST /webhook HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {SECRET}\r\nContent-Length: {MAX_BODY_BYTES + 1}"
    )
    writer.write(f"{head}\r\n\r\n".encode())
    status = await asyncio.wait_for(reader.readline(), 5)  # before a single byte of the body
    writer.close()

    assert b" 413 " in status


async def test_a_compressed_body_is_refused_before_it_is_inflated(exploding: httpx.AsyncClient) -> None:
    bomb = zlib.compress(b" " * 50_000_000)
    answer = await exploding.post("/webhook", content=bomb, headers={"Content-Encoding": "deflate"})

    assert answer.status_code == 415


async def test_no_other_origin_is_let_in(exploding: httpx.AsyncClient) -> None:
    origin = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
    for answer in (
        await exploding.options("/webhook", headers=origin),
        await exploding.get("/health", headers=origin),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control")]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = ("next_action", "tracker", "domain", "version", "sender_id", "slots", "latest_message", "events", "active_loop")
CALLS = st.dictionaries(st.sampled_from(NAMES), JSON) | st.fixed_dictionaries(
    {
        "next_action": st.just("action_list_pendencies"),
        "domain": st.just({}),
        "tracker": st.dictionaries(st.sampled_from(NAMES), JSON),
    }
)


@given(body=CALLS | JSON)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_arrives_is_answered_or_refused(assistant: Any, body: object) -> None:
    answer = await assistant.http.post("/webhook", json=body)

    assert answer.status_code in (200, 404, 422)
