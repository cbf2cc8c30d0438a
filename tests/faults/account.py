"""What became of the messages of each fault: the table that `make soak` prints and that the tests look at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tests.faults.citizen import Sent
from tests.faults.crowd import Said, Talk, said

DOWN = ("fora do ar", "não consegui consultar", "demor")
"""What an honest answer says while the backend fails."""


@dataclass
class Account:
    """One fault. Latencies in seconds, of those whom the fault does not itself concern."""

    name: str
    messages: int = 0
    answered_once: int = 0
    same: int = 0
    excused: int = 0
    """Look-ups while the portal failed, answered with that."""
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
    name: str, talks: Sequence[Talk], expected: Sequence[Sequence[Said]], apology: str, *, portal_fails: bool = False
) -> Account:
    """The account of the conversations that were led during one fault."""
    account = Account(name)
    messages: list[Sent] = []
    for talk in talks:
        account.out_of_order += not talk.in_order
        for number, message in enumerate(talk.sent):
            messages.append(message)
            account.answered_once += message.finals == 1
            account.told_twice += message.notices > 1
            account.apologies += any(apology in bubble for bubble in message.bubbles)
            if said(message) == expected[talk.script][number]:
                account.same += 1
            elif portal_fails and talk.asks_portal:
                account.excused += 1
            else:
                account.wrong.append(f"{message.text!r}: {message.finals} finals, {message.bubbles!r}")
    account.messages = len(messages)
    times(account, messages)
    return account


def times(account: Account, messages: Sequence[Sent]) -> None:
    seconds = [message.seconds for message in messages if message.finals]
    account.p50, account.p95 = quantile(seconds, 0.5), quantile(seconds, 0.95)
    account.longest = max(seconds, default=0.0)
    account.post_p99 = quantile([message.post_seconds for message in messages if message.stored_at], 0.99)


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
            *(f"{1000 * seconds:.0f}" for seconds in (one.p50, one.p95, one.longest, one.post_p99)),
            f"{one.recovered:.1f}",
        )  # fmt: skip
        line = "  ".join(f"{cell!s:<{width}}" for cell, (_, width) in zip(cells, _COLUMNS, strict=True))
        lines.append(f"{line}  {'' if one.holds else 'BROKEN '}{one.notes}".rstrip())
        lines += [f"    {wrong[:300]}" for wrong in one.wrong[:5]]
    return "\n".join(lines)
