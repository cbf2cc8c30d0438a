"""One Rasa server for the tests that only talk to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.assistant.serving.rasa_server import MODEL, Conversation, RasaServer


@pytest.fixture(scope="session")
def rasa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RasaServer]:
    assert MODEL.exists(), "no trained model: make test trains one first"
    server = RasaServer(MODEL, Path(tmp_path_factory.mktemp("rasa")) / "rasa.log")
    try:
        server.wait("/webhooks/front_desk/ready", 200)
        yield server
    finally:
        server.stop()


@pytest.fixture
def conversation(rasa: RasaServer) -> Conversation:
    return Conversation(rasa)
