"""`make soak`: two of each part on PostgreSQL, citizens who chat, and one fault after the other.

Prints an account: every message answered once, in order, with the reply of an undisturbed run; what the others felt.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import signal
import sys
import tempfile
import time
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path

import uvloop
import yaml

from bot.cli.paths import ROOT
from tests.faults import faults, pressure
from tests.faults.account import Account, settle, table
from tests.faults.citizen import Sent
from tests.faults.crowd import PATIENCE, Crowd, Said, undisturbed
from tests.faults.nodes import ACTIONS, DESKS, PORTAL, RASAS, SINGLE, Nodes
from tests.faults.postgres import Postgres
from tests.faults.scene import Fault, Scene
from tests.faults.signing_in import SigningIn

BEFORE = 0.5
"""Seconds of quiet chat before a fault begins."""


@dataclass(frozen=True)
class Size:
    """How much of everything. ``hold``: seconds that a fault lasts; ``timed``: times are judged, not only counts."""

    citizens: int
    pause: float
    hold: float
    streams: int
    burst: int
    webhooks: int
    timed: bool
    new_model: bool
    killed: tuple[str, ...]


SHORT = Size(
    citizens=5, pause=0.1, hold=2.0, streams=150, burst=120, webhooks=120, timed=False, new_model=False,
    killed=(DESKS[0], RASAS[0], ACTIONS[0]),
)  # fmt: skip
LONG = Size(
    citizens=10, pause=0.2, hold=8.0, streams=1000, burst=400, webhooks=400, timed=True, new_model=True,
    killed=(*DESKS, *RASAS, *ACTIONS),
)  # fmt: skip


async def all_answered(messages: list[Sent], within: float) -> None:
    """Returns also when the time is over: the account shows what is missing."""
    ends = time.monotonic() + within
    while not all(message.finals for message in messages) and time.monotonic() < ends:  # noqa: ASYNC110  # many events
        await asyncio.sleep(0.02)


class Soak:
    """Runs the faults on a system that is up."""

    def __init__(self, nodes: Nodes, database: Postgres, size: Size, seed: str, sign_in: SigningIn) -> None:
        self.nodes, self.database, self.size, self.sign_in = nodes, database, size, sign_in
        self.chance = random.Random(seed)
        self.desks = [nodes.url(name) for name in DESKS]
        self.expected: list[list[Said]] = []
        self.apology = str(yaml.safe_load((ROOT / "data" / "front_desk.yml").read_text())["apology"]).split("\n")[0]
        self.accounts: list[Account] = []

    async def prepare(self) -> None:
        self.expected = await undisturbed(self.desks, self.chance, self.sign_in)

    async def during(
        self,
        name: str,
        fault: Fault,
        *,
        portal_fails: bool = False,
        look_ups_suffer: bool = False,
        single: bool = False,
    ) -> Account:
        """Citizens chat; the fault happens and is mended; everybody is answered. ``single``: at the desk on SQLite."""
        size, desks = self.size, [self.nodes.url(SINGLE)] if single else self.desks
        crowd = Crowd(desks, size.citizens, size.pause, self.chance, None if single else self.sign_in)
        scene = Scene(self.nodes, self.database, size.hold, desks, self.chance, size.timed)
        async with crowd.chatting():
            await asyncio.sleep(BEFORE)
            scene.begin()
            notes = await fault(scene)
            mended, before = time.monotonic(), [message for talk in crowd.talks for message in talk.sent]
            await all_answered(before, PATIENCE)
            recovered = time.monotonic() - mended
        account = settle(
            name,
            crowd.talks,
            self.expected,
            self.apology,
            portal_fails=portal_fails,
            look_ups_suffer=look_ups_suffer or portal_fails,
            during=(scene.began_at, mended),
        )
        account.recovered, account.notes = recovered, notes or ""
        account.wrong += scene.wrong
        self.accounts.append(account)
        if portal_fails:
            await faults.portal_is_back(self.desks, self.chance)
        print(table([account]).split("\n", 1)[1], flush=True)
        return account

    async def run(self, only: str = "") -> None:
        """Every fault once, of those whose name the expression ``only`` finds."""
        for name, fault, options in plan(self.size):
            if re.search(only, name):
                await self.during(name, fault, **options)


def plan(size: Size) -> list[tuple[str, Fault, dict[str, bool]]]:
    """The faults by name, with what ``Soak.during`` is told of each."""
    portal = {"portal_fails": True}
    look_ups = {"look_ups_suffer": True}
    model = "a new model" if size.new_model else "the same model"
    return [
        ("nothing happens", faults.nothing, {}),
        *((f"kill -9 {part}", faults.kill(part), look_ups if part in ACTIONS else {}) for part in size.killed),
        (f"kill -9 {PORTAL}", faults.kill(PORTAL), portal),
        ("kill -9 both action servers", faults.kill(*ACTIONS), look_ups),
        ("PostgreSQL restarted", faults.restart_database("fast"), {}),
        ("PostgreSQL crashed", faults.restart_database("immediate"), {}),
        ("action server hangs", faults.hang(ACTIONS[0]), look_ups),
        ("Rasa server hangs", faults.hang(RASAS[0]), {}),
        ("portal slow", faults.portal(kind="latency", seconds=1.0), portal),
        ("portal down", faults.portal(kind="status", status=503), portal),
        ("portal answers rubbish", faults.portal(kind="wrong_shape"), portal),
        ("clock jumps at one front desk", faults.clock_jump, {}),
        ("poison message", faults.poison, {}),
        ("flood by one sender", faults.flood, {}),
        (f"{size.streams} conversations listen", faults.many_streams(size.streams), {}),
        (f"burst of {size.burst} conversations", pressure.burst(size.burst), {}),
        (f"burst of {size.webhooks} on WhatsApp", pressure.webhooks(size.webhooks), {}),
        (f"rolling restart, {model}", faults.rolling_restart(fresh=size.new_model), {}),
        ("disk full (SQLite)", faults.disk_full, {"single": True}),
    ]


async def soak(folder: Path, size: Size, seconds: float, seed: str, only: str = "") -> list[Account]:
    """All of it, again until the time is over; the accounts. Told to stop (SIGTERM), it leaves no process behind."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    with Postgres() as database, Nodes(folder, database.url, GUICHE_SESSION_RATE=faults.SESSION_RATE) as nodes:
        await asyncio.to_thread(nodes.start)
        async with SigningIn(database.url, nodes.encryption_key) as sign_in:
            run = Soak(nodes, database, size, seed, sign_in)
            await run.prepare()
            ends = time.monotonic() + seconds
            while True:
                await run.run(only)
                if time.monotonic() >= ends:
                    return run.accounts


def main() -> int:
    """0 when every account holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=0, help="again until so many have passed; 0: once")
    parser.add_argument("--short", action="store_true", help="as in make test")
    parser.add_argument("--only", default="", help="faults whose name this regular expression finds")
    parser.add_argument("--seed", default=str(time.time_ns()))
    parser.add_argument("--json", type=Path, help="writes the accounts there")
    parser.add_argument("--folder", type=Path, help="keeps the logs there")
    chosen = parser.parse_args()
    print(f"seed {chosen.seed}", flush=True)
    made = nullcontext(str(chosen.folder)) if chosen.folder else tempfile.TemporaryDirectory(prefix="guiche-soak-")
    with made as folder:
        size = SHORT if chosen.short else LONG
        accounts = uvloop.run(soak(Path(folder), size, chosen.seconds, chosen.seed, chosen.only))
    print(f"\n{table(accounts)}")
    if chosen.json:
        chosen.json.write_text(json.dumps([asdict(account) for account in accounts], indent=1, ensure_ascii=False))
    return 0 if all(account.holds for account in accounts) else 1


if __name__ == "__main__":
    sys.exit(main())
