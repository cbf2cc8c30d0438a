"""Rasa's message processor without its two habits of losing a turn silently.

Rasa catches every error of an action, drops its events and goes on, so that the citizen gets no answer; and it wraps
the tracker store so that a failed read starts an empty conversation. Here a failing action fails the turn (nothing is
stored, the front desk tries again) and the store is used as it is.
"""

import asyncio
import os
import time
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

import aiohttp
import rasa.core.agent
import structlog
from rasa.core.actions.action import Action, ActionExecutionRejection
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import FailSafeTrackerStore, TrackerStore
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.storage import ModelMetadata
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from assistant.serving import quicker
from assistant.serving.model import load_model
from assistant.serving.turn import current_turn

structlogger = structlog.get_logger()
CONNECT_TIMEOUT = 1.0  # seconds
REST = 5.0  # seconds in which an action server that failed or hung is asked only after the others
SECONDS_A_MINUTE = 60
ACTION_TIMEOUT = 6.5  # seconds; below the turn's 7 s. Rasa's own is 300 s
TO_SAY_SO = 0.4  # seconds of a turn in which an action that took too long is reported, before the turn itself is late


class ActionFailed(BaseException):
    """An action did not run to its end. A BaseException, so that it passes Rasa's `except Exception`."""

    def __init__(self, action: str, cause: BaseException) -> None:
        super().__init__(f"{action}: {type(cause).__name__}")
        self.action = action


class ActionServer(EndpointConfig):
    """The action servers' endpoint: our time-out, our secret, and one connection pool for all calls.

    Of several servers another one is asked first each time, and the next one when it cannot be reached or breaks the
    connection: our actions read and change nothing, so one may run twice.
    """

    def __init__(self, urls: Sequence[str], secret: str) -> None:
        super().__init__(url=urls[0], headers={"Authorization": f"Bearer {secret}"})
        self._urls = list(urls)
        self._next = 0
        self._rests_until: Dict[str, float] = {}
        self._session: Optional[aiohttp.ClientSession] = None

    async def request(self, method: str = "post", subpath: Optional[str] = None, *_: Any, **kwargs: Any) -> Any:
        """The action's JSON answer. 400 carries a rejection, as Rasa expects it; anything else raises."""
        deadline, body = _deadline(), _slim(kwargs["json"])
        urls = self._in_turn()
        for url in urls[:-1]:
            try:
                return await self._ask(method, url, body, deadline)
            except aiohttp.ClientConnectionError as error:
                structlogger.warning("action_server.next", cause=type(error).__name__)
        return await self._ask(method, urls[-1], body, deadline)

    def _in_turn(self) -> List[str]:
        """Every address once, another one first each time, those that failed just now last."""
        self._next = (self._next + 1) % len(self._urls)
        urls = self._urls[self._next :] + self._urls[: self._next]
        now = time.monotonic()
        return sorted(urls, key=lambda url: self._rests_until.get(url, 0.0) > now)

    async def _ask(self, method: str, url: str, body: Any, deadline: float) -> Any:
        session = self._pool()
        timeout = aiohttp.ClientTimeout(total=max(0.1, deadline - time.monotonic()), sock_connect=CONNECT_TIMEOUT)
        try:
            async with session.request(method, url, json=body, timeout=timeout) as response:
                if response.status == 400:
                    answer = await response.json()
                    raise ActionExecutionRejection(str(answer.get("action_name")), "rejected by the action server")
                response.raise_for_status()
                return await response.json()
        except (aiohttp.ClientConnectionError, asyncio.TimeoutError):
            self._rests_until[url] = time.monotonic() + REST
            raise

    def _pool(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(headers=self.headers)
        return self._session


def _deadline() -> float:
    """When an action has taken too long (monotonic): before the turn has, for only the action is slow, and not Rasa."""
    deadline, turn = time.monotonic() + ACTION_TIMEOUT, current_turn.get()
    return deadline if turn is None or turn.ends_at is None else min(deadline, turn.ends_at - TO_SAY_SO)


def _slim(call: Dict[str, Any]) -> Dict[str, Any]:
    """The call without the responses, 160 of the domain's 170 kB: actions utter by name, and Rasa looks them up."""
    domain = {name: value for name, value in (call.get("domain") or {}).items() if name != "responses"}
    return {**call, "domain": domain}


class TurnProcessor(MessageProcessor):
    """A processor whose turns happen wholly or not at all."""

    tracker_store: TrackerStore
    action_endpoint: Optional[EndpointConfig]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(self.tracker_store, FailSafeTrackerStore):
            self.tracker_store = self.tracker_store._tracker_store
        self.action_endpoint = action_server_from_environment() or self.action_endpoint

    @staticmethod
    def _load_model(model_path: Union[str, Path]) -> Tuple[str, ModelMetadata, GraphRunner]:
        """Without falling back to another model. Raises ModelNotFound."""
        return load_model(model_path)

    def _has_session_expired(self, tracker: DialogueStateTracker) -> bool:
        """Whether the citizen was silent for as long as a session lasts. Rasa looks at the clock instead, and would
        start the conversation anew for a message that only waited through an outage."""
        turn, last = current_turn.get(), tracker.get_last_event_for(UserUttered)
        if turn is None or last is None or not self.domain.session_config.are_sessions_enabled():
            return super()._has_session_expired(tracker)
        silent = turn.received_at - last.timestamp
        return bool(silent > self.domain.session_config.session_expiration_time * SECONDS_A_MINUTE)

    async def _run_action(self, action: Action, *args: Any, **kwargs: Any) -> bool:
        return await super()._run_action(_Strict(action), *args, **kwargs)


class _Strict(Action):
    """An action whose errors are not swallowed."""

    def __init__(self, action: Action) -> None:
        self._action = action

    def name(self) -> str:
        return self._action.name()

    async def run(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return await self._action.run(*args, **kwargs)
        except ActionExecutionRejection:
            raise
        except Exception as error:
            raise ActionFailed(self.name(), error) from error

    def event_for_successful_execution(self, prediction: Any) -> Any:
        return self._action.event_for_successful_execution(prediction)


def action_server_from_environment(environ: Optional[Dict[str, str]] = None) -> Optional[ActionServer]:
    """The endpoint of GUICHE_ACTIONS_URL (one address, or several with spaces between) with GUICHE_ACTIONS_SECRET.

    None when neither is set (`rasa shell`).
    """
    values = os.environ if environ is None else environ
    urls, secret = values.get("GUICHE_ACTIONS_URL", "").replace(",", " ").split(), values.get("GUICHE_ACTIONS_SECRET")
    return ActionServer(urls, secret) if urls and secret else None


def install() -> None:
    """Makes Rasa's agent use TurnProcessor, and its policies less time. Rasa has no setting for it."""
    rasa.core.agent.MessageProcessor = TurnProcessor
    quicker.install()
