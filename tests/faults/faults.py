"""What happens to the system. Each is a coroutine that makes one fault, mends it, and says what it saw."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import shutil
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.cli.model import MODEL
from bot.cli.paths import RASA, ROOT, rasa_environment
from bot.cli.seal import seal
from tests.faults.account import quantile
from tests.faults.citizen import Citizen, Sent
from tests.faults.nodes import ACTIONS, DESKS, RASAS, SINGLE, Nodes
from tests.faults.postgres import Postgres

SESSION_RATE = "30/second"
FLOOD_SECONDS = 3.0
AT_ONCE = 50
"""Citizens who connect at the same moment."""
LOOK_UP = "PMP 2023/500100"
FOUND = "Encontrei o processo"


@dataclass
class Scene:
    """What a fault may touch. ``wrong``: what it saw beside the crowd that must not be."""

    nodes: Nodes
    database: Postgres
    hold: float
    desks: list[str]
    chance: random.Random
    wrong: list[str] = field(default_factory=list)

    def must(self, holds: object, else_: str) -> None:
        if not holds:
            self.wrong.append(else_)


type Fault = Callable[[Scene], Awaitable[str | None]]


async def nothing(scene: Scene) -> None:
    await asyncio.sleep(scene.hold)


def kill(*parts: str) -> Fault:
    """kill -9, a while without them, and they are started again."""

    async def fault(scene: Scene) -> None:
        for part in parts:
            await asyncio.to_thread(scene.nodes.kill_part, part)
        await asyncio.sleep(scene.hold)
        for part in parts:
            scene.nodes.spawn(part)
        for part in parts:
            await asyncio.to_thread(scene.nodes.wait_ready, part)

    return fault


def restart_database(how: str) -> Fault:
    async def fault(scene: Scene) -> None:
        await asyncio.to_thread(scene.database.stop, how)
        await asyncio.sleep(scene.hold / 2)
        await asyncio.to_thread(scene.database.start)

    return fault


def hang(part: str) -> Fault:
    async def fault(scene: Scene) -> None:
        scene.nodes.stop_the_world_of(part)
        try:
            await asyncio.sleep(2 * scene.hold)
        finally:
            scene.nodes.go_on(part)

    return fault


def portal(**options: Any) -> Fault:
    async def fault(scene: Scene) -> None:
        await asyncio.to_thread(scene.nodes.portal_fault, **options)
        await asyncio.sleep(scene.hold)
        await asyncio.to_thread(scene.nodes.portal_fault)

    return fault


async def portal_is_back(desks: list[str], chance: random.Random, actions: int = 2) -> None:
    """Until every action server's circuit to the backend is closed again: many look-ups in a row succeed."""
    async with asyncio.timeout(60):
        row = 0
        while row < 4 * actions:
            async with Citizen(desks, chance) as citizen:
                message = await citizen.post(LOOK_UP)
                await citizen.answered(message, 30)
                row = row + 1 if FOUND in "".join(message.bubbles) else 0
            if not row:
                await asyncio.sleep(0.5)


async def clock_jump(scene: Scene) -> str:
    """One front desk's clock goes two hours ahead, then back to an hour behind, then right."""
    nodes, name = scene.nodes, DESKS[1]
    before = nodes.parts[name]
    await asyncio.to_thread(nodes.stop_part, name)
    nodes.parts[name] = nodes.with_clock(name)
    await asyncio.to_thread(nodes.start_part, name)
    for offset in ("+2h", "-1h", "+0s"):
        nodes.set_clock(offset)
        await asyncio.sleep(max(1.5, scene.hold / 2))
    await asyncio.to_thread(nodes.stop_part, name)
    nodes.parts[name] = before
    await asyncio.to_thread(nodes.start_part, name)
    return "+2 h, -1 h"


async def poison(scene: Scene) -> str:
    """A button of a model that is no more: Rasa refuses its intent each time. The next message is answered."""
    async with Citizen(scene.desks, scene.chance) as citizen:
        first = await citizen.post("oi")
        await citizen.answered(first, 60)
        scene.database.rows(
            "INSERT INTO buttons (id, conversation, title, payload, created_at) VALUES (%s, %s, 'Sumiu', %s, %s)",
            f"poison{scene.chance.random()}"[:30],
            citizen.conversation,
            '{"intent": "intent_of_yesterday", "entities": {}}',
            time.time(),
        )
        ((button,),) = scene.database.rows(
            "SELECT id FROM buttons WHERE conversation = %s AND title = 'Sumiu'", citizen.conversation
        )
        started = time.monotonic()
        pressed = await citizen.post("Sumiu", button=str(button))
        after = await citizen.post("como assino um documento?")
        await citizen.answered(after, 60)
        scene.must("não consegui responder" in "".join(pressed.bubbles), f"poison was answered {pressed.bubbles}")
        scene.must("assin" in "".join(after.bubbles), f"after the poison: {after.bubbles}")
        scene.must(citizen.order == [first.reference, pressed.reference, after.reference], "out of order")
        letters = scene.database.rows("SELECT reason FROM dead_letters WHERE conversation = %s", citizen.conversation)
        scene.must(letters == [("AssistantRefused",)], f"dead letters: {letters}")
        return f"given up after {time.monotonic() - started:.1f} s"


async def flood(scene: Scene) -> str:
    """One sender writes as fast as it is let; what is taken is answered in order, the rest refused."""
    async with Citizen(scene.desks, scene.chance) as citizen:
        ends = time.monotonic() + FLOOD_SECONDS
        sent: list[Sent] = []
        refused = 0

        async def write() -> None:
            nonlocal refused
            while time.monotonic() < ends:
                message = await citizen.post("oi", patience=60)
                sent.append(message)
                refused += message.refusals

        await asyncio.gather(*(write() for _ in range(8)))
        for message in sent:
            await citizen.answered(message, 120)
        scene.must(all(message.finals == 1 for message in sent), "a message of the flood was not answered once")
        return f"{len(sent)} taken, {refused} refused"


def many_streams(count: int) -> Fault:
    """So many citizens listen; each writes once and hears the answer on the open stream."""

    async def fault(scene: Scene) -> str:
        async with contextlib.AsyncExitStack() as stack:
            citizens: list[Citizen] = []
            while len(citizens) < count:
                some = [Citizen(scene.desks, scene.chance) for _ in range(min(AT_ONCE, count - len(citizens)))]
                citizens += await asyncio.gather(*(stack.enter_async_context(citizen) for citizen in some))
            seconds = []
            for start in range(0, count, AT_ONCE):
                batch = citizens[start : start + AT_ONCE]
                messages = await asyncio.gather(*(citizen.post("oi") for citizen in batch))
                await asyncio.gather(*(c.answered(m, 120) for c, m in zip(batch, messages, strict=True)))
                seconds += [message.seconds for message in messages]
            finals = [message.finals for citizen in citizens for message in citizen.sent.values()]
            scene.must(finals == [1] * count, f"{count - finals.count(1)} of {count} did not hear one answer")
            return f"their p95 {1000 * quantile(seconds, 0.95):.0f} ms"

    return fault


def burst(count: int) -> Fault:
    """More than the system answers, at once: it is stored quickly, answered in the order of arrival, told once."""

    async def fault(scene: Scene) -> str:
        async with contextlib.AsyncExitStack() as stack:
            citizens = []
            while len(citizens) < count:
                some = [Citizen(scene.desks, scene.chance) for _ in range(min(AT_ONCE, count - len(citizens)))]
                citizens += await asyncio.gather(*(stack.enter_async_context(citizen) for citizen in some))
            started = time.monotonic()

            async def write(citizen: Citizen, after: float) -> None:
                await asyncio.sleep(after)  # an offered rate that does not wait for answers
                for text in ("oi", "esqueci minha senha", "e depois?"):
                    await citizen.post(text)

            rate = 150.0
            await asyncio.gather(*(write(citizen, 3 * n / rate) for n, citizen in enumerate(citizens)))
            stored = time.monotonic() - started
            sent = [message for citizen in citizens for message in citizen.sent.values()]
            for citizen in citizens:
                await citizen.answered(list(citizen.sent.values())[-1], 180)
            scene.must(all(message.finals == 1 for message in sent), "not every message of the burst answered once")
            scene.must(all(message.notices <= 1 for message in sent), "somebody was told twice")
            scene.must(
                all(citizen.order == list(citizen.sent) for citizen in citizens), "a conversation is out of order"
            )
            last = max(message.answered_at for message in sent) - started
            posts = quantile([message.post_seconds for message in sent], 0.99)
            told = sum(message.notices for message in sent)
            return (
                f"{len(sent)} messages stored in {stored:.1f} s (post p99 {1000 * posts:.0f} ms), "
                f"all answered after {last:.1f} s, {told} told that it takes longer"
            )

    return fault


def rolling_restart(*, fresh: bool) -> Fault:
    """Each part in turn is stopped politely and started anew, the Rasa servers with another model."""

    async def fault(scene: Scene) -> str:
        nodes = scene.nodes
        model = nodes.folder / f"model-{time.time_ns()}" / "guiche.tar.gz"
        model.parent.mkdir()
        if fresh:
            command = (RASA, "train", "--force", "--fixed-model-name", "guiche", "--out", model.parent)
            environment = rasa_environment(nodes.parts[RASAS[0]].environment)
            training = await asyncio.create_subprocess_exec(
                "nice", "-n", "15", *map(str, command), cwd=ROOT, env=environment,
                stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
            scene.must(await training.wait() == 0, "no new model")
        else:
            await asyncio.to_thread(shutil.copy, MODEL, model)
        model.with_name("guiche.json").write_text(json.dumps({"seal": seal(model)}))
        for name in (*RASAS, *ACTIONS, *DESKS):
            if name in RASAS:
                nodes.parts[name] = nodes.rasa(name, Path(model))
            await asyncio.to_thread(nodes.stop_part, name)
            await asyncio.to_thread(nodes.start_part, name)
        return "newly trained" if fresh else "another file"

    return fault


async def disk_full(scene: Scene) -> str:
    """The front desk's database cannot grow: messages are refused honestly, and taken once there is room."""
    scene.nodes.fill_disk_of(SINGLE, 4096)
    async with Citizen(scene.desks, scene.chance) as citizen:
        writing = asyncio.create_task(citizen.post("esqueci minha senha", patience=240))
        await asyncio.sleep(2 * scene.hold)
        scene.nodes.empty_disk_of(SINGLE)
        message = await writing
        await citizen.answered(message, 60)
        scene.must(message.finals == 1, "not answered once")
    return f"{message.refusals} times refused"
