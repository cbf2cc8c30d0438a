"""What the assistant was not sure of is stored for `guiche review`, and nothing else is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from starlette.responses import JSONResponse

from bot.messages import Body, Bubble, Outcome, Understood
from bot.store import Store, StoredInbound, open_database
from bot.store.review import _PAGE, Doubtful, decide, digest, doubtful
from tests.bot.conftest import OpenDesk
from tests.bot.support.assistant import StandIn
from tests.bot.support.browser import Browser

DOUBT = {"kind": "offer", "topic": "sign", "probability": 0.25}
AGAIN = _PAGE + 1
"""Messages of the same words: more than are read at once."""


def says(stand_in: StandIn, understood: Any) -> None:
    stand_in.script = lambda body: JSONResponse(
        stand_in.answer(body, text="…", custom={"understood": understood} if understood else {})
    )


async def test_doubt_is_kept_with_the_redacted_text(open_desk: OpenDesk, stand_in: StandIn) -> None:
    says(stand_in, DOUBT)
    async with open_desk() as (url, desk), Browser(url) as browser:
        await browser.ask("meu cpf 529.982.247-25 some na firma")
        (line,) = await desk.store.database.read(lambda connection: doubtful(connection, 10))
    assert line.text == "meu cpf [CPF] some na firma"
    assert line.understood == Understood("offer", "sign", 0.25)


@pytest.mark.parametrize(
    "understood",
    [
        None,
        "offer",
        {"kind": "offer"},
        {**DOUBT, "kind": "other"},
        {**DOUBT, "topic": "x" * 100},
        {**DOUBT, "probability": "high"},
    ],
)
async def test_certainty_and_nonsense_leave_nothing(open_desk: OpenDesk, stand_in: StandIn, understood: Any) -> None:
    says(stand_in, understood)
    async with open_desk() as (url, desk), Browser(url) as browser:
        assert "…" in (await browser.ask("oi"))["text"]
        assert await desk.store.database.read(lambda connection: doubtful(connection, 10)) == []


async def test_a_decision_is_remembered_without_the_text(open_desk: OpenDesk, stand_in: StandIn) -> None:
    says(stand_in, DOUBT)
    async with open_desk() as (url, desk), Browser(url) as browser:
        await browser.ask("some na  firma")
        lines = await desk.store.database.read(lambda connection: doubtful(connection, 10))
        await desk.store.database.write(lambda connection: decide(connection, lines, "discarded", 1.0))
        await browser.ask("Some na firma")
        assert await desk.store.database.read(lambda connection: doubtful(connection, 10)) == []


async def test_what_was_decided_hides_nothing_else(database_url: str) -> None:
    """However often it comes again: the limit counts what is shown."""
    store = Store(open_database(database_url, 2), claim_seconds=20)
    await store.start()

    async def receive(number: int, text: str) -> None:
        inbound = StoredInbound(
            channel="web",
            external_key="c",
            citizen="visitor",
            external_id=str(number),
            reference=str(number),
            text=text,
            button=None,
            conversation="c",
            masked=frozenset(),
            fallback_echo="",
        )
        receipt = await store.receive(inbound, claim=True)
        assert receipt.claim is not None
        outcome = Outcome([Bubble(Body("…"))], None, understood=json.dumps(DOUBT))
        await store.finish(receipt.claim, outcome)

    async def found(limit: int) -> list[Doubtful]:
        return await store.database.read(lambda connection: doubtful(connection, limit))

    assert await found(10) == []
    await receive(0, "some na firma")
    decided = await found(10)
    await store.database.write(lambda connection: decide(connection, decided, "discarded", 1.0))
    await receive(1, "ninguém viu esta")
    await receive(2, "nem esta")
    for number in range(3, 3 + AGAIN):
        await receive(number, "Some na FIRMA")

    assert [line.text for line in await found(1)] == ["nem esta"]
    assert [line.text for line in await found(10)] == ["nem esta", "ninguém viu esta"]
    await store.close()


def test_case_and_spaces_make_no_other_line() -> None:
    assert digest("  Some na\nFIRMA ") == digest("some na firma")
