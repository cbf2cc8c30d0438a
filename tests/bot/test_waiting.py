"""While the assistant is away: the message waits, the citizen is told once, the real answer comes."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from typing import Any

import pytest
from starlette.responses import JSONResponse, Response
from structlog.testing import capture_logs

from bot.desk import FrontDesk
from bot.sentences import Sentences
from bot.store import StoreUnavailable
from tests.bot.conftest import OpenDesk
from tests.bot.support.assistant import StandIn, fail
from tests.bot.support.browser import Browser
from tests.bot.support.serving import free_port, serve, until

NOTICE = 0.3


def notices(browser: Browser, sentences: Sentences) -> list[dict[str, Any]]:
    return [data for data in browser.said() if data["text"] in (sentences.delayed, sentences.delayed_again)]


async def failures(desk: FrontDesk) -> int:
    """Waits that the inbox has written down."""
    from sqlalchemy import text  # noqa: PLC0415

    total = await desk.store.database.read(lambda c: c.execute(text("SELECT sum(waits) FROM inbox")).scalar())
    return int(total or 0)


async def test_with_the_assistant_down_the_message_waits_and_is_answered(
    open_desk: OpenDesk, stand_in: StandIn
) -> None:
    port = free_port()
    async with (
        open_desk(rasa_url=f"http://127.0.0.1:{port}", notice_after=NOTICE) as (url, desk),
        Browser(url) as browser,
    ):
        first = await browser.send("esqueci minha senha")
        await until(lambda: notices(browser, desk.sentences))

        async def tried_often() -> bool:
            return await failures(desk) >= 3

        await until(tried_often)
        assert browser.said(final=True) == []
        async with serve(stand_in.app(), port):
            answer = await browser.answer(first)
        assert answer["text"].endswith("1: esqueci minha senha")
        (notice,) = notices(browser, desk.sentences)
        assert (notice["in_reply_to"], notice["final"]) == (first, False)
        assert len(stand_in.seen) == 1


@pytest.mark.parametrize("status", [503, 502])
async def test_unavailable_and_failed_actions_never_count_as_tries(
    open_desk: OpenDesk, stand_in: StandIn, status: int
) -> None:
    stand_in.script = fail(status)
    async with open_desk(max_tries=2, notice_after=NOTICE) as (url, desk), Browser(url) as browser:
        reference = await browser.send("PMP 2023/500100")
        await until(lambda: len(stand_in.seen) >= 4)
        stand_in.script = None
        answer = await browser.answer(reference)
        assert answer["text"].endswith("1: PMP 2023/500100")
        assert len(notices(browser, desk.sentences)) == 1


async def test_all_that_waited_are_answered_as_soon_as_one_is(open_desk: OpenDesk, stand_in: StandIn) -> None:
    stand_in.script = fail(502)
    async with open_desk() as (url, _), Browser(url) as one, Browser(url) as two, Browser(url) as three:
        browsers = (one, two, three)
        references = [await browser.send("minhas pendências") for browser in browsers]
        await until(lambda: len(stand_in.seen) >= 12)
        stand_in.script = None
        await asyncio.gather(*(b.answer(r, within=3) for b, r in zip(browsers, references, strict=True)))


@pytest.mark.parametrize("status", [502, 503])
async def test_after_an_outage_answers_come_in_the_order_of_arrival(
    open_desk: OpenDesk, stand_in: StandIn, status: int
) -> None:
    """Whoever happened to be tried when it was over comes first, then everybody else as they came."""
    names = [f"m{number}" for number in range(12)]
    stand_in.script = fail(status)
    async with AsyncExitStack() as stack:
        url, desk = await stack.enter_async_context(open_desk(workers=1))
        browsers = [await stack.enter_async_context(Browser(url)) for _ in names]
        sent = [await browser.send(name) for browser, name in zip(browsers, names, strict=True)]

        async def tried_often() -> bool:
            return await failures(desk) >= 4 * len(names)

        await until(tried_often)
        stand_in.script = None
        before = len(stand_in.seen)
        for browser, reference in zip(browsers, sent, strict=True):
            await browser.answer(reference)
    answered = [body["text"] for body in stand_in.seen[before:]]
    assert sorted(answered) == sorted(names)
    assert answered[1:] == [name for name in names if name != answered[0]]


async def test_one_failing_conversation_does_not_delay_another(open_desk: OpenDesk, stand_in: StandIn) -> None:
    stand_in.script = lambda body: JSONResponse({"error": "x"}, 502) if body["text"] == "ruim" else None
    async with open_desk() as (url, _), Browser(url) as bad, Browser(url) as good:
        await bad.send("ruim")
        for number in range(5):
            started = time.monotonic()
            await good.ask(f"boa {number}")
            assert time.monotonic() - started < 2
        assert bad.said() == []


async def test_messages_behind_a_stuck_one_keep_their_order_and_are_told(
    open_desk: OpenDesk, stand_in: StandIn
) -> None:
    stand_in.script = fail(503)
    async with open_desk(notice_after=NOTICE) as (url, desk), Browser(url) as browser:
        first = await browser.send("um")
        second = await browser.send("dois")
        await until(lambda: notices(browser, desk.sentences))
        third = await browser.send("três")
        await until(lambda: len(notices(browser, desk.sentences)) == 2)
        stand_in.script = None
        await browser.answer(third)
        finals = [(data["in_reply_to"], data["text"]) for data in browser.said(final=True)]
        assert [reference for reference, _ in finals] == [first, second, third]
        assert [text.split("\n")[-1] for _, text in finals] == ["1: um", "2: dois", "3: três"]
        told = notices(browser, desk.sentences)
        assert [data["in_reply_to"] for data in told] == [first, third]
        assert [data["text"] for data in told] == [desk.sentences.delayed, desk.sentences.delayed_again]


async def test_nobody_waits_eight_seconds_for_a_word_with_the_usual_settings(
    open_desk: OpenDesk, stand_in: StandIn
) -> None:
    stand_in.hold = asyncio.Event()
    async with open_desk() as (url, desk), Browser(url) as browser:
        started = time.monotonic()
        reference = await browser.send("oi")
        await until(lambda: notices(browser, desk.sentences), within=8)
        assert 3 < time.monotonic() - started < 8
        stand_in.hold.set()
        await browser.answer(reference)


async def test_a_restart_neither_repeats_nor_forgets_the_notice(open_desk: OpenDesk, stand_in: StandIn) -> None:
    stand_in.script = fail(503)
    async with open_desk(notice_after=NOTICE) as (url, desk), Browser(url) as browser:
        told = await browser.send("um")
        await until(lambda: notices(browser, desk.sentences))
        cookies = browser.http.cookies
    async with open_desk(notice_after=8) as (url, _), Browser(url, cookies=cookies) as browser:
        untold = await browser.send("dois")
        await until(lambda: any(data.get("id") == untold for _, _, data in browser.events))
    async with open_desk(notice_after=NOTICE) as (url, desk), Browser(url, cookies=cookies) as browser:
        await until(lambda: len(notices(browser, desk.sentences)) == 2)
        stand_in.script = None
        await browser.answer(told)
        await browser.answer(untold)
        assert [data["in_reply_to"] for data in notices(browser, desk.sentences)] == [told, untold]


async def test_while_the_store_is_away_one_message_asks_for_all(
    open_desk: OpenDesk, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many wait: no storm of tries and of log lines."""
    stand_in.hold = asyncio.Event()
    tries = 0
    async with open_desk(notice_after=NOTICE) as (url, desk), Browser(url) as one, Browser(url) as two:
        real = desk.store.notice

        async def away(*_: object) -> None:
            nonlocal tries
            tries += 1
            raise StoreUnavailable("gone")

        monkeypatch.setattr(desk.store, "notice", away)
        with capture_logs() as logs:

            def put_off() -> list[float]:
                return [line["seconds"] for line in logs if line["event"] == "notices_put_off"]

            sent = [(browser, await browser.send(f"m{number}")) for browser in (one, two) for number in range(20)]
            await until(put_off)
            before, lines = tries, len(put_off())
            await until(lambda: len(put_off()) == lines + 2)
        assert tries == before + 2
        assert put_off()[:3] == [0.5, 1.0, 2.0]
        monkeypatch.setattr(desk.store, "notice", real)
        for browser in (one, two):
            await until(lambda browser=browser: notices(browser, desk.sentences))  # type: ignore[misc]
        stand_in.hold.set()
        for browser, reference in sent:
            await browser.answer(reference)
            assert len(notices(browser, desk.sentences)) == 1


async def test_a_quick_answer_is_not_announced(open_desk: OpenDesk, stand_in: StandIn) -> None:
    async with open_desk(notice_after=NOTICE) as (url, desk), Browser(url) as browser:
        await browser.ask("oi")
        slow = time.monotonic() + 2 * NOTICE
        await until(lambda: time.monotonic() > slow)
        assert notices(browser, desk.sentences) == []
        assert len(stand_in.seen) == 1


async def test_typing_is_shown_while_an_answer_is_awaited(open_desk: OpenDesk, stand_in: StandIn) -> None:
    stand_in.hold = asyncio.Event()
    async with open_desk() as (url, _), Browser(url) as browser:
        reference = await browser.send("oi")
        await until(lambda: ("status", None, {"typing": True}) in browser.events)
        async with Browser(url, cookies=browser.http.cookies, after=10_000) as reloaded:
            await until(lambda: ("status", None, {"typing": True}) in reloaded.events)
        stand_in.hold.set()
        await browser.answer(reference)
        await until(lambda: browser.events[-1] == ("status", None, {"typing": False}))


def broken(kind: str) -> Response:
    return {
        "rubbish": Response(b"<html>", media_type="text/html"),
        "no messages": JSONResponse({"messages": [], "state": {}}),
        "no state": JSONResponse({"messages": [{"text": "x"}]}),
        "state is a list": JSONResponse({"messages": [{"text": "x"}], "state": []}),
        "too large": JSONResponse({"messages": [{"text": "x" * 1_100_000}], "state": {}}),
        "bug": JSONResponse({"error": "internal"}, 500),
        "malformed": JSONResponse({"error": "malformed"}, 422),
    }[kind]


@pytest.mark.parametrize(
    "kind",
    ["rubbish", "no messages", "no state", "state is a list", "too large", "bug", "malformed"],
)
async def test_a_message_nobody_can_answer_ends_with_an_apology_and_the_next_is_answered(
    open_desk: OpenDesk, stand_in: StandIn, kind: str
) -> None:
    stand_in.script = lambda body: broken(kind) if body["text"] == "veneno" else None
    async with open_desk(max_tries=3) as (url, desk), Browser(url) as browser:
        await browser.ask("oi")
        poison = await browser.send("veneno")
        after = await browser.send("e agora?")
        assert (await browser.answer(poison))["text"] == desk.sentences.apology
        assert (await browser.answer(after))["text"] == "2: e agora?"  # from the state before the poison
        assert [body["text"] for body in stand_in.seen].count("veneno") == 3


async def test_a_fault_that_passes_costs_no_apology(open_desk: OpenDesk, stand_in: StandIn) -> None:
    faults = iter([broken("bug"), broken("rubbish")])
    stand_in.script = lambda _: next(faults, None)
    async with open_desk(max_tries=4) as (url, _), Browser(url) as browser:
        assert (await browser.ask("oi"))["text"].endswith("1: oi")
        assert len(browser.said()) == 1


async def test_a_stopped_front_desk_gives_back_what_it_holds(open_desk: OpenDesk, stand_in: StandIn) -> None:
    stand_in.hold = asyncio.Event()
    async with open_desk() as (url, _), Browser(url) as browser:
        reference = await browser.send("oi")
        await until(lambda: stand_in.seen)
        cookies = browser.http.cookies
    stand_in.hold.set()
    async with open_desk() as (url, _), Browser(url, cookies=cookies) as browser:
        await browser.answer(reference)
        assert len(browser.said(final=True)) == 1
