"""The HTTP server around rasa-sdk, with what the stock one lacks: a secret, limits, and errors that tell nothing."""

from __future__ import annotations

import hmac
import logging
import traceback
from typing import TYPE_CHECKING, Any

from rasa_sdk.endpoint import create_app
from rasa_sdk.executor import ActionExecutor
from sanic.exceptions import SanicException
from sanic.handlers import ErrorHandler
from sanic.response import json as json_response

from actions.sessions import FrontDeskUnavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from sanic import HTTPResponse, Request, Sanic

    from actions.sdk import Action

logger = logging.getLogger(__name__)

# Rasa sends the domain and the tracker's last turns with each call: 20 kB from our channel, 300 kB from `rasa shell`.
MAX_BODY_BYTES = 4_000_000
RESPONSE_SECONDS = 10
GRACE_SECONDS = 2.0


def build_server(actions: Sequence[Action], secret: str, *, ready: Callable[[], Awaitable[bool]]) -> Sanic[Any, Any]:
    """A Sanic application with /webhook, /health, /ready and /actions, all of them only for whoever knows `secret`.

    /health: the process is up. /ready: `ready` says that it can do its work; 503 when not.
    A request without it is 401, a malformed one 422 (400 would mean to Rasa that an action rejected its execution).
    """
    executor = ActionExecutor()
    for action in actions:
        executor.register_action(action)
    app: Sanic[Any, Any] = create_app(executor, cors_origins="")
    app.config.update(
        {
            "REQUEST_MAX_SIZE": MAX_BODY_BYTES,
            "RESPONSE_TIMEOUT": RESPONSE_SECONDS,
            "GRACEFUL_SHUTDOWN_TIMEOUT": GRACE_SECONDS,
            "ACCESS_LOG": False,
            "MOTD": False,
            "TOUCHUP": False,  # rewrites Sanic's own source at start, which works once in a process
        }
    )
    app.error_handler = _DiscreetErrorHandler()  # the stock one answers with the tracker, and logs the request
    expected = f"Bearer {secret}".encode()

    async def refuse_strangers(request: Request[Any, Any]) -> HTTPResponse | None:
        given = request.headers.get("Authorization", "").encode("utf-8", "replace")
        return None if hmac.compare_digest(given, expected) else _error("unauthorized", 401)

    async def refuse_malformed(request: Request[Any, Any]) -> HTTPResponse | None:
        if request.path != "/webhook" or request.method != "POST":
            return None
        length = request.headers.get("Content-Length", "")
        if length.isdecimal() and int(length) > MAX_BODY_BYTES:  # Sanic does not read it either
            return _error("too_large", 413)
        if request.headers.get("Content-Encoding"):  # the stock webhook would inflate without a limit
            return _error("encoding_not_supported", 415)
        return None if _is_action_call(request.json) else _error("malformed", 422)

    @app.get("/ready", name="ready")
    async def is_ready(_: Request[Any, Any]) -> HTTPResponse:
        able = await ready()
        return json_response({"ready": able}, status=200 if able else 503)

    # The higher priority runs first, before rasa-sdk's own (CORS).
    app.register_middleware(refuse_strangers, "request", priority=100)
    app.register_middleware(refuse_malformed, "request", priority=90)
    return app


class _DiscreetErrorHandler(ErrorHandler):
    """Answers with the status alone. Logs where an exception came from, never its message: it may quote a person."""

    def default(self, request: Request[Any, Any], exception: Exception) -> HTTPResponse:
        if isinstance(exception, SanicException) and exception.status_code < 500:
            status = 422 if exception.status_code == 400 else exception.status_code
            return _error("refused", status)
        if isinstance(exception, FrontDeskUnavailable):
            logger.warning("no front desk says who asks: %s", exception)
            return _error("front_desk_unavailable", 503)
        where = "".join(traceback.format_list(traceback.extract_tb(exception.__traceback__)))
        logger.error("%s in an action\n%s", type(exception).__name__, where)
        return _error("internal", 500)


def _error(name: str, status: int) -> HTTPResponse:
    return json_response({"error": name}, status=status)


def _is_action_call(body: object) -> bool:
    """What rasa-sdk takes for granted of a call."""
    if not isinstance(body, dict) or not isinstance(body.get("tracker"), dict):
        return False
    tracker = body["tracker"]
    return (
        isinstance(body.get("next_action"), str)
        and isinstance(body.get("domain"), dict)
        and isinstance(tracker.get("sender_id"), str)
        and isinstance(tracker.get("slots"), dict)
        and isinstance(tracker.get("latest_message", {}), dict)
        and isinstance(tracker.get("events", []), list)
        and all(isinstance(event, dict) for event in tracker.get("events", []))
    )
