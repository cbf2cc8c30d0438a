"""Several action servers behind one Rasa: each is asked in turn, and one that is away costs nobody an answer."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import List, Tuple

import aiohttp
import pytest
from aiohttp import web
from rasa.core.actions.action import ActionExecutionRejection

from assistant.serving.processor import ActionServer, action_server_from_environment

SECRET = "a secret for tests"


@asynccontextmanager
async def server(status: int = 200) -> AsyncIterator[Tuple[str, List[str]]]:
    """A server that answers each call with `status`; its address and the secrets it was shown."""
    calls: List[str] = []

    async def webhook(request: web.Request) -> web.Response:
        calls.append(request.headers["Authorization"])
        return web.json_response({"events": [], "action_name": "action_show_process"}, status=status)

    app = web.Application()
    app.router.add_post("/webhook", webhook)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        port = runner.addresses[0][1]
        yield f"http://127.0.0.1:{port}/webhook", calls
    finally:
        await runner.cleanup()


def nobody() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/webhook"


@asynccontextmanager
async def asking(*urls: str) -> AsyncIterator[ActionServer]:
    client = ActionServer(urls, SECRET)
    yield client
    if client._session is not None:
        await client._session.close()


async def test_each_is_asked_in_turn_with_the_secret() -> None:
    async with server() as (one, first), server() as (two, second), asking(one, two) as client:
        for _ in range(6):
            await client.request(json={})
    assert first == second == [f"Bearer {SECRET}"] * 3


async def test_with_one_away_the_other_answers() -> None:
    async with server() as (there, calls), asking(nobody(), there) as client:
        for _ in range(4):
            assert (await client.request(json={}))["events"] == []
    assert len(calls) == 4


async def test_with_all_away_the_call_fails() -> None:
    async with asking(nobody(), nobody()) as client:
        with pytest.raises(aiohttp.ClientConnectionError):
            await client.request(json={})


@pytest.mark.parametrize(("status", "error"), [(400, ActionExecutionRejection), (500, aiohttp.ClientResponseError)])
async def test_what_a_server_says_is_its_word_and_nobody_else_is_asked(status: int, error: type) -> None:
    async with server(status) as (one, first), server(status) as (two, second), asking(one, two) as client:
        with pytest.raises(error):
            await client.request(json={})
    assert len(first) + len(second) == 1


def test_the_environment_names_one_or_several() -> None:
    both = action_server_from_environment({"GUICHE_ACTIONS_URL": "http://a/webhook, http://b/webhook",
                                           "GUICHE_ACTIONS_SECRET": "s"})  # fmt: skip
    assert both is not None
    assert both._urls == ["http://a/webhook", "http://b/webhook"]
    assert action_server_from_environment({"GUICHE_ACTIONS_URL": "http://a/webhook"}) is None
