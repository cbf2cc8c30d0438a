"""What the browser tests share: a Chromium, and the real front desk with a stand-in for Rasa behind it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from pydantic import SecretStr

from bot.app import create_app
from bot.cli.ports import free_ports
from bot.settings import Settings
from tests.bot.cli.web_stub import in_thread
from tests.bot.support.assistant import SECRET, StandIn
from tests.bot.widget.browser import chromium
from tests.bot.widget.embedding import Embedding, script
from tests.bot.widget.host import hosting

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def stand_in() -> StandIn:
    return StandIn(script=script)


@pytest.fixture
def embedding(browser: Browser, stand_in: StandIn, tmp_path: Path) -> Iterator[Embedding]:
    """A front desk, and a page of another site that may embed its widget."""
    ours, theirs = free_ports(2)
    with in_thread(stand_in.app()) as rasa, hosting(f"http://127.0.0.1:{ours}", theirs) as host:
        values: dict[str, Any] = {
            "state_dir": tmp_path,
            "data_dir": ROOT / "data",
            "rasa_url": rasa,
            "rasa_secret": SecretStr(SECRET),
            "port": ours,
            "widget_origins": (host.url,),
        }
        opened = Embedding(browser, host, lambda: in_thread(create_app(Settings(**values)), ours))
        with opened:
            yield opened
