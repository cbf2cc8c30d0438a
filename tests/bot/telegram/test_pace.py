"""30 messages a second to all, one a second to a chat, counted on a clock that the test turns."""

from __future__ import annotations

import heapq
import itertools
from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from bot.channels.telegram import limits
from bot.channels.telegram.pace import MAX_CHATS, Pace

ALMOST = 0.999


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def play(sends: list[tuple[int, float]]) -> dict[int, list[float]]:
    """Each chat's sends, wanted at those moments and one at a time, as ``wait`` does it: when they leave."""
    clock = Clock()
    pace = Pace(clock=clock)
    waiting: dict[int, list[float]] = defaultdict(list)
    for chat, at in sorted(sends, key=lambda send: send[1]):
        waiting[chat].append(100.0 + at)
    turns = [(wanted.pop(0), chat) for chat, wanted in waiting.items()]
    heapq.heapify(turns)
    left: dict[int, list[float]] = defaultdict(list)
    while turns:
        at, chat = heapq.heappop(turns)
        clock.now = max(clock.now, at)
        if (rest := pace.until_chat(str(chat))) > 0:
            heapq.heappush(turns, (clock.now + rest, chat))
            continue
        left[chat].append(clock.now + pace.take(str(chat)))
        if waiting[chat]:
            heapq.heappush(turns, (max(left[chat][-1], waiting[chat].pop(0)), chat))
    return left


@given(st.lists(st.tuples(st.integers(0, 60), st.floats(0, 3)), max_size=200))
def test_no_second_has_more_than_30_and_no_chat_more_than_one(sends: list[tuple[int, float]]) -> None:
    left = play(sends)
    assert sum(map(len, left.values())) == len(sends)
    for moments in left.values():
        assert all(later - earlier >= ALMOST for earlier, later in itertools.pairwise(moments))
    everything = sorted(itertools.chain.from_iterable(left.values()))
    for earlier, later in zip(everything, everything[limits.MESSAGES_PER_SECOND :], strict=False):
        assert later - earlier >= ALMOST


def test_who_was_quiet_does_not_wait_and_is_forgotten() -> None:
    clock = Clock()
    pace = Pace(per_second=10**9, clock=clock)
    assert (pace.until_chat("a"), pace.take("a")) == (0, 0)
    clock.now += 5
    assert (pace.until_chat("a"), pace.take("a")) == (0, 0)
    for chat in range(MAX_CHATS + 5):
        clock.now += 0.01
        pace.take(str(chat))
    assert len(pace._chats) <= MAX_CHATS
