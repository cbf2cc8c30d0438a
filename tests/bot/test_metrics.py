"""/metrics: what is counted, from where it can be read, and that nothing of a citizen is in it."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from starlette.requests import Request

from bot.desk import FrontDesk
from bot.operations_api import OperationsApi
from bot.store import Backlog, StoreUnavailable
from tests.bot.conftest import OpenDesk
from tests.bot.support.assistant import StandIn, fail
from tests.bot.support.browser import Browser
from tests.bot.support.serving import until
from tests.bot.test_store import message, reply


def samples(text: str) -> dict[str, float]:
    """Value by name, or ``name/event`` of the website's messages."""
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            event = sample.labels.get("event")
            if event is None or sample.labels["channel"] == "web":
                found[f"{sample.name}/{event}" if event else sample.name] = sample.value
    return found


async def scraped(url: str) -> dict[str, float]:
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.get(f"{url}/metrics")
    assert answer.status_code == 200
    return samples(answer.text)


def grown(before: dict[str, float], after: dict[str, float], name: str) -> float:
    return after.get(name, 0.0) - before.get(name, 0.0)


async def test_messages_are_counted_by_what_became_of_them(open_desk: OpenDesk, stand_in: StandIn) -> None:
    async with open_desk(max_tries=2, session_rate="3/hour") as (url, _), Browser(url) as browser:
        before = await scraped(url)
        await browser.ask("oi")
        stand_in.script = fail(500)
        await browser.answer(await browser.send("veneno"))
        stand_in.script = None
        await browser.ask("tudo bem?")
        with pytest.raises(AssertionError):
            await browser.send("mais uma")
        after = await scraped(url)
    counted = {event: grown(before, after, f"guiche_messages_total/{event}") for event in
               ("received", "answered", "retried", "dead", "refused")}  # fmt: skip
    assert counted == {"received": 3, "answered": 2, "retried": 1, "dead": 1, "refused": 1}
    assert after["guiche_dead_letters"] == 1
    assert grown(before, after, "guiche_turn_seconds_count") == 2
    assert grown(before, after, "guiche_answer_seconds_count") == 2


async def test_what_waits_can_be_seen(open_desk: OpenDesk, stand_in: StandIn) -> None:
    stand_in.hold = asyncio.Event()
    async with open_desk() as (url, _), Browser(url) as browser:
        empty = await scraped(url)
        assert (empty["guiche_queue_depth"], empty["guiche_oldest_open_message_seconds"]) == (0, 0)
        references = [await browser.send(f"m{number}") for number in range(3)]

        async def told() -> bool:
            now = await scraped(url)
            return now["guiche_queue_depth"] == 3 and now["guiche_oldest_open_message_seconds"] > 0.05

        await until(told)
        assert (await scraped(url))["guiche_open_streams"] == 1
        stand_in.hold.set()
        await browser.answer(references[-1])
        assert (await scraped(url))["guiche_queue_depth"] == 0


async def test_what_waits_to_be_sent_can_be_seen(open_desk: OpenDesk) -> None:
    """Here for ever: no such channel is configured on this desk."""
    async with open_desk() as (url, desk):
        empty = await scraped(url)
        assert (empty["guiche_outgoing_depth"], empty["guiche_oldest_outgoing_seconds"]) == (0, 0)
        await desk.store.receive(message(1, channel="telegram"), claim=False)
        claim = await desk.store.claim("c1")
        assert claim is not None
        await desk.store.finish(claim, reply("um", "dois"))

        async def seen() -> bool:
            now = await scraped(url)
            return now["guiche_outgoing_depth"] == 2 and now["guiche_oldest_outgoing_seconds"] > 0

        await until(seen)


async def status(client: str, token: str | None, given: str = "", **headers: str) -> int:
    raw = [(b"authorization", given.encode()), *((name.encode(), value.encode()) for name, value in headers.items())]
    scope = {"type": "http", "method": "GET", "path": "/metrics", "headers": raw, "client": (client, 5)}

    async def backlog() -> Backlog:
        return Backlog(0, 0.0, 0, 0, None)

    desk = SimpleNamespace(store=SimpleNamespace(backlog=backlog), wakeups=SimpleNamespace(total=0))
    api = OperationsApi(cast("FrontDesk", desk), SecretStr(token) if token else None)
    route = next(cast("Any", route) for route in api.routes() if cast("Any", route).path == "/metrics")
    return int((await route.endpoint(Request({**scope, "query_string": b""}))).status_code)


@pytest.mark.parametrize(
    ("client", "token", "given", "headers", "expected"),
    [
        ("127.0.0.1", None, "", {}, 200),
        ("::1", None, "", {}, 200),
        ("127.0.0.1", None, "", {"x-forwarded-for": "200.1.2.3"}, 401),
        ("10.0.0.5", None, "", {}, 401),
        ("10.0.0.5", None, "Bearer None", {}, 401),
        ("10.0.0.5", "t", "Bearer x", {}, 401),
        ("10.0.0.5", "t", "Bearer t", {}, 200),
        ("127.0.0.1", "t", "Bearer t", {"x-forwarded-for": "200.1.2.3"}, 200),
    ],
)
async def test_only_this_machine_or_the_token_reads_them(
    client: str, token: str | None, given: str, headers: dict[str, str], expected: int
) -> None:
    assert await status(client, token, given, **headers) == expected


async def test_without_the_store_the_queue_is_unknown_and_said_so(
    open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_desk() as (url, desk):

        async def gone() -> Backlog:
            raise StoreUnavailable("gone")

        monkeypatch.setattr(desk.store, "backlog", gone)
        now = await scraped(url)
        assert now["guiche_store_up"] == 0
        assert now["guiche_queue_depth"] != now["guiche_queue_depth"]  # not a number
