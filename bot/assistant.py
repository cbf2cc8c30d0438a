"""The client of the private channel: one turn of a conversation, state in and state out.

Several Rasa servers are asked in turn; one that is not there or not ready is left alone for a moment, and the turn is
asked of the next one (a turn is a function of what is sent: asking again changes nothing). One that broke off in the
middle of a turn may have died of it: then the next one is not asked at once.

AssistantError
├── AssistantUnavailable        not reached, or not ready: the message waits
│   └── AssistantMisconfigured  401, 403, 404: wrong secret or address; waits until somebody mends the settings
├── AssistantLost               reached, and the line broke before the answer: perhaps this message broke it
│   └── AssistantSlow           reached, and no answer came in time: perhaps this message keeps it from answering
├── AssistantActionFailed       Rasa is there, an action is not: the message waits
├── AssistantRefused            422: Rasa will not take this request
└── AssistantBroken             500, or an answer that is not one
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import msgspec
import structlog

from bot.messages import Payload
from bot.settings import SettingsError
from bot.wire import LineBroken, NotConnected, NotHttp, Wire, WireError

TURN_SECONDS = 7.5
"""Rasa's channel gives a turn up after 7 s and says so; waiting a bit longer hears it."""
CONNECT_SECONDS = 1.0
SLOW_SECONDS = 3.0
"""A 503 that took longer than this is a turn that was cut off, not a server that is not ready."""
COOL_SECONDS = 1.0
"""How long a server that failed is asked only when no other is left."""
SLOW_REST_SECONDS = 5.0
"""The same for a server that let a turn hang."""
CANARY_SECONDS = 1.0
"""A server that takes longer to understand the canary has other troubles than the message that is to be asked next."""
MAX_ANSWER_BYTES = 1_000_000
CHANNEL = "/webhooks/front_desk"
OK = 200

_log = structlog.get_logger(__name__)


class AssistantError(Exception):
    """Any failed turn. It changed nothing, so it may be asked again."""


class AssistantUnavailable(AssistantError):
    """The assistant cannot be reached or is not ready."""


class AssistantLost(AssistantError):
    """The assistant was reached, and the line broke before it answered."""


class AssistantSlow(AssistantLost):
    """The assistant was reached and did not answer in time."""


class AssistantMisconfigured(AssistantUnavailable):
    """The assistant does not know us: the secret or the address is wrong. No message's fault."""


class AssistantActionFailed(AssistantError):
    """An action failed: the action server is down, or it raised, or it took too long."""


class AssistantRefused(AssistantError):
    """The assistant does not accept the request: malformed, unknown intent."""


class AssistantBroken(AssistantError):
    """A bug: the turn raised, or the answer does not follow the contract."""


class AnsweredButton(msgspec.Struct, frozen=True):
    title: str
    payload: Payload


class AnsweredMessage(msgspec.Struct, frozen=True):
    text: str | None = None
    buttons: list[AnsweredButton] = []
    custom: dict[str, Any] = {}


class Answer(msgspec.Struct, frozen=True):
    """One turn's replies (never empty) and the new state, still encoded: it is opaque here."""

    messages: list[AnsweredMessage]
    state: msgspec.Raw


class Metadata(msgspec.Struct, frozen=True):
    channel: str
    session: str | None
    received_at: float
    """When the citizen wrote (seconds since 1970): a message may have waited."""


class Turn(msgspec.Struct, frozen=True):
    """One request: a free text, or a payload whose title is the text."""

    conversation: str
    message_id: str
    text: str
    metadata: Metadata
    state: msgspec.Raw = msgspec.Raw(b"null")
    payload: Payload | msgspec.UnsetType = msgspec.UNSET


class _Ready(msgspec.Struct, frozen=True):
    ready: bool


_readiness = msgspec.json.Decoder(_Ready)
_answer = msgspec.json.Decoder(Answer)
_encode = msgspec.json.Encoder().encode


class _Server:
    """One Rasa server and when it may be asked again without need."""

    def __init__(self, url: str, secret: str) -> None:
        self.url = url
        self.rests_until = 0.0
        self.wire = Wire(
            url.rstrip("/") + CHANNEL,
            {"Authorization": f"Bearer {secret}", "Content-Type": "application/json", "Accept": "application/json"},
            connect_seconds=CONNECT_SECONDS,
            max_bytes=MAX_ANSWER_BYTES,
        )


class Assistant:
    """Rasa, seen from the front desk. Own it with ``async with``, one for the process.

    ``url``: one address, or several with spaces or commas between.
    """

    def __init__(self, url: str, secret: str, turn_seconds: float = TURN_SECONDS) -> None:
        self._turn_seconds = turn_seconds
        self._servers = [_Server(one, secret) for one in url.replace(",", " ").split()]
        if not self._servers:
            raise SettingsError("GUICHE_RASA_URL is empty")
        self._next = 0
        self._complained = False

    async def __aenter__(self) -> Assistant:
        return self

    async def __aexit__(self, *_: object) -> None:
        for server in self._servers:
            await server.wire.close()

    async def answer(self, turn: Turn, *, suspect: bool = False) -> Answer:
        """The assistant's answer; raises AssistantError's subclasses.

        ``suspect``: only a server that understood the canary a moment ago is asked, so that AssistantLost says
        something about the message. Otherwise it may be an outage.
        """
        request = _encode(turn)
        deadline = time.monotonic() + self._turn_seconds
        failure: AssistantUnavailable | None = None
        for server in self._in_turn():
            try:
                if suspect:
                    if not await self._is_ready(server, min(CANARY_SECONDS, self._turn_seconds)):
                        raise AssistantUnavailable("canary")
                    deadline = time.monotonic() + self._turn_seconds
                answer = await self._ask(server, request, deadline - time.monotonic())
            except AssistantLost as error:
                rest = SLOW_REST_SECONDS if isinstance(error, AssistantSlow) else COOL_SECONDS
                server.rests_until = time.monotonic() + rest
                raise
            except AssistantUnavailable as error:
                server.rests_until = time.monotonic() + COOL_SECONDS
                if not isinstance(failure, AssistantMisconfigured):
                    failure = error
            else:
                self._complained = False
                return answer
        assert failure is not None  # noqa: S101  # there is at least one server
        if isinstance(failure, AssistantMisconfigured) and not self._complained:
            self._complained = True
            _log.error("assistant_does_not_know_us", detail=str(failure), check="GUICHE_RASA_URL, GUICHE_RASA_SECRET")
        raise failure

    async def ready(self) -> bool:
        """Whether some server has its model loaded and understood a canary message."""
        return any(await asyncio.gather(*(self._is_ready(server, self._turn_seconds) for server in self._servers)))

    def _in_turn(self) -> list[_Server]:
        """Every server once, another one first each time, those that failed just now last."""
        self._next = (self._next + 1) % len(self._servers)
        servers = self._servers[self._next :] + self._servers[: self._next]
        now = time.monotonic()
        return sorted(servers, key=lambda server: server.rests_until > now)

    async def _ask(self, server: _Server, request: bytes, seconds: float) -> Answer:
        started = time.monotonic()
        try:
            async with asyncio.timeout(seconds):
                status, content = await server.wire.send("POST", "/webhook", request)
        except NotConnected as error:
            raise AssistantUnavailable(type(error).__name__) from error
        except LineBroken as error:  # it died, or is dying
            raise AssistantLost(type(error).__name__) from error
        except TimeoutError as error:
            raise AssistantSlow(type(error).__name__) from error
        except NotHttp as error:
            raise AssistantBroken(str(error)) from error
        if status != OK:
            raise _failure(status, time.monotonic() - started)
        return _read(content)

    async def _is_ready(self, server: _Server, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                status, content = await server.wire.send("GET", "/ready")
            return status == OK and _readiness.decode(content).ready
        except (WireError, TimeoutError, msgspec.DecodeError):
            return False


def _failure(status: int, seconds: float) -> AssistantError:
    match status:
        case 502:
            return AssistantActionFailed(str(status))
        case 503:
            return AssistantSlow(str(status)) if seconds > SLOW_SECONDS else AssistantUnavailable(str(status))
        case 401 | 403 | 404:
            return AssistantMisconfigured(str(status))
        case 413 | 415 | 422:
            return AssistantRefused(str(status))
        case _:
            return AssistantBroken(str(status))


def _read(content: bytes) -> Answer:
    try:
        answer = _answer.decode(content)
    except msgspec.DecodeError as error:  # its message can quote what was said
        raise AssistantBroken(type(error).__name__) from None
    if not answer.messages or not bytes(answer.state).lstrip().startswith(b"{"):
        raise AssistantBroken("no messages or no state")
    return answer
