"""What became of the messages of each fault: the table that `make soak` prints and that the tests look at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import yaml

from bot.cli.paths import ROOT
from tests.faults.citizen import Sent, told_again
from tests.faults.crowd import Said, Talk, said

TROUBLES = tuple(f"utter_{what}_{how}" for what in ("process", "own") for how in ("slow", "down", "broken", "refused"))
"""What is said while the backend fails (actions/responses.py)."""


@dataclass
class Account:
    """One fault. Latencies in seconds, of what was posted while it lasted by those whom it does not itself concern."""

    name: str
    messages: int = 0
    answered_once: int = 0
    same: int = 0
    excused: int = 0
    """Look-ups while the portal failed that were told so, in the words for it."""
    out_of_order: int = 0
    told_twice: int = 0
    apologies: int = 0
    p50: float = 0.0
    p95: float = 0.0
    longest: float = 0.0
    post_p99: float = 0.0
    recovered: float = 0.0
    """Seconds from the end of the fault until everything sent before it was answered."""
    notes: str = ""
    wrong: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Every message once, in order, with the reply of an undisturbed run."""
        return (
            not self.wrong
            and self.messages == self.answered_once == self.same + self.excused
            and self.out_of_order == self.told_twice == self.apologies == 0
        )


def settle(
    name: str,
    talks: Sequence[Talk],
    expected: Sequence[Sequence[Said]],
    apology: str,
    *,
    portal_fails: bool = False,
    look_ups_suffer: bool = False,
    during: tuple[float, float] = (0.0, float("inf")),
) -> Account:
    """The account of the conversations that were led during one fault.

    ``portal_fails``: a look-up may have been told so. ``look_ups_suffer``: those who ask for processes are concerned.
    ``during``: from when to when the fault lasted (monotonic).
    """
    account = Account(name)
    others: list[Sent] = []
    for talk in talks:
        account.messages += len(talk.sent)
        account.out_of_order += not talk.in_order
        account.told_twice += told_again(talk.sent)
        if not (look_ups_suffer and talk.asks_portal):
            others += [message for message in talk.sent if during[0] <= message.posted_at <= during[1]]
        for number, message in enumerate(talk.sent):
            account.answered_once += message.finals == 1
            account.apologies += any(apology in bubble for bubble in message.bubbles)
            if said(message) == expected[talk.script][number]:
                account.same += 1
            elif portal_fails and message.bubbles and all(map(speaks_of_trouble, message.bubbles)):
                account.excused += 1
            else:
                account.wrong.append(f"{message.text!r}: {message.finals} finals, {message.bubbles!r}")
    times(account, others)
    return account


def times(account: Account, messages: Sequence[Sent]) -> None:
    seconds = [message.seconds for message in messages if message.finals]
    account.p50, account.p95 = quantile(seconds, 0.5), quantile(seconds, 0.95)
    account.longest = max(seconds, default=0.0)
    account.post_p99 = quantile([message.post_seconds for message in messages if message.stored_at], 0.99)


def _sentences() -> re.Pattern[str]:
    """Every way of saying that the backend fails; what stands for a value may be anything."""
    responses = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))["responses"]
    texts = [variation["text"] for name in TROUBLES for variation in responses[name]]
    return re.compile("|".join(re.sub(r"\\\{\w+\\\}", ".+?", re.escape(text)) for text in texts))


_TROUBLE = _sentences()


def speaks_of_trouble(bubble: str) -> bool:
    """Whether a bubble says, in the words for it, that the backend fails."""
    return _TROUBLE.search(bubble) is not None


def quantile(values: Iterable[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


_COLUMNS = (
    ("fault", 34), ("messages", 8), ("once", 6), ("same", 6), ("excused", 7), ("disorder", 8), ("p50 ms", 7),
    ("p95 ms", 7), ("max ms", 7), ("post p99", 8), ("recovery s", 10),
)  # fmt: skip


def table(accounts: Iterable[Account]) -> str:
    """One line a fault."""
    lines = ["  ".join(f"{title:<{width}}" for title, width in _COLUMNS)]
    for one in accounts:
        cells = (
            one.name, one.messages, one.answered_once, one.same, one.excused, one.out_of_order,
            *(f"{1000 * seconds:.0f}" if seconds else "-" for seconds in (one.p50, one.p95, one.longest, one.post_p99)),
            f"{one.recovered:.1f}",
        )  # fmt: skip
        line = "  ".join(f"{cell!s:<{width}}" for cell, (_, width) in zip(cells, _COLUMNS, strict=True))
        lines.append(f"{line}  {'' if one.holds else 'BROKEN '}{one.notes}".rstrip())
        lines += [f"    {wrong[:300]}" for wrong in one.wrong[:5]]
    return "\n".join(lines)
