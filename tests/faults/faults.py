"""What happens to the system. Each is a coroutine that makes one fault, mends it, and says what it saw."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import shutil
import time
from pathlib import Path
from typing import Any

from bot.cli.model import MODEL
from bot.cli.paths import RASA, ROOT, rasa_environment
from bot.cli.seal import seal
from tests.faults.account import quantile
from tests.faults.citizen import Citizen, Sent
from tests.faults.nodes import ACTIONS, DESKS, FAKETIME, RASAS, SINGLE
from tests.faults.scene import AT_ONCE, Fault, Scene

SESSION_RATE = "10/second"
FLOODERS = 16
FLOOD_SECONDS, LONGEST_FLOOD = 3.0, 60.0
FILL_SECONDS = 90.0
LOOK_UP = "PMP 2023/500100"
FOUND = "Encontrei o processo"


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
    if not FAKETIME:
        scene.must(False, "libfaketime is not installed (apt install libfaketime): no clock was moved")
        return ""
    nodes, name = scene.nodes, DESKS[1]
    before = nodes.parts[name]
    await asyncio.to_thread(nodes.stop_part, name)
    nodes.parts[name] = nodes.with_clock(name)
    await asyncio.to_thread(nodes.start_part, name)
    for offset, seconds in (("+2h", 7_200.0), ("-1h", -3_600.0), ("+0s", 0.0)):
        nodes.set_clock(offset)
        scene.must(await _dated(scene, seconds), f"nothing was written by a clock that is {offset} off")
        await asyncio.sleep(max(1.5, scene.hold / 2))
    await asyncio.to_thread(nodes.stop_part, name)
    nodes.parts[name] = before
    await asyncio.to_thread(nodes.start_part, name)
    return "+2 h, -1 h"


async def _dated(scene: Scene, seconds: float) -> bool:
    """Whether something is written now whose date is so far from the database's clock."""
    ((newest,),) = scene.database.rows("SELECT coalesce(max(id), 0) FROM outbox")
    query = "SELECT count(*) FROM outbox WHERE id > %s AND abs(at - extract(epoch FROM now()) - %s) < 300"
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        if scene.database.rows(query, newest, seconds) != [(0,)]:
            return True
        await asyncio.sleep(0.2)
    return False


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
        started = time.monotonic()
        sent: list[Sent] = []
        refused = 0

        def enough() -> bool:
            passed = time.monotonic() - started
            return passed > LONGEST_FLOOD or (passed > FLOOD_SECONDS and refused > 0)

        async def write() -> None:
            nonlocal refused
            while not enough():
                message = await citizen.post("oi", patience=60)
                sent.append(message)
                refused += message.refusals

        await asyncio.gather(*(write() for _ in range(FLOODERS)))
        for message in sent:
            await citizen.answered(message, 120)
        scene.must(all(message.finals == 1 for message in sent), "a message of the flood was not answered once")
        scene.must(refused, "nothing of the flood was refused")
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
        scene.begin()
        for name in (*RASAS, *ACTIONS, *DESKS):
            if name in RASAS:
                nodes.parts[name] = nodes.rasa(name, Path(model))
            await asyncio.to_thread(nodes.stop_part, name)
            await asyncio.to_thread(nodes.start_part, name)
        return "newly trained" if fresh else "the same model in another file"

    return fault


async def disk_full(scene: Scene) -> str:
    """The front desk's database cannot grow: messages are refused honestly, and taken once there is room."""
    scene.nodes.fill_disk_of(SINGLE, 4096)
    async with Citizen(scene.desks, scene.chance) as citizen:

        def refusals() -> int:
            return sum(message.refusals for message in citizen.sent.values())

        async def write() -> None:
            """Until there is no room, and until that message is taken all the same."""
            while not refusals() and time.monotonic() < ends:
                await citizen.post("esqueci minha senha", patience=240)

        ends = time.monotonic() + FILL_SECONDS
        writing = asyncio.create_task(write())
        while not refusals() and not writing.done():  # noqa: ASYNC110  # two things to wait for
            await asyncio.sleep(0.05)
        await asyncio.sleep(2 * scene.hold)
        scene.nodes.empty_disk_of(SINGLE)
        await writing
        for message in citizen.sent.values():
            await citizen.answered(message, 60)
        scene.must(all(message.finals == 1 for message in citizen.sent.values()), "not answered once")
        scene.must(refusals(), "the disk was never full: nothing was refused")
        return f"{len(citizen.sent)} messages, {refusals()} times refused"
