"""The private channel between the front desk and Rasa (credentials.yml). Contract: docs/architecture.md.

Every answer means what its status says: 200 carries at least one message, a failed turn changed nothing.
"""

import asyncio
import hmac
import os
import re
import time
import traceback
from typing import Any, Awaitable, Callable, Dict, Optional

import structlog
from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from rasa.shared.core.constants import DEFAULT_INTENTS
from sanic import Blueprint
from sanic.exceptions import SanicException
from sanic.request import Request
from sanic.response import HTTPResponse, json

from assistant.nlu.classifier import FALLBACK
from assistant.nlu.decision import OUT_OF_SCOPE
from assistant.serving.processor import ActionFailed
from assistant.serving.replies import NothingSaid, join_turn
from assistant.serving.requests import RECEIVED_AT, Malformed, parse_request
from assistant.serving.state import StateUnreadable
from assistant.serving.turn import Turn, current_turn

TURN_TIMEOUT = 7.0  # seconds; the front desk promises the citizen an answer of some kind within 8
MAX_BODY = 256 * 1024  # bytes; a state is about 2 kB, a text at most 1,000 characters
CANARY = "esqueci minha senha"
RESTARTED = "utter_conversation_restarted"

structlogger = structlog.get_logger()


class FrontDeskChannel(InputChannel):
    """Below `/webhooks/front_desk`, behind the shared secret: `POST /webhook`, `GET /health`, `GET /ready`."""

    @classmethod
    def name(cls) -> str:
        return "front_desk"

    @classmethod
    def from_credentials(cls, credentials: Optional[Dict[str, Any]]) -> "FrontDeskChannel":
        """The secret comes from GUICHE_RASA_SECRET; without one every request is refused."""
        return cls(os.environ.get("GUICHE_RASA_SECRET", ""))

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        blueprint = Blueprint("front_desk_channel", __name__)

        @blueprint.middleware("request")
        async def refuse_strangers(request: Request) -> Optional[HTTPResponse]:
            return None if self._authorised(request) else _error(401, "unauthorised")

        @blueprint.get("/")
        async def about(_: Request) -> HTTPResponse:
            return json({"channel": self.name()})

        @blueprint.get("/health")
        async def health(_: Request) -> HTTPResponse:
            """The process is up, and not busy for ever with one message."""
            return json({"status": "up"})

        @blueprint.get("/ready")
        async def ready(request: Request) -> HTTPResponse:
            return await _readiness(request)

        @blueprint.post("/webhook")
        async def webhook(request: Request) -> HTTPResponse:
            if len(request.body) > MAX_BODY:
                return _error(422, "too_large")
            agent = request.app.ctx.agent
            if not agent.is_ready():
                return _error(503, "not_ready")
            try:
                incoming = parse_request(request.json, set(agent.domain.intents) - set(DEFAULT_INTENTS))
            except (Malformed, SanicException) as error:
                structlogger.warning("front_desk.request.malformed", reason=type(error).__name__)
                return _error(422, "malformed")
            return await _serve(incoming, on_new_message, agent)

        return blueprint

    def _authorised(self, request: Request) -> bool:
        given = re.fullmatch(r"Bearer (.+)", request.headers.get("Authorization", ""))
        if not given or not self._secret:
            return False
        return hmac.compare_digest(given.group(1).encode(), self._secret.encode())


async def _serve(incoming: Any, on_new_message: Callable[[UserMessage], Awaitable[Any]], agent: Any) -> HTTPResponse:
    said = list((incoming.state or {}).get("said", []))
    turn = Turn(state=incoming.state, received_at=incoming.metadata[RECEIVED_AT], said=said)
    output = _TurnOutput()
    current_turn.set(turn)
    message = UserMessage(
        incoming.text,
        output,
        incoming.conversation,
        parse_data=incoming.parse_data,
        input_channel=FrontDeskChannel.name(),
        message_id=incoming.message_id,
        metadata=incoming.metadata,
    )
    try:
        try:
            await _run(on_new_message(message), turn)
        except StateUnreadable as error:
            structlogger.warning("front_desk.state.unreadable", reason=str(error))
            turn.state, turn.said = None, []
            output.messages.clear()
            await output.say_first(RESTARTED, agent)
            await _run(on_new_message(message), turn)
        return json({"messages": join_turn(output.messages, turn.understood), "state": turn.saved})
    except asyncio.TimeoutError:
        structlogger.error("front_desk.turn.timeout")
        return _error(503, "timeout")
    except ActionFailed as error:
        structlogger.error("front_desk.action.failed", action=error.action, cause=str(error))
        return _error(502, "action_failed")
    except NothingSaid:
        structlogger.error("front_desk.turn.nothing_said")
        return _error(500, "nothing_said")
    except Exception as error:
        # Type and place only: an exception's text may quote the citizen.
        last = traceback.extract_tb(error.__traceback__)[-1]
        structlogger.error("front_desk.turn.failed", error=type(error).__name__, at=f"{last.name}:{last.lineno}")
        return _error(500, "turn_failed")


async def _run(work: Awaitable[Any], turn: Turn) -> None:
    turn.ends_at = time.monotonic() + TURN_TIMEOUT
    await asyncio.wait_for(work, TURN_TIMEOUT)


async def _readiness(request: Request) -> HTTPResponse:
    """Ready only when the model is loaded and understood the canary: Rasa's `/` proves nothing."""
    agent = request.app.ctx.agent
    if not agent or not agent.is_ready():
        return json({"ready": False, "reason": "model_not_loaded"}, status=503)
    try:
        parsed = await agent.parse_message(CANARY)
    except Exception as error:
        return json({"ready": False, "reason": type(error).__name__}, status=503)
    if parsed["intent"].get("name") in (None, FALLBACK, OUT_OF_SCOPE):
        return json({"ready": False, "reason": "canary_not_understood"}, status=503)
    return json({"ready": True, "model": agent.model_id})


class _TurnOutput(CollectingOutputChannel):
    """Collects whole responses; Rasa's collector would split a text at its blank lines."""

    @classmethod
    def name(cls) -> str:
        return FrontDeskChannel.name()

    async def send_response(self, recipient_id: str, message: Dict[str, Any]) -> None:
        self.messages.append(message)

    async def say_first(self, response: str, agent: Any) -> None:
        """Puts a response before whatever the turn will say."""
        variations = agent.domain.responses.get(response) or []
        self.messages += [{"text": variation["text"]} for variation in variations[:1]]


def _error(status: int, name: str) -> HTTPResponse:
    return json({"error": name}, status=status)
