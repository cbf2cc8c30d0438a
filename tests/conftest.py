"""What tests of the whole system share: one running system for the whole run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.whole_system import WholeSystem


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeSystem]:
    """The whole of Guichê, started once. A test that hurts it ends with `system.heal()`."""
    from tests.whole_system import WholeSystem  # noqa: PLC0415  not at import: tests/assistant runs on Python 3.10

    with WholeSystem(tmp_path_factory.mktemp("system")) as running:
        yield running
