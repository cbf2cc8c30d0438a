"""Whatever arrives at POST /chat/messages, the front desk answers on purpose: never a 500."""

from __future__ import annotations

import asyncio
import json
import string
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.bot.conftest import OpenDesk

EXAMPLES = 2_000
AT_ONCE = 16
SITE = "https://www.cidade.example"

json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=50)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)
ids = st.text(string.ascii_letters + string.digits + "-_", min_size=1, max_size=70)
message = st.fixed_dictionaries(
    {"id": st.one_of(ids, st.text(max_size=70), json_values)},
    optional={"text": st.one_of(st.text(max_size=1200), json_values), "button": st.one_of(ids, json_values)},
)
bodies = st.one_of(
    st.binary(max_size=200),
    st.one_of(json_values, message).map(lambda value: json.dumps(value).encode()),
    st.integers(30_000, 40_000).map(lambda size: json.dumps({"id": "1", "text": "a" * size}).encode()),
)
visible = st.text(string.ascii_letters + string.digits + string.punctuation, min_size=1, max_size=60)
headers = st.fixed_dictionaries(
    {"Content-Type": st.one_of(st.just("application/json"), visible)},
    optional={
        "Origin": st.one_of(st.sampled_from([SITE, "null", "http://[", "https://other.example"]), visible),
        "Authorization": st.one_of(visible.map(lambda value: f"Bearer {value}"), visible),
        "Cookie": visible.map(lambda value: f"guiche_session={value}"),
        "Sec-Fetch-Site": st.sampled_from(["cross-site", "same-origin", "none", "x"]),
    },
)
usual = st.just({"Content-Type": "application/json"})
ON_PURPOSE = {202, 401, 403, 413, 415, 422}


async def test_no_request_makes_an_error_500(open_desk: OpenDesk) -> None:
    """Hypothesis is synchronous: it draws here, and the loop sends."""
    drawn: list[tuple[dict[str, str], bytes]] = []

    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), database=None, deadline=None)
    @given(st.one_of(usual, headers), bodies)
    def draw(sent: dict[str, str], body: bytes) -> None:
        drawn.append((sent, body))

    draw()
    assert len(drawn) >= EXAMPLES
    seen: set[int] = set()
    async with (
        open_desk(widget_origins=(SITE,)) as (url, _),
        httpx.AsyncClient(base_url=url, trust_env=False) as client,
    ):
        await client.post("/chat/session", json={})
        turns = asyncio.Semaphore(AT_ONCE)

        async def send(sent: dict[str, str], body: bytes) -> None:
            async with turns:
                answer = await client.post("/chat/messages", content=body, headers=sent)
            seen.add(answer.status_code)
            content: dict[str, Any] = answer.json()
            assert answer.status_code in ON_PURPOSE, (sent, body, answer.text)
            assert content.keys() == ({"id"} if answer.status_code == 202 else {"error", "message"})

        async with asyncio.TaskGroup() as group:
            for sent, body in drawn:
                group.create_task(send(sent, body))
    assert seen == ON_PURPOSE  # every answer was reached
