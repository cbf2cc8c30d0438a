"""Nothing is sent while Meta refuses our token: messages wait, an operator is told, a probe now and then finds out."""

from __future__ import annotations

import time

import structlog

from bot.channels.whatsapp.client import CloudApi
from bot.delivery import PutOff

_log = structlog.get_logger(__name__)


class TokenGate:
    """Open until ``close``."""

    def __init__(self, api: CloudApi, probe_seconds: float) -> None:
        self._api = api
        self._probe_seconds = probe_seconds
        self.closed = False
        self._next_probe = 0.0

    def close(self) -> float:
        """The token was refused; the seconds until it is tried again."""
        if not self.closed:
            _log.error("whatsapp_token_refused", hint="GUICHE_WHATSAPP_TOKEN is not valid; messages wait until it is")
        self.closed = True
        self._next_probe = time.monotonic() + self._probe_seconds
        return self._probe_seconds

    def open(self) -> None:
        """A message was accepted."""
        if self.closed:
            _log.info("whatsapp_token_works_again")
        self.closed = False

    async def pass_through(self) -> None:
        """Returns when a message may be tried; raises PutOff while it may not."""
        if not self.closed:
            return
        wait = self._next_probe - time.monotonic()
        if wait > 0:
            raise PutOff(wait, "token_refused")
        self._next_probe = time.monotonic() + self._probe_seconds
        works = await self._api.token_works()
        if works is False:
            raise PutOff(self._probe_seconds, "token_refused")
        if works:
            self.open()
        # None: it cannot be asked without sending, so this message is the probe
