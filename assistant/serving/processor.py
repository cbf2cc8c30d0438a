"""Rasa's message processor without its two habits of losing a turn silently.

Rasa catches every error of an action, drops its events and goes on, so that the citizen gets no answer; and it wraps
the tracker store so that a failed read starts an empty conversation. Here a failing action fails the turn (nothing is
stored, the front desk tries again) and the store is used as it is.
"""

import os
import tarfile
from pathlib import Path
from typing import Any, Dict, Optional, Tuple, Union

import aiohttp
import rasa.core.agent
from rasa.core.actions.action import Action, ActionExecutionRejection
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import FailSafeTrackerStore
from rasa.engine import loader
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.storage import ModelMetadata
from rasa.exceptions import ModelNotFound
from rasa.utils.common import TempDirectoryPath, get_temp_dir_name
from rasa.utils.endpoints import EndpointConfig

from assistant.serving.runner import DirectGraphRunner

ACTION_TIMEOUT = 6.5  # seconds; below the turn's 7 s. Rasa's own is 300 s


class ActionFailed(BaseException):
    """An action did not run to its end. A BaseException, so that it passes Rasa's `except Exception`."""

    def __init__(self, action: str, cause: BaseException) -> None:
        super().__init__(f"{action}: {type(cause).__name__}")
        self.action = action


class ActionServer(EndpointConfig):
    """The action server's endpoint: our time-out, our secret, and one connection pool for all calls."""

    def __init__(self, url: str, secret: str) -> None:
        super().__init__(url=url, headers={"Authorization": f"Bearer {secret}"})
        self._session: Optional[aiohttp.ClientSession] = None

    async def request(self, method: str = "post", subpath: Optional[str] = None, *_: Any, **kwargs: Any) -> Any:
        """The action's JSON answer. 400 carries a rejection, as Rasa expects it; anything else raises."""
        session = self._pool()
        timeout = aiohttp.ClientTimeout(total=ACTION_TIMEOUT)
        async with session.request(method, self.url, json=kwargs.get("json"), timeout=timeout) as response:
            if response.status == 400:
                answer = await response.json()
                raise ActionExecutionRejection(str(answer.get("action_name")), "rejected by the action server")
            response.raise_for_status()
            return await response.json()

    def _pool(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(headers=self.headers)
        return self._session


class TurnProcessor(MessageProcessor):
    """A processor whose turns happen wholly or not at all."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(self.tracker_store, FailSafeTrackerStore):
            self.tracker_store = self.tracker_store._tracker_store
        self.action_endpoint = action_server_from_environment() or self.action_endpoint

    @staticmethod
    def _load_model(model_path: Union[str, Path]) -> Tuple[str, ModelMetadata, GraphRunner]:
        """As Rasa's, with our runner, and without falling back to another model. Raises ModelNotFound."""
        if not Path(model_path).is_file():
            raise ModelNotFound(f"No model at '{model_path}'.")
        with TempDirectoryPath(get_temp_dir_name()) as folder:
            try:
                metadata, runner = loader.load_predict_graph_runner(
                    Path(folder), Path(model_path), LocalModelStorage, DirectGraphRunner
                )
            except tarfile.ReadError as error:
                raise ModelNotFound(f"Model {model_path} can not be loaded.") from error
        return Path(model_path).name, metadata, runner

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
    """The endpoint of GUICHE_ACTIONS_URL with GUICHE_ACTIONS_SECRET, or None when neither is set (`rasa shell`)."""
    values = os.environ if environ is None else environ
    url, secret = values.get("GUICHE_ACTIONS_URL"), values.get("GUICHE_ACTIONS_SECRET")
    return ActionServer(url, secret) if url and secret else None


def install() -> None:
    """Makes Rasa's agent use TurnProcessor. Rasa has no setting for it."""
    rasa.core.agent.MessageProcessor = TurnProcessor
