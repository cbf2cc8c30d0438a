"""What the front desk writes to its log: names of events and errors, never what anybody wrote."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from bot.log import configure_logging
from tests.bot.conftest import PRIVATE_SECRET, OpenDesk
from tests.bot.support.assistant import SECRET, StandIn, fail
from tests.bot.support.browser import Browser


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """The log as ``python -m bot`` writes it."""
    out = io.StringIO()
    root, ours = logging.getLogger(), logging.getLogger("bot")
    before = (root.handlers[:], root.level, ours.level)
    monkeypatch.setattr("sys.stderr", out)
    configure_logging()
    yield out
    root.handlers[:], root.level, ours.level = before
    structlog.reset_defaults()


async def test_no_text_and_no_secret_is_logged(open_desk: OpenDesk, stand_in: StandIn, lines: io.StringIO) -> None:
    async with open_desk(max_tries=1) as (url, _), Browser(url) as browser:
        await browser.ask("minha dúvida sigilosa, cpf 11144477735, senha: batata")
        stand_in.script = fail(500)
        await browser.ask("outra dúvida sigilosa")
        cookie = browser.http.cookies["guiche_session"]
    written = lines.getvalue()
    events = [json.loads(line)["event"] for line in written.splitlines()]
    assert "turn_failed" in events
    assert "message_given_up" in events
    for secret in ("sigilosa", "11144477735", "batata", SECRET, PRIVATE_SECRET, cookie):
        assert secret not in written
