from pathlib import Path

import pytest

from assistant.content.city import Agency, load_city
from assistant.process_reference import AgencyIndex

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def agencies() -> list[Agency]:
    return load_city(ROOT).agencies


@pytest.fixture(scope="session")
def index(agencies: list[Agency]) -> AgencyIndex:
    return AgencyIndex(agencies)
