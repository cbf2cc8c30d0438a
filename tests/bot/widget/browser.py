"""A real Chromium for the page's tests."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Nothing but loopback: no updates, no field trials, no QUIC, no first-run pages.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium(*, back_forward_cache: bool = False) -> Iterator[Browser]:
    """The machine's Chromium; without one the test skips, or fails where GUICHE_REQUIRE_PROGRAMS says so.

    ``back_forward_cache``: pages that are left are kept as they are, as people's browsers do and Playwright's does not.
    """
    program = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
    if program is None:
        reason = "no Chromium on PATH (apt-get install chromium)"
        if os.environ.get("GUICHE_REQUIRE_PROGRAMS") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        off = ["--disable-back-forward-cache"] if back_forward_cache else None
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS, ignore_default_args=off)
        try:
            yield browser
        finally:
            browser.close()
