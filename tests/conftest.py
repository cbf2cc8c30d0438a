"""What all tests share: how hypothesis chooses its examples, and one running system for the whole run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tests.whole_system import WholeSystem

# The same examples in every run, so that a run that passes passes again; GUICHE_HYPOTHESIS=explore looks for new ones.
# No deadline: how long an example takes on a busy machine says nothing.
settings.register_profile("repeat", derandomize=True, deadline=None)
settings.register_profile("explore", max_examples=1_000, deadline=None)
settings.load_profile(os.environ.get("GUICHE_HYPOTHESIS") or "repeat")


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeSystem]:
    """The whole of Guichê, started once. A test that hurts it ends with `system.heal()`."""
    from tests.whole_system import WholeSystem  # noqa: PLC0415  not at import: tests/assistant runs on Python 3.10

    with WholeSystem(tmp_path_factory.mktemp("system")) as running:
        yield running
