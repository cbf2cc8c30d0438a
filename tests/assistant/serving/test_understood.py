"""The private channel says how sure it was, only where a person should look."""

from typing import Any, Dict, Optional

import pytest

from tests.assistant.serving.rasa_server import RasaServer


def understood(rasa: RasaServer, **body: Any) -> Optional[Dict[str, Any]]:
    status, answer = rasa.post({"conversation": "c", "message_id": "m", "state": None, **body})
    assert status == 200
    return answer["messages"][0].get("custom", {}).get("understood")


@pytest.mark.parametrize(("text", "kind"), [("xyzzy plugh frobnicate", "offer"), ("segunda via do iptu", "reject")])
def test_what_was_not_answered(rasa: RasaServer, text: str, kind: str) -> None:
    found = understood(rasa, text=text)
    assert found is not None
    assert found["kind"] == kind
    assert set(found) == {"kind", "topic", "probability"}
    assert 0 <= found["probability"] <= 1


def test_nothing_of_a_sure_answer_or_a_button(rasa: RasaServer) -> None:
    assert understood(rasa, text="esqueci minha senha") is None
    assert understood(rasa, text="Assinar", payload={"intent": "sign", "entities": {}}) is None
