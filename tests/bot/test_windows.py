"""The limits count by a clock that does not jump, forget what is over, and change no thread."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from limits import parse
from limits.aio.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter

from bot.throttle import Throttle
from bot.windows import Windows
from tests.bot.support.serving import until


class Clock:
    """Moved by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def test_a_moving_window_counts_the_last_seconds(clock: Clock) -> None:
    limiter, three = MovingWindowRateLimiter(Windows(clock)), parse("3/10 seconds")
    assert [await limiter.hit(three, "a") for _ in range(4)] == [True, True, True, False]
    assert await limiter.hit(three, "b")
    clock.now += 9.9
    assert not await limiter.hit(three, "a")
    clock.now += 0.2
    assert [await limiter.hit(three, "a") for _ in range(4)] == [True, True, True, False]
    assert (await limiter.get_window_stats(three, "a")).remaining == 0


async def test_a_moving_window_lets_one_in_for_each_that_leaves(clock: Clock) -> None:
    limiter, two = MovingWindowRateLimiter(Windows(clock)), parse("2/10 seconds")
    assert await limiter.hit(two, "a")
    clock.now += 6
    assert await limiter.hit(two, "a")
    clock.now += 5
    assert [await limiter.hit(two, "a") for _ in range(2)] == [True, False]
    assert not await limiter.hit(two, "b", cost=3)
    assert await limiter.hit(two, "b", cost=2)
    assert not await limiter.hit(two, "b")


async def test_a_fixed_window_begins_anew(clock: Clock) -> None:
    limiter, two = FixedWindowRateLimiter(Windows(clock)), parse("2/10 seconds")
    assert [await limiter.hit(two, "all") for _ in range(3)] == [True, True, False]
    clock.now += 10.1
    assert await limiter.hit(two, "all")
    assert await limiter.test(two, "all")


async def test_what_is_over_is_forgotten(clock: Clock) -> None:
    storage = Windows(clock)
    limiter, fixed, rate = MovingWindowRateLimiter(storage), FixedWindowRateLimiter(storage), parse("5/30 seconds")
    for number in range(100):
        await limiter.hit(rate, str(number))
        await fixed.hit(rate, str(number))
    assert storage.kept == 200
    clock.now += 31
    await limiter.hit(rate, "somebody")
    assert storage.kept == 1


async def test_a_clock_that_is_set_back_refuses_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    right = time.time
    throttle = Throttle("2/second", "3/second")
    monkeypatch.setattr(time, "time", lambda: right() + 7_200)
    assert [await throttle.refusal("a") for _ in range(3)] == [None, None, "too_many"]
    monkeypatch.setattr(time, "time", right)

    async def let_in() -> bool:
        return await throttle.refusal("a") is None

    await until(let_in, within=5)


async def test_many_senders_cost_no_thread() -> None:
    throttle, threads = Throttle("10/second;90/minute", "10000/second"), threading.active_count()
    for number in range(300):
        assert await throttle.refusal(f"sender {number}") is None
    assert threading.active_count() == threads
    assert len(asyncio.all_tasks()) == 1
