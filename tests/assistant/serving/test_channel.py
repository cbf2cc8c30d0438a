"""The private channel on a real Rasa server: every status means what it says, and nothing is kept."""

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Dict, Optional, Tuple

import pytest

from assistant.seal import seal
from assistant.serving import channel
from tests.assistant.serving.rasa_server import MODEL, ROOT, Conversation, RasaServer


def body(**changes: object) -> dict:
    return {"conversation": "c", "message_id": "m", "state": None, "text": "oi", **changes}


def test_it_is_alive_whether_it_is_ready_or_not(rasa: RasaServer) -> None:
    assert rasa.get("/webhooks/front_desk/health") == (200, {"status": "up"})


def test_readiness_names_the_model_after_a_canary(rasa: RasaServer) -> None:
    status, answer = rasa.get("/webhooks/front_desk/ready")
    assert status == 200
    assert answer["ready"] is True
    assert answer["model"]


class Agent:
    """Rasa's agent, of which readiness asks three things. The real one understands the canary."""

    model_id = "a model"

    def __init__(self, intent: Optional[str] = None, error: Optional[Exception] = None, loaded: bool = True) -> None:
        self._intent = intent
        self._error = error
        self._loaded = loaded

    def is_ready(self) -> bool:
        return self._loaded

    async def parse_message(self, _: str) -> Dict[str, Any]:
        if self._error:
            raise self._error
        return {"intent": {"name": self._intent, "confidence": 0.9}}


async def ready(agent: Optional[Agent]) -> Tuple[int, Dict[str, Any]]:
    request = SimpleNamespace(app=SimpleNamespace(ctx=SimpleNamespace(agent=agent)))
    answer = await channel._readiness(request)  # type: ignore[arg-type]
    assert answer.body is not None
    return answer.status, json.loads(answer.body)


async def test_a_model_that_understands_the_canary_is_ready() -> None:
    assert await ready(Agent("reset_password")) == (200, {"ready": True, "model": "a model"})


@pytest.mark.parametrize("intent", ["nlu_fallback", "out_of_scope", None])
async def test_a_model_that_does_not_understand_the_canary_is_not_ready(intent: Optional[str]) -> None:
    assert await ready(Agent(intent)) == (503, {"ready": False, "reason": "canary_not_understood"})


async def test_a_model_that_cannot_be_asked_is_not_ready() -> None:
    assert await ready(Agent(error=KeyError("features"))) == (503, {"ready": False, "reason": "KeyError"})
    assert await ready(Agent(loaded=False)) == (503, {"ready": False, "reason": "model_not_loaded"})
    assert await ready(None) == (503, {"ready": False, "reason": "model_not_loaded"})


@pytest.mark.parametrize("secret", [None, "", "wrong", "a secret for test", "a secret for tests "])
def test_without_its_secret_it_refuses(rasa: RasaServer, secret: str) -> None:
    assert rasa.post(body(), secret)[0] == 401
    assert rasa.get("/webhooks/front_desk/health", secret)[0] == 401
    assert rasa.get("/webhooks/front_desk/ready", secret)[0] == 401


@pytest.mark.parametrize(
    "request_body",
    [b"", b"{", b"[]", body(text=""), body(text=None), body(text="a" * 1001), body(payload={"intent": "restart"})],
)
def test_a_malformed_request_is_422(rasa: RasaServer, request_body: object) -> None:
    assert rasa.post(request_body)[0] == 422


@pytest.mark.parametrize(
    "path",
    [
        "/status",
        "/version/",
        "/domain",
        "/conversations/c/tracker",
        "/model/parse",
        "/webhooks/rest/webhook",
        "/webhooks/rest/",
    ],
)
def test_rasas_http_api_is_off(rasa: RasaServer, path: str) -> None:
    assert rasa.get(path)[0] == 404
    assert rasa.post(body(), path=path)[0] in (404, 405)


@pytest.mark.parametrize("text", ["/restart", "/session_start", "\u200b/restart", "  / /restart", "／restart", "/back"])
def test_a_typed_command_obeys_nothing(conversation: Conversation, text: str) -> None:
    conversation.say("como assino um documento?")
    conversation.say(text)
    assert "assinar" in conversation.say("não entendi, explica de novo")
    slots = {event["name"]: event["value"] for event in conversation.state["events"] if event["event"] == "slot"}
    assert {**conversation.state["slots"], **slots}["topic"] == "sign"
    assert all(event["event"] not in ("restart", "session_started") for event in conversation.state["events"])


def test_a_typed_intent_with_entities_sets_nothing(rasa: RasaServer) -> None:
    for text in ('/guide_go{"guide": "sign:3"}', '  /guide_go{"guide": "sign:3"}', '/inform_process{"agency": "PMP"}'):
        answer = rasa.post(body(text=text))[1]
        assert "sign:3" not in str(answer)
        assert "passo 3 de" not in str(answer)


def test_the_state_holds_no_text_of_anyone(conversation: Conversation) -> None:
    answer = conversation.say("meu cachorro Rex comeu o certificado da firma Aurora")
    conversation.say("e depois?")
    state = str(conversation.state)
    assert "Rex" not in state
    assert "Aurora" not in state
    assert answer[:20] not in state


def test_a_state_that_this_model_cannot_read_starts_anew_politely(rasa: RasaServer) -> None:
    status, answer = rasa.post(body(text="esqueci minha senha", state={"v": 0, "from": "another version"}))
    assert status == 200
    (message,) = answer["messages"]
    assert "atualiz" in message["text"]
    assert "Redefinir Senha" in message["text"]
    assert answer["state"]["v"] == 1


def test_the_same_turn_from_the_same_state_gives_the_same_reply(rasa: RasaServer) -> None:
    first = rasa.post(body(text="como vejo os anexos?"))[1]
    assert rasa.post(body(text="como vejo os anexos?"))[1]["messages"] == first["messages"]


def test_an_action_server_that_is_down_is_502_and_changes_nothing(rasa: RasaServer) -> None:
    status, answer = rasa.post(body(text="minhas pendências"))
    assert (status, answer) == (502, {"error": "action_failed"})


def test_help_center_answers_survive_the_action_server_being_down(conversation: Conversation) -> None:
    assert "Esqueceu a senha?" in conversation.say("esqueci minha senha")


def test_serving_writes_no_file(rasa: RasaServer, conversation: Conversation) -> None:
    before = _files()
    for text in ("oi", "esqueci minha senha", "e depois?", "asdf", "PMP", "tchau"):
        rasa.post(body(text=text))
    assert _files() == before


def _files() -> dict:
    """Path -> modification time of what Rasa could write: the project (logs of tests apart) and its settings."""
    roots = [MODEL.parents[1], Path.home() / ".config" / "rasa"]
    skipped = {".git", ".venv", ".venv-rasa", "__pycache__", ".pytest_cache", ".hypothesis", ".guiche", "node_modules"}
    found = {}
    for root in roots:
        for folder, folders, files in os.walk(root):
            folders[:] = [name for name in folders if name not in skipped and not name.endswith("_cache")]
            found.update({f"{folder}/{name}": os.stat(f"{folder}/{name}").st_mtime_ns for name in files})
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project without a model: Rasa would otherwise take the newest one that it finds in models/."""
    for name in ("data", "config.yml", "domain.yml", "credentials.yml", "endpoints.yml"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "models").mkdir()
    return tmp_path


def test_an_unreadable_model_is_not_ready(folder: Path) -> None:
    model = folder / "models" / "guiche.tar.gz"
    model.write_bytes(b"this is no model")
    seal(model)
    server = RasaServer(model, folder / "rasa.log", folder)
    try:
        assert server.wait("/webhooks/front_desk/ready", 503)["ready"] is False
        assert server.get("/webhooks/front_desk/health") == (200, {"status": "up"})
        assert server.post(body())[0] == 503
    finally:
        server.stop()


def test_without_a_model_the_server_ends(folder: Path) -> None:
    server = RasaServer(folder / "models" / "guiche.tar.gz", folder / "rasa.log", folder)
    try:
        assert server.process.wait(60) == 1
    finally:
        server.stop()


def test_a_model_from_elsewhere_is_not_served(folder: Path) -> None:
    model = folder / "models" / "guiche.tar.gz"
    model.write_bytes(MODEL.read_bytes())
    server = RasaServer(model, folder / "rasa.log", folder)
    try:
        assert server.process.wait(60) == 1
        assert "was not trained by this installation" in server.log.read_text()
    finally:
        server.stop()
