"""Whatever comes to the webhook, it is never a 500."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.channels.telegram.channel import PATH
from bot.channels.telegram.updates import KINDS
from tests.bot.telegram.conftest import PERSON, SECRET, OpenTelegram
from tests.bot.telegram.test_facts import message

EXAMPLES = 2_000

words = st.one_of(st.text(max_size=40), st.sampled_from(["\x00", "\ud800", "/start", "/start vista", "x" * 5000]))
numbers = st.one_of(st.integers(), st.sampled_from([0, -1, PERSON, 2**31, 2**63, 2**64, 10**40]))
leaves = st.one_of(st.none(), st.booleans(), numbers, st.floats(allow_nan=False), words)
names = st.sampled_from(
    ["id", "type", "chat", "from", "text", "date", "data", "message", "message_id", "is_bot", "user", "status", *KINDS]
)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(names, st.text(max_size=5)), inner, max_size=4)
    ),
    max_leaves=8,
)


def _query(update: dict[str, Any]) -> dict[str, Any]:
    told = update["message"]
    return {
        "update_id": update["update_id"],
        "callback_query": {"id": "1", "from": told["from"], "message": told, "chat_instance": "1", "data": "abc"},
    }


@st.composite
def updates(draw: st.DrawFn) -> object:
    """Real updates with something changed, taken away or added somewhere; or anything at all."""
    update: dict[str, Any] = message(draw(st.integers(0, 2**31)), draw(st.integers(1, 2**31)), text=draw(words))
    shape = draw(st.sampled_from(["message", "edited_message", "callback_query", "my_chat_member", "anything"]))
    if shape == "anything":
        return draw(values)
    if shape == "callback_query":
        update = _query(update)
    elif shape != "message":
        update[shape] = update.pop("message")
    inside = update[next(name for name in update if name != "update_id")]
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.sampled_from([update, inside, *(item for item in inside.values() if isinstance(item, dict))]))
        place[draw(names)] = draw(values)
    if inside and draw(st.booleans()):
        inside.pop(draw(st.sampled_from(sorted(inside))))
    return update


headers = st.fixed_dictionaries(
    {},
    optional={
        "Content-Type": st.sampled_from(["application/json", "application/json; charset=utf-8", "text/plain", ""]),
        "X-Telegram-Bot-Api-Secret-Token": st.sampled_from([SECRET, "", "wrong", SECRET[:-1], "\u00e9"]),
    },
)
bodies: st.SearchStrategy[Callable[[], bytes]] = st.one_of(
    updates().map(lambda update: lambda: json.dumps(update).encode()),
    updates().map(lambda update: lambda: json.dumps(update).encode()),
    st.binary(max_size=60).map(lambda raw: lambda: raw),
)


async def test_the_webhook_never_answers_500(open_telegram: OpenTelegram) -> None:
    statuses: set[int] = set()
    async with open_telegram() as (url, _), httpx.AsyncClient(trust_env=False, base_url=url) as client:

        @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
        @given(body=bodies, changed=headers)
        async def fuzz(body: Callable[[], bytes], changed: dict[str, str]) -> None:
            sent = {"X-Telegram-Bot-Api-Secret-Token": SECRET, "Content-Type": "application/json", **changed}
            answer = await client.post(PATH, content=body(), headers={k: v.encode() for k, v in sent.items()})
            statuses.add(answer.status_code)
            assert answer.status_code in (200, 401, 415, 422), answer.status_code

        import asyncio  # noqa: PLC0415
        import threading  # noqa: PLC0415

        loop = asyncio.get_running_loop()
        inner = fuzz.hypothesis.inner_test
        fuzz.hypothesis.inner_test = lambda **given: asyncio.run_coroutine_threadsafe(inner(**given), loop).result()
        failures: list[BaseException] = []

        def drive() -> None:
            try:
                fuzz()
            except BaseException as error:  # told in the test's own thread
                failures.append(error)

        thread = threading.Thread(target=drive)
        thread.start()
        while thread.is_alive():  # noqa: ASYNC110  # hypothesis is not asynchronous
            await asyncio.sleep(0.05)
        if failures:
            raise failures[0]
        assert (await client.get("/health")).status_code == 200
    assert statuses == {200, 401, 415, 422}
