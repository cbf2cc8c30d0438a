"""What the assistant was not sure of is stored for `guiche review`, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.responses import JSONResponse

from bot.messages import Understood
from bot.store import open_database
from bot.store.review import decide, digest, doubtful
from tests.bot.conftest import OpenDesk
from tests.bot.support.assistant import StandIn
from tests.bot.support.browser import Browser

DOUBT = {"kind": "offer", "topic": "sign", "probability": 0.25}


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


async def test_both_kinds_of_database_can_be_asked(database_url: str) -> None:
    database = open_database(database_url, 2)
    await database.start()
    assert await database.read(lambda connection: doubtful(connection, 10)) == []
    await database.close()


def test_case_and_spaces_make_no_other_line() -> None:
    assert digest("  Some na\nFIRMA ") == digest("some na firma")
