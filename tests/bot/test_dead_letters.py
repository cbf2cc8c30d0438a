"""`guiche dead-letters`: messages that were given up can be seen, tried again while the front desk runs, or let go."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from bot.cli.app import app
from tests.bot.conftest import OpenDesk
from tests.bot.support.assistant import StandIn, fail
from tests.bot.support.browser import Browser
from tests.bot.support.serving import until


async def command(*arguments: str) -> tuple[int, str]:
    import asyncio  # noqa: PLC0415

    result = await asyncio.to_thread(CliRunner().invoke, app, ["dead-letters", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


async def given_up(browser: Browser, text: str) -> str:
    reference = await browser.send(text)
    await browser.answer(reference)
    return reference


async def test_they_are_listed_without_words_tried_again_and_dropped(
    open_desk: OpenDesk, stand_in: StandIn, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GUICHE_DATABASE_URL", database_url)
    async with open_desk(max_tries=1, database_url=database_url) as (url, _), Browser(url) as browser:
        assert await command("list") == (0, "Nenhuma mensagem ficou sem resposta.\n")
        stand_in.script = fail(500)
        mended = await given_up(browser, "esqueci minha senha")
        lost = await given_up(browser, "abacaxi")
        stand_in.script = None
        code, listed = await command("list")
        assert code == 0
        assert "AssistantBroken" in listed
        assert "senha" not in listed
        assert "abacaxi" in (await command("list", "--text"))[1]
        first, second = (line.split()[0] for line in listed.splitlines()[:2])

        assert (await command("retry", first))[0] == 0
        await until(lambda: len(browser.said(mended, final=True)) == 2)
        assert browser.said(mended, final=True)[-1]["text"].endswith("1: esqueci minha senha")

        assert (await command("drop", second))[0] == 0
        assert len(browser.said(lost, final=True)) == 1
        assert await command("list") == (0, "Nenhuma mensagem ficou sem resposta.\n")
        assert (await command("retry", first, second))[0] == 1  # there are none any more


async def test_without_a_database_there_are_none(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("GUICHE_STATE_DIR", str(tmp_path))
    monkeypatch.delenv("GUICHE_DATABASE_URL", raising=False)
    assert await command("list") == (0, "Nenhuma mensagem ficou sem resposta.\n")
    assert (await command("drop", "e1"))[0] == 1
