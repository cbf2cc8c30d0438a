"""More than the system answers: it is stored quickly, answered in the order of arrival, and who waits is told once.

Both faults begin at a rate and double it, and the number of citizens, until it was too much: until far more messages
waited than there are workers, and somebody was told that it takes longer.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import itertools
import json
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from bot.settings import Settings
from bot.wire import Wire, WireError
from sandbox.whatsapp.number import Person, wamid
from sandbox.whatsapp.webhooks import Webhooks
from tests.citizen import NOTICES
from tests.faults.account import quantile
from tests.faults.citizen import LONGEST_LINE, PAUSE, Citizen, Sent, told_again
from tests.faults.nodes import DESKS, WHATSAPP
from tests.faults.scene import AT_ONCE, Fault, Scene

TEXTS = ("oi", "esqueci minha senha", "e depois?")
RATE = 150.0
"""Messages a second, at first, whether they are answered or not."""
ROUNDS = 4
WORKERS = len(DESKS) * int(Settings.model_fields["workers"].default)
FAR = 3 * WORKERS
"""So many waiting messages are far more than what is being worked on."""
OVERTAKEN = 2 * WORKERS, 0.25
"""By so many later ones at most, or by such a share of all where that is more, an answer may be overtaken: the workers
of both nodes, and one node's line being longer than the other's. By chance it would be most of them."""
ASKED_MS = 50.0
"""p99 of storing a message."""
PATIENCE = 300.0


@dataclass
class Load:
    """What one round saw. ``posts``: seconds of each request that stored a message."""

    messages: int = 0
    stored: float = 0.0
    answered: float = 0.0
    depth: int = 0
    told: int = 0
    tells: bool = True
    """Whether a notice is worth a message on the channel."""
    posts: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def must(self, holds: object, else_: str) -> None:
        if not holds:
            self.wrong.append(else_)

    @property
    def too_much(self) -> bool:
        return self.depth > FAR and (self.told > 0 or not self.tells)

    def said(self, *, judged: bool) -> str:
        p99 = 1000 * quantile(self.posts, 0.99)
        verdict = f", {ASKED_MS:.0f} asked: {'holds' if p99 < ASKED_MS else 'MISSED'}" if judged else ""
        return (
            f"{self.messages} messages stored in {self.stored:.1f} s (p99 {p99:.0f} ms{verdict}), at most {self.depth} "
            f"waited, all answered after {self.answered:.1f} s, {self.told} citizens told that it takes longer"
        )


def burst(citizens: int) -> Fault:
    """Citizens at the website, three messages each."""
    return _pressed(citizens, _burst)


def webhooks(citizens: int) -> Fault:
    """Citizens on WhatsApp, two messages each, in signed webhooks to either front desk."""
    return _pressed(citizens, _webhooks)


def overtaken(answered: Sequence[int]) -> list[int]:
    """For each message, by how many later ones it was overtaken. ``answered``: numbers in order of arrival, in the
    order of their answers."""
    return [sum(later > number for later in answered[:place]) for place, number in enumerate(answered)]


def may_be_overtaken(of: int) -> float:
    """By how many later ones, when so many arrive."""
    workers, share = OVERTAKEN
    return max(workers, share * of)


def _pressed(citizens: int, one_round: Callable[[Scene, int, float], Awaitable[Load]]) -> Fault:
    async def fault(scene: Scene) -> str:
        load = Load()
        for number in range(ROUNDS):
            load = await one_round(scene, citizens * 2**number, RATE * 2**number)
            scene.wrong += load.wrong
            if load.too_much:
                break
        scene.must(load.too_much, f"it was not too much: {load.depth} of {FAR} waited, {load.told} were told")
        return load.said(judged=scene.timed)

    return fault


async def _burst(scene: Scene, count: int, rate: float) -> Load:
    load = Load()
    async with AsyncExitStack() as stack:
        citizens: list[Citizen] = []
        while len(citizens) < count:
            some = [Citizen(scene.desks, scene.chance) for _ in range(min(AT_ONCE, count - len(citizens)))]
            citizens += await asyncio.gather(*(stack.enter_async_context(citizen) for citizen in some))

        async def write(citizen: Citizen, after: float) -> None:
            await asyncio.sleep(after)  # an offered rate that does not wait for answers
            for text in TEXTS:
                await citizen.post(text, patience=PATIENCE)

        begins = _newest(scene)
        async with _watched(scene, load):
            started = time.monotonic()
            await asyncio.gather(*(write(one, len(TEXTS) * n / rate) for n, one in enumerate(citizens)))
            load.stored = time.monotonic() - started
            for citizen in citizens:
                await citizen.answered(list(citizen.sent.values())[-1], PATIENCE)
        sent = [message for citizen in citizens for message in citizen.sent.values()]
        load.messages, load.answered = len(sent), max(message.answered_at for message in sent) - started
        load.posts = [message.post_seconds for message in sent]
        load.told = sum(any(message.told for message in citizen.sent.values()) for citizen in citizens)
        load.must(all(message.finals == 1 for message in sent), "not every message of the burst was answered once")
        load.must(all(one.order == list(one.sent) for one in citizens), "a conversation is out of order")
        again = sum(told_again(citizen.sent.values()) for citizen in citizens)
        load.must(not again, f"{again} times somebody who had been told was told again")
        _judge_order(scene, load, begins, [citizen.conversation for citizen in citizens])
    return load


_phones = itertools.count(5_519_900_000_000)
"""Of everybody who ever writes in this process."""


async def _webhooks(scene: Scene, count: int, rate: float) -> Load:
    load, settings = Load(tells=False), scene.nodes.whatsapp
    people = {str(phone): f"BR.{phone}" for phone in itertools.islice(_phones, count)}
    form = Webhooks("", "", settings["GUICHE_WHATSAPP_PHONE_NUMBER_ID"])
    lines = [_Line(desk, settings["GUICHE_WHATSAPP_APP_SECRET"]) for desk in scene.desks]
    async with httpx.AsyncClient(base_url=scene.nodes.url(WHATSAPP), trust_env=False, timeout=30) as http:

        async def greet(phone: str) -> None:
            """The stand-in must know who wrote before it takes an answer to them."""
            message = {"type": "text", "text": {"body": TEXTS[0]}}
            await http.post("/_control/say", json={"wa_id": phone, "user_id": people[phone], "message": message})

        async def heard() -> dict[str, list[str]]:
            """What each of these people has on the phone."""
            found: dict[str, list[str]] = {phone: [] for phone in people}
            for item in (await http.get("/_control")).json()["sent"]:
                if item["to"] in found:
                    found[item["to"]].append(_text(item["message"]))
            return found

        async def until_answered(messages: int) -> dict[str, list[str]]:
            ends = time.monotonic() + PATIENCE
            while True:
                now = await heard()
                answers = [sum(text not in NOTICES for text in texts) for texts in now.values()]
                if min(answers) >= messages or time.monotonic() > ends:
                    return now
                await asyncio.sleep(0.2)

        async def write(phone: str, after: float) -> None:
            await asyncio.sleep(after)
            for text in TEXTS[:2]:
                person = Person(people[phone], phone, "Cidadã")
                payload = form.message(person, wamid(), {"type": "text", "text": {"body": text}})
                load.posts.append(await _post_surely(scene, lines, json.dumps(payload).encode()))

        await http.put("/_control/settings", json={"statuses": [], "rates": False})
        for some in itertools.batched(people, AT_ONCE, strict=False):
            await asyncio.gather(*(greet(phone) for phone in some))
        before = await until_answered(1)
        begins = _newest(scene)
        async with _watched(scene, load):
            started = time.monotonic()
            await asyncio.gather(*(write(phone, 2 * n / rate) for n, phone in enumerate(people)))
            load.stored = time.monotonic() - started
            after = await until_answered(3)
            load.answered = time.monotonic() - started
    for line in lines:
        await line.close()
    load.messages = 2 * count
    for phone in people:
        new = after[phone][len(before[phone]) :]
        notices = sum(text in NOTICES for text in new)
        load.told += notices > 0
        load.must(len(new) - notices == 2, f"a citizen with 2 messages heard {len(new) - notices} answers")
    conversations = _conversations(scene, list(people))
    again = sum(told_again(messages) for messages in _written(scene, conversations))
    load.must(not again, f"{again} times somebody who had been told was told again")
    _judge_order(scene, load, begins, conversations)
    return load


def _written(scene: Scene, conversations: list[str]) -> list[list[Sent]]:
    """The messages of each conversation with their places in the transcript, and those of the notices about them."""
    found: dict[str, dict[str, Sent]] = {name: {} for name in conversations}
    for name, place, author, reference, body in scene.database.rows(
        "SELECT conversation, id, author, in_reply_to, body FROM outbox WHERE conversation = ANY(%s) ORDER BY id",
        conversations,
    ):
        messages, number = found[str(name)], int(str(place))
        if author == "citizen":
            messages[str(reference)] = Sent("", str(reference), echo=number)
        elif json.loads(str(body))["text"] in NOTICES:
            messages[str(reference)].told.append(number)
    return [list(messages.values()) for messages in found.values()]


class _Line(Wire):
    """Meta's line to one front desk: every request has a signature of its own."""

    def __init__(self, desk: str, app_secret: str) -> None:
        super().__init__(desk, {"Content-Type": "application/json"}, 2.0, LONGEST_LINE)
        self._usual, self._secret = self._headers, app_secret.encode()

    async def post(self, body: bytes) -> int:
        """The status; raises WireError."""
        signature = hmac.new(self._secret, body, hashlib.sha256).hexdigest()
        self._headers = self._usual + f"\r\nX-Hub-Signature-256: sha256={signature}".encode()  # read at once by `send`
        return (await self.send("POST", "/whatsapp/webhook", body))[0]


async def _post_surely(scene: Scene, lines: list[_Line], body: bytes) -> float:
    """As Meta does: until somebody took it. Seconds of the request that was acknowledged."""
    ends = time.monotonic() + PATIENCE
    while True:
        started, status = time.monotonic(), 0
        with contextlib.suppress(WireError, TimeoutError):
            async with asyncio.timeout(10):
                status = await scene.chance.choice(lines).post(body)
        if status == httpx.codes.OK:
            return time.monotonic() - started
        assert status in (0, 503), status
        assert time.monotonic() < ends, "nobody takes the webhook"
        await asyncio.sleep(PAUSE)


def _text(message: dict[str, Any]) -> str:
    """What a person reads of it."""
    content: dict[str, Any] = message.get("text") or message.get("interactive", {}).get("body") or {}
    return str(content.get("body") or content.get("text"))


@asynccontextmanager
async def _watched(scene: Scene, load: Load) -> AsyncIterator[None]:
    """Notes how many messages waited at most, as a node's metrics tell."""

    async def watch() -> None:
        async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
            while True:
                with contextlib.suppress(httpx.TransportError):
                    load.depth = max(load.depth, _depth((await http.get(f"{scene.desks[0]}/metrics")).text))
                await asyncio.sleep(0.1)

    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


def _depth(metrics: str) -> int:
    families = text_string_to_metric_families(metrics)
    (value,) = (one.value for family in families for one in family.samples if one.name == "guiche_queue_depth")
    return 0 if math.isnan(value) else int(value)  # the database did not answer


def _newest(scene: Scene) -> int:
    ((newest,),) = scene.database.rows("SELECT coalesce(max(id), 0) FROM inbox")
    return int(str(newest))


def _conversations(scene: Scene, phones: list[str]) -> list[str]:
    rows = scene.database.rows(
        "SELECT c.id FROM conversations c JOIN whatsapp_people p ON p.key = c.external_key"
        " WHERE c.channel = 'whatsapp' AND p.wa_id = ANY(%s)",
        phones,
    )
    return [str(row[0]) for row in rows]


def _judge_order(scene: Scene, load: Load, begins: int, conversations: list[str]) -> None:
    """Of each conversation's first message. The second goes to the end of the queue when the first is answered, so that
    whoever writes much delays nobody else."""
    rows = scene.database.rows(
        "SELECT DISTINCT ON (i.conversation) i.id, o.id FROM inbox i JOIN outbox o"
        " ON o.conversation = i.conversation AND o.in_reply_to = i.reference AND o.author = 'assistant' AND o.final"
        " WHERE i.id > %s AND i.conversation = ANY(%s) ORDER BY i.conversation, i.id",
        begins,
        conversations,
    )
    arrived = {inbox_id: number for number, inbox_id in enumerate(sorted(int(str(row[0])) for row in rows))}
    answered = [arrived[int(str(row[0]))] for row in sorted(rows, key=lambda row: int(str(row[1])))]
    load.must(len(answered) == len(conversations), f"{len(answered)} of {len(conversations)} conversations answered")
    by = quantile([float(one) for one in overtaken(answered)], 0.95)
    load.must(
        by <= may_be_overtaken(len(answered)), f"not in the order of arrival: overtaken by {by:.0f} later ones (p95)"
    )
