"""`guiche dead-letters`: messages that were given up can be seen, tried again while the front desk runs, or let go."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli.app import app
from tests.bot.conftest import OpenDesk
from tests.bot.support.assistant import StandIn, fail
from tests.bot.support.browser import Browser
from tests.bot.support.postgres import Cluster
from tests.bot.support.serving import free_port, until


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
        none = f"Banco de dados: {database_url}\nNenhuma mensagem ficou sem resposta.\n"
        assert await command("list") == (0, none)
        stand_in.script = fail(500)
        mended = await given_up(browser, "esqueci minha senha")
        lost = await given_up(browser, "abacaxi")
        stand_in.script = None
        code, listed = await command("list")
        assert code == 0
        assert "AssistantBroken" in listed
        assert "senha" not in listed
        assert "abacaxi" in (await command("list", "--text"))[1]
        first, second = (line.split()[0] for line in listed.splitlines()[1:3])

        assert (await command("retry", first))[0] == 0
        await until(lambda: len(browser.said(mended, final=True)) == 2)
        assert browser.said(mended, final=True)[-1]["text"].endswith("1: esqueci minha senha")

        assert (await command("drop", second))[0] == 0
        assert len(browser.said(lost, final=True)) == 1
        assert await command("list") == (0, none)
        assert (await command("retry", first, second))[0] == 1  # there are none any more


@pytest.mark.parametrize("kind", ["nothing", "no such file", "an empty file", "an empty PostgreSQL", "nobody there"])
async def test_where_no_front_desk_keeps_anything_that_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, postgres: Cluster, kind: str
) -> None:
    """And nothing is made there: an empty list would look like good news."""
    monkeypatch.setenv("GUICHE_STATE_DIR", str(tmp_path))
    (tmp_path / "empty.db").touch()
    url = {
        "nothing": "",
        "no such file": f"sqlite:///{tmp_path / 'typo.db'}",
        "an empty file": f"sqlite:///{tmp_path / 'empty.db'}",
        "an empty PostgreSQL": postgres.database(),
        "nobody there": f"postgresql://guiche:segredo@127.0.0.1:{free_port()}/guiche",
    }[kind]
    monkeypatch.setenv("GUICHE_DATABASE_URL", url)
    for arguments in (["list"], ["drop", "e1"], ["retry", "e1"]):
        code, said = await command(*arguments)
        assert code == 1
        if kind == "nobody there":
            assert said.startswith("Não consegui ler as mensagens guardadas")
        else:
            where = url or f"sqlite:///{tmp_path / 'guiche.db'}"
            assert "".join(said.split()).startswith("".join(f"Não há mensagens guardadas em {where}.".split()))
        assert "segredo" not in said
    assert files(tmp_path) == ["empty.db"]


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())
