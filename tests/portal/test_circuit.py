"""The circuit: citizens do not wait for a backend that was down a moment ago, and it is noticed when it is back."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest

from portal import CircuitOpen, CircuitPolicy, Down, NotFound, PortalClient, RetryPolicy, Slow
from portal._circuit import Circuit
from sandbox.portal.build import EXAMPLE
from sandbox.portal.faults import Fault, Faults

if TYPE_CHECKING:
    from collections.abc import Callable

    Connect = Callable[..., PortalClient]

PROCESSES = "/solarbpm-integracao/processos"
ONCE = RetryPolicy(attempts=1)


async def fail(portal: PortalClient, times: int) -> None:
    for _ in range(times):
        with pytest.raises((Down, Slow)):
            await portal.find_process(*EXAMPLE)


async def test_after_failures_in_a_row_nothing_is_sent_and_the_answer_is_instant(
    connect: Connect, faults: Faults
) -> None:
    portal = connect(retry=ONCE)
    faults.set(Fault("status"))
    await fail(portal, 5)

    started = time.monotonic()
    with pytest.raises(CircuitOpen):
        await portal.find_process(*EXAMPLE)

    assert portal.circuit_open
    assert time.monotonic() - started < 0.1
    assert faults.requests[PROCESSES] == 5


async def test_retries_stop_when_the_circuit_opens(connect: Connect, faults: Faults) -> None:
    portal = connect(retry=RetryPolicy(attempts=9, base=0.001))
    faults.set(Fault("status"))

    with pytest.raises(Down):
        await portal.find_process(*EXAMPLE)
    assert faults.requests[PROCESSES] == 5


async def test_when_the_backend_is_back_a_probe_closes_the_circuit(connect: Connect, faults: Faults) -> None:
    portal = connect(retry=ONCE, circuit=CircuitPolicy(failures=2, open_for=0.2))
    faults.set(Fault("status"))
    await fail(portal, 2)
    faults.clear()

    with pytest.raises(CircuitOpen) as caught:
        await portal.find_process(*EXAMPLE)
    await asyncio.sleep(caught.value.retry_after)

    assert (await portal.find_process(*EXAMPLE)).number == 500100
    assert not portal.circuit_open


async def test_our_own_deadline_counts_as_the_backends_failure(connect: Connect, faults: Faults) -> None:
    portal = connect(retry=ONCE, deadline=0.15, circuit=CircuitPolicy(failures=1, open_for=10))
    faults.set(Fault("slow_drip", seconds=0.02))

    with pytest.raises(Slow):
        await portal.find_process(*EXAMPLE)
    assert portal.circuit_open


async def test_refusals_do_not_open_the_circuit(connect: Connect) -> None:
    portal = connect(circuit=CircuitPolicy(failures=1, open_for=10))

    for _ in range(3):
        with pytest.raises(NotFound):
            await portal.find_process("PMP", 2023, 999_999)
    assert not portal.circuit_open


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def circuit(clock: Clock, failures: int = 2) -> Circuit:
    return Circuit(CircuitPolicy(failures=failures, open_for=10), clock=clock)


def attempt(guard: Circuit, error: BaseException | None = None, *, timed_out: bool = False) -> None:
    with guard.attempt(timed_out=lambda: timed_out):
        if error is not None:
            raise error


def open_it(guard: Circuit) -> None:
    for _ in range(2):
        with pytest.raises(Down):
            attempt(guard, Down("no"))


def test_a_success_forgives_the_failures_before() -> None:
    guard = circuit(Clock())
    for _ in range(5):
        with pytest.raises(Down):
            attempt(guard, Down("no"))
        attempt(guard)

    assert not guard.is_open


def test_half_open_lets_only_one_probe_out() -> None:
    clock = Clock()
    guard = circuit(clock)
    open_it(guard)
    clock.now = 10

    with guard.attempt(timed_out=lambda: False), pytest.raises(CircuitOpen):
        attempt(guard)

    attempt(guard)


def test_a_failed_probe_opens_it_again() -> None:
    clock = Clock()
    guard = circuit(clock)
    open_it(guard)
    clock.now = 10
    with pytest.raises(Down):
        attempt(guard, Down("still"))

    clock.now = 19
    with pytest.raises(CircuitOpen) as caught:
        attempt(guard)
    assert caught.value.retry_after == 1


def test_a_probe_whose_citizen_hung_up_lets_the_next_one_probe() -> None:
    clock = Clock()
    guard = circuit(clock)
    open_it(guard)
    clock.now = 10
    with pytest.raises(asyncio.CancelledError):
        attempt(guard, asyncio.CancelledError())

    attempt(guard)
    assert not guard.is_open


def test_citizens_who_hang_up_are_nobodys_failure() -> None:
    guard = circuit(Clock(), failures=1)
    with pytest.raises(asyncio.CancelledError):
        attempt(guard, asyncio.CancelledError())
    assert not guard.is_open

    with pytest.raises(asyncio.CancelledError):
        attempt(guard, asyncio.CancelledError(), timed_out=True)
    assert guard.is_open
