"""Several Rasa servers behind one front desk; a wrong secret; an assistant that never comes back."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from bot.settings import SettingsError
from tests.bot.conftest import OpenDesk
from tests.bot.support.assistant import StandIn, fail
from tests.bot.support.browser import Browser
from tests.bot.support.serving import free_port, serve, until


async def test_turns_go_to_each_server_in_turn(open_desk: OpenDesk, stand_in: StandIn, assistant_url: str) -> None:
    other = StandIn()
    async with (
        serve(other.app()) as second,
        open_desk(rasa_url=f"{assistant_url}, {second}") as (url, _),
        Browser(url) as browser,
    ):
        for number in range(1, 7):
            assert (await browser.ask("oi"))["text"].endswith(f"{number}: oi")
    assert (len(stand_in.seen), len(other.seen)) == (3, 3)


@pytest.mark.parametrize("how", ["dead", "not ready", "wrong secret"])
async def test_with_one_server_away_nobody_waits(
    open_desk: OpenDesk, stand_in: StandIn, assistant_url: str, how: str
) -> None:
    other = StandIn(script=fail(401 if how == "wrong secret" else 503))
    async with serve(other.app()) as second:
        away = f"http://127.0.0.1:{free_port()}" if how == "dead" else second
        async with open_desk(rasa_url=f"{away} {assistant_url}") as (url, desk), Browser(url) as browser:
            for number in range(1, 5):
                assert (await browser.ask("oi"))["text"].endswith(f"{number}: oi")
            assert await desk.assistant.ready()
    assert len(stand_in.seen) == 4


async def test_an_empty_address_is_refused(open_desk: OpenDesk) -> None:
    with pytest.raises(SettingsError, match="GUICHE_RASA_URL"):
        async with open_desk(rasa_url=" "):
            pass


@pytest.mark.parametrize("status", [401, 404])
async def test_a_wrong_secret_or_address_is_said_once_and_messages_wait(
    open_desk: OpenDesk, stand_in: StandIn, status: int
) -> None:
    stand_in.script = fail(status)
    with capture_logs() as logs:
        async with open_desk(max_tries=1, max_wait_seconds=0.01) as (url, _), Browser(url) as browser:
            reference = await browser.send("oi")
            await until(lambda: len(stand_in.seen) >= 4)
            assert browser.said(final=True) == []
            stand_in.script = None
            assert (await browser.answer(reference))["text"].endswith("1: oi")
    assert sum(line["event"] == "assistant_does_not_know_us" for line in logs) == 1


@pytest.mark.parametrize("status", [502, 503])
async def test_a_failure_that_never_ends_ends_with_an_apology_and_the_next_is_answered(
    open_desk: OpenDesk, stand_in: StandIn, status: int
) -> None:
    stand_in.script = lambda body: fail(status)(body) if body["text"] == "veneno" else None
    async with open_desk(max_wait_seconds=1) as (url, desk), Browser(url) as browser:
        poison = await browser.send("veneno")
        after = await browser.send("e agora?")
        assert (await browser.answer(poison))["text"] == desk.sentences.apology
        assert (await browser.answer(after))["text"].endswith("1: e agora?")
        assert (await desk.store.backlog()).dead_letters == 1


async def test_a_clock_that_jumps_ahead_is_no_long_wait(open_desk: OpenDesk, stand_in: StandIn) -> None:
    """The message seems to be a day old after three failures; it is answered all the same."""
    from sqlalchemy import text  # noqa: PLC0415

    stand_in.script = fail(503)
    async with open_desk() as (url, desk), Browser(url) as browser:
        reference = await browser.send("oi")
        await until(lambda: len(stand_in.seen) >= 2)
        await desk.store.database.write(lambda c: c.execute(text("UPDATE inbox SET received_at = received_at - 86400")))
        seen = len(stand_in.seen)
        await until(lambda: len(stand_in.seen) >= seen + 2)
        stand_in.script = None
        assert (await browser.answer(reference))["text"].endswith("1: oi")
