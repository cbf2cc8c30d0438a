"""What the front desk answers by itself; the assistant is not asked."""

from __future__ import annotations

import pytest

from tests.bot.conftest import OpenDesk
from tests.bot.support.assistant import StandIn
from tests.bot.support.browser import Browser


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "empty"),
        (" \n\t ", "empty"),
        ("\u200b\u200d\ufeff\u2060", "empty"),
        ("\x00\x01", "empty"),
        ("\u3164\u2800", "empty"),
        ("🙂", "only_symbols"),
        ('print("hello")', "code"),
        ("👩‍👩‍👧 ❤️", "only_symbols"),
        ("???", "only_symbols"),
        ("...!", "only_symbols"),
        ("a" * 1001, "too_long"),
        ("palavra " * 250, "too_long"),
    ],
)
async def test_answered_without_the_assistant(
    open_desk: OpenDesk, stand_in: StandIn, typed: str, sentence: str
) -> None:
    async with open_desk() as (url, desk), Browser(url) as browser:
        answer = await browser.ask(typed)
        expected = getattr(desk.sentences, sentence).replace("{limit}", "1.000")
        assert answer["text"] == f"{desk.sentences.notice}\n\n{expected}"
        assert stand_in.seen == []


@pytest.mark.parametrize("typed", ["a" * 1000, "ok", "2️⃣", "ção", "123", "你好"])
async def test_anything_with_words_goes_to_the_assistant(desk_url: str, stand_in: StandIn, typed: str) -> None:
    async with Browser(desk_url) as browser:
        await browser.ask(typed)
        assert stand_in.seen[-1]["text"] == typed


async def test_a_sign_that_stands_for_a_word_goes_to_the_assistant_as_that_word(
    desk_url: str, stand_in: StandIn
) -> None:
    async with Browser(desk_url) as browser:
        await browser.ask("👍🏽")
        assert stand_in.seen[-1]["text"] == "ok"


async def test_the_assistant_s_state_is_kept(desk_url: str, stand_in: StandIn) -> None:
    async with Browser(desk_url) as browser:
        await browser.ask("oi")
        await browser.ask("🙂")
        assert (await browser.ask("senha"))["text"] == "2: senha"
