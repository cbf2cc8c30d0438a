"""Each way in which a backend misbehaves, over a real connection: the error it becomes, and in what time."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from portal import (
    BrokenAnswer,
    CredentialsRefused,
    Down,
    InvalidRequest,
    NotFound,
    PortalClient,
    PortalError,
    RetryPolicy,
    Slow,
)
from sandbox.portal.app import TOKEN
from sandbox.portal.build import BUSY, EXAMPLE
from sandbox.portal.faults import KINDS, Fault, Faults

if TYPE_CHECKING:
    from collections.abc import Callable

    Connect = Callable[..., PortalClient]

PROCESSES = "/solarbpm-integracao/processos"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault("status", status=500), Down),
        (Fault("status", status=502), Down),
        (Fault("status", status=503), Down),
        (Fault("status", status=429), Down),
        (Fault("reset"), Down),
        (Fault("cut"), Down),
        (Fault("hang"), (Down, Slow)),
        (Fault("latency", seconds=3), (Down, Slow)),
        (Fault("slow_drip", seconds=0.05), Slow),
        (Fault("broken_json"), BrokenAnswer),
        (Fault("wrong_shape"), BrokenAnswer),
        (Fault("empty"), BrokenAnswer),
        (Fault("huge"), BrokenAnswer),
        (Fault("redirect"), BrokenAnswer),
        (Fault("expired_token"), CredentialsRefused),
        (Fault("status", status=400), InvalidRequest),
        (Fault("status", status=403), CredentialsRefused),
        # An HTML page is no answer about a process: the address is wrong, or a gateway stands in between.
        (Fault("status", status=404), BrokenAnswer),
    ],
    ids=lambda value: f"{value.kind}-{value.status}" if isinstance(value, Fault) else "",
)
async def test_a_fault_becomes_its_error_before_the_deadline(
    connect: Connect, faults: Faults, fault: Fault, error: type[PortalError] | tuple[type[PortalError], ...]
) -> None:
    portal = connect()
    faults.set(fault)

    started = time.monotonic()
    with pytest.raises(PortalError) as caught:
        await portal.find_process(*EXAMPLE)

    assert isinstance(caught.value, error)
    assert time.monotonic() - started < 2.0  # the deadline is 1 s, the machine is shared
    assert BUSY.name not in str(caught.value)


def test_every_fault_of_the_sandbox_is_tested_above() -> None:
    tested = test_a_fault_becomes_its_error_before_the_deadline.pytestmark[0].args[1]  # type: ignore[attr-defined]

    assert {case[0].kind for case in tested} == set(KINDS)


@pytest.mark.parametrize("kind", ["status", "reset", "cut"])
async def test_a_read_that_fails_twice_is_repeated_and_succeeds(connect: Connect, faults: Faults, kind: str) -> None:
    faults.set(Fault(kind, times=2))  # type: ignore[arg-type]

    assert (await connect().find_process(*EXAMPLE)).number == 500100
    assert faults.requests[PROCESSES] == 3


async def test_a_backend_that_hangs_once_is_asked_again_within_the_deadline(connect: Connect, faults: Faults) -> None:
    faults.set(Fault("hang", times=1))

    assert (await connect().find_process(*EXAMPLE)).number == 500100


async def test_attempts_end(connect: Connect, faults: Faults) -> None:
    faults.set(Fault("status"))

    with pytest.raises(Down):
        await connect().find_process(*EXAMPLE)
    assert faults.requests[PROCESSES] == 3


@pytest.mark.parametrize("kind", ["broken_json", "wrong_shape", "redirect"])
async def test_a_broken_answer_is_not_asked_for_again(connect: Connect, faults: Faults, kind: str) -> None:
    faults.set(Fault(kind))  # type: ignore[arg-type]

    with pytest.raises(BrokenAnswer):
        await connect().find_process(*EXAMPLE)
    assert faults.requests[PROCESSES] == 1


async def test_not_found_is_not_asked_for_again(connect: Connect, faults: Faults) -> None:
    with pytest.raises(NotFound):
        await connect().find_process("PMP", 2023, 999_999)
    assert faults.requests[PROCESSES] == 1


async def test_a_long_retry_after_is_not_waited_for(connect: Connect) -> None:
    asked = 0

    def overloaded(request: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += request.method == "GET"
        if request.method == "POST":
            return httpx.Response(200, json={"access_token": "t", "token_type": "bearer", "expires_in": 60})
        return httpx.Response(429, headers={"Retry-After": "30"})

    started = time.monotonic()
    with pytest.raises(Down):
        await connect(httpx.MockTransport(overloaded)).find_process(*EXAMPLE)
    assert asked == 1
    assert time.monotonic() - started < 0.5


async def test_nobody_listening_is_down(connect: Connect, unused_tcp_port: int) -> None:
    url = f"http://127.0.0.1:{unused_tcp_port}"

    with pytest.raises(Down):
        await connect(url=url, token_url=url + TOKEN).find_process(*EXAMPLE)


async def test_a_token_server_that_hangs_is_slow_or_down(connect: Connect, faults: Faults) -> None:
    faults.set(Fault("hang", path=TOKEN))

    started = time.monotonic()
    with pytest.raises((Slow, Down)):
        await connect().find_process(*EXAMPLE)
    assert time.monotonic() - started < 2.0


async def test_a_token_of_the_wrong_shape_is_a_broken_answer(connect: Connect, faults: Faults) -> None:
    faults.set(Fault("wrong_shape", path=TOKEN))

    with pytest.raises(BrokenAnswer):
        await connect().find_process(*EXAMPLE)


async def test_the_connection_pool_survives_citizens_who_hang_up(connect: Connect, faults: Faults) -> None:
    portal = connect(limits=httpx.Limits(max_connections=2), retry=RetryPolicy(attempts=1))
    await portal.find_process(*EXAMPLE)
    faults.set(Fault("hang"))
    for _ in range(6):
        before = faults.requests[PROCESSES]
        asking = asyncio.create_task(portal.find_process(*EXAMPLE))
        while faults.requests[PROCESSES] == before:
            assert not asking.done()
            await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
    faults.clear()

    assert (await portal.find_process(*EXAMPLE)).number == 500100
