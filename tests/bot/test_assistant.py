"""The client of the private channel: what is sent, and which error each failure is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from bot.assistant import (
    Assistant,
    AssistantActionFailed,
    AssistantBroken,
    AssistantError,
    AssistantLost,
    AssistantMisconfigured,
    AssistantRefused,
    AssistantSlow,
    AssistantUnavailable,
    Metadata,
    Turn,
)
from bot.messages import Payload
from tests.bot.support.assistant import SECRET, StandIn, fail
from tests.bot.support.serving import free_port


@pytest.fixture
async def assistant(assistant_url: str) -> AsyncIterator[Assistant]:
    async with Assistant(assistant_url, SECRET, turn_seconds=0.5) as client:
        yield client


@asynccontextmanager
async def saying(said: bytes) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that says ``said`` to each request and hangs up."""
    requests = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(said)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", requests


def turn(text: str = "oi", **changes: object) -> Turn:
    values: dict[str, object] = {
        "conversation": "c1",
        "message_id": "7",
        "metadata": Metadata("web", None, 1_800_000_000.5),
        **changes,
    }
    return Turn(text=text, **values)  # type: ignore[arg-type]


async def test_a_turn_carries_the_state_unread_and_brings_the_new_one(assistant: Assistant, stand_in: StandIn) -> None:
    state = msgspec.Raw(b'{"turn": 4, "x": [1, {"y": null}]}')
    answer = await assistant.answer(turn(state=state, payload=Payload("sign_in", {"a": "b"})))
    assert bytes(answer.state) == b'{"turn":5}'
    assert stand_in.seen == [
        {
            "conversation": "c1",
            "message_id": "7",
            "text": "oi",
            "metadata": {"channel": "web", "session": None, "received_at": 1_800_000_000.5},
            "state": {"turn": 4, "x": [1, {"y": None}]},
            "payload": {"intent": "sign_in", "entities": {"a": "b"}},
        }
    ]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, AssistantMisconfigured),
        (422, AssistantRefused),
        (500, AssistantBroken),
        (418, AssistantBroken),
        (302, AssistantBroken),
        (502, AssistantActionFailed),
        (503, AssistantUnavailable),
    ],
)
async def test_each_status_has_its_error(
    assistant: Assistant, stand_in: StandIn, status: int, error: type[AssistantError]
) -> None:
    stand_in.script = fail(status)
    with pytest.raises(error) as raised:
        await assistant.answer(turn())
    assert type(raised.value) is error


async def test_nobody_there_is_unavailable() -> None:
    async with Assistant(f"http://127.0.0.1:{free_port()}", SECRET) as client:
        with pytest.raises(AssistantUnavailable):
            await client.answer(turn())
        assert await client.ready() is False


async def test_no_answer_in_time_is_slow(assistant: Assistant, stand_in: StandIn) -> None:
    stand_in.hold = asyncio.Event()
    with pytest.raises(AssistantSlow):
        await assistant.answer(turn())
    stand_in.hold.set()
    await assistant.answer(turn())


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"])
async def test_a_line_that_breaks_is_lost_and_no_other_server_is_asked_at_once(said: bytes) -> None:
    """The message may have broken it, and would break the next one as well."""
    async with (
        saying(said) as (one, asked),
        saying(said) as (other, also_asked),
        Assistant(f"{one} {other}", SECRET) as client,
    ):
        with pytest.raises(AssistantLost):
            await client.answer(turn())
    assert len(asked) + len(also_asked) == 1


async def test_a_server_that_dies_of_a_request_on_a_kept_connection_is_lost() -> None:
    """And not "not there", which would be no fault of the message."""
    body = b'{"messages":[{"text":"oi"}],"state":{}}'
    requests = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal requests
        while await reader.readuntil(b"null}"):
            requests += 1
            if requests > 1:
                server.close()
                writer.close()
                return
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with Assistant(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", SECRET) as client:
        await client.answer(turn())
        with pytest.raises(AssistantLost):
            await client.answer(turn())
        assert requests == 2
        with pytest.raises(AssistantUnavailable):
            await client.answer(turn())


async def test_a_suspect_is_asked_of_a_server_that_understands_only(assistant: Assistant, stand_in: StandIn) -> None:
    stand_in.ready = False
    with pytest.raises(AssistantUnavailable):
        await assistant.answer(turn(), suspect=True)
    stand_in.ready, stand_in.hold_all = True, asyncio.Event()
    with pytest.raises(AssistantUnavailable):
        await assistant.answer(turn(), suspect=True)
    assert stand_in.seen == []
    stand_in.hold_all.set()
    await assistant.answer(turn(), suspect=True)


@pytest.mark.parametrize("said", [b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\x00" * 100])
async def test_what_is_no_http_is_broken(said: bytes) -> None:
    async with saying(said) as (url, _), Assistant(url, SECRET) as client:
        with pytest.raises(AssistantBroken):
            await client.answer(turn())


async def test_a_chunked_answer_is_read() -> None:
    body = b'{"messages":[{"text":"oi"}],"state":{}}'
    chunks = b"%x\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (10, body[:10], len(body) - 10, body[10:])
    said = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
    async with saying(said) as (url, _), Assistant(url, SECRET) as client:
        assert (await client.answer(turn())).messages[0].text == "oi"


async def test_a_kept_connection_that_the_server_closed_is_replaced() -> None:
    body = b'{"messages":[{"text":"oi"}],"state":{}}'
    said = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    async with saying(said) as (url, requests), Assistant(url, SECRET) as client:
        for _ in range(3):  # each time the server hangs up after its answer, without having said so
            await client.answer(turn())
    assert len(requests) == 3


async def test_connections_are_kept_and_one_is_used_by_one_request(assistant_url: str, stand_in: StandIn) -> None:
    stand_in.delay = 0.05
    async with Assistant(assistant_url, SECRET) as client:
        answers = await asyncio.gather(*(client.answer(turn(f"m{number}")) for number in range(8)))
        assert [answer.messages[0].text for answer in answers] == [f"1: m{number}" for number in range(8)]
        await asyncio.gather(*(client.answer(turn()) for _ in range(8)))
    assert len(stand_in.ports) == 8


async def test_a_wrong_secret_is_refused_and_not_ready(assistant_url: str) -> None:
    async with Assistant(assistant_url, "wrong") as client:
        with pytest.raises(AssistantMisconfigured):
            await client.answer(turn())
        assert await client.ready() is False


async def test_readiness(assistant: Assistant, stand_in: StandIn) -> None:
    assert await assistant.ready() is True
    stand_in.ready = False
    assert await assistant.ready() is False
