"""80 messages a second in all; to one person one each 6 s, and 45 at once."""

from __future__ import annotations

import pytest

from bot.channels.whatsapp.pace import Pace


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_80_a_second() -> None:
    clock = Clock()
    pace = Pace(clock=clock)
    sent = 0
    for tick in range(4_000):  # two seconds
        clock.now = 1_000.0 + tick / 2_000
        while pace.wait(f"p{sent}") == 0.0:
            sent += 1
    assert 155 <= sent <= 162


@pytest.mark.parametrize("rate", [20, 1_000])
def test_another_throughput(rate: int) -> None:
    clock = Clock()
    pace = Pace(rate, clock=clock)
    sent = 0
    for tick in range(4_000):  # two seconds
        clock.now = 1_000.0 + tick / 2_000
        while pace.wait(f"p{sent}") == 0.0:
            sent += 1
    assert 1.9 * rate <= sent <= 2 * rate + 2


def test_a_burst_to_one_person_is_paid_back() -> None:
    clock = Clock()
    pace = Pace(per_second=float("inf"), clock=clock)
    assert [pace.wait("ana") for _ in range(45)] == [0.0] * 45
    assert 5.9 < pace.wait("ana") <= 6.0
    assert pace.wait("bia") == 0.0
    clock.now += 6.0
    assert pace.wait("ana") == 0.0
    assert pace.wait("ana") > 5.0


def test_one_each_six_seconds_is_never_held_back() -> None:
    clock = Clock()
    pace = Pace(clock=clock)
    for _ in range(200):
        assert pace.wait("ana") == 0.0
        clock.now += 6.0


def test_meta_knows_better() -> None:
    clock = Clock()
    pace = Pace(clock=clock)
    pace.borrowed_all("ana")
    assert 5.9 < pace.wait("ana") <= 6.0
