"""How updates reach the bot: a webhook that Telegram calls, or getUpdates. One excludes the other."""

from __future__ import annotations

import asyncio
import re
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

from sandbox.telegram.errors import ApiError, bad_request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sandbox.telegram.world import World

SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
PORTS = (443, 80, 88, 8443)
LOOPBACK = ("127.0.0.1", "localhost")
FIRST_RETRY, LONGEST_RETRY = 0.3, 2.0
"""Seconds. Telegram's own are longer and not told."""
MAX_POLL = 50


class Delivery:
    """The webhook that is set (None: none), and who is asking for updates."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.webhook: dict[str, Any] | None = None
        self._polls = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._posting = asyncio.Semaphore(40)
        self._client: httpx.AsyncClient | None = None

    @asynccontextmanager
    async def open(self, _: Any) -> AsyncIterator[None]:
        """The application's life: at its end nothing is delivered any more."""
        yield
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()

    async def put(self, update: dict[str, Any]) -> None:
        """A new update; also one that was delivered before."""
        kinds = (self.webhook or {}).get("allowed_updates")
        if kinds and not any(kind in update for kind in kinds):
            return
        self._world.updates.append(update)
        async with self._world.news:
            self._world.news.notify_all()
        if self.webhook is not None:
            self._start(update)

    def set_webhook(self, asked: dict[str, Any]) -> None:
        """Raises ApiError. Unlike Telegram's, it takes plain http on this machine."""
        url = str(asked.get("url") or "")
        parts = urlsplit(url)
        if not url:
            self.webhook = None
            return
        local = parts.hostname in LOOPBACK
        if parts.scheme != "https" and not local:
            raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
        if not local and (parts.port or 443) not in PORTS:
            raise bad_request("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
        secret = asked.get("secret_token")
        if secret is not None and not SECRET.fullmatch(str(secret)):
            raise bad_request("secret token contains unallowed characters")
        connections = int(asked.get("max_connections") or 40)
        if not 1 <= connections <= 100:
            raise bad_request("max_connections is out of range")
        self._posting = asyncio.Semaphore(connections)
        self.webhook = {**asked, "url": url, "max_connections": connections}
        if asked.get("drop_pending_updates"):
            self._world.updates.clear()
        for update in list(self._world.updates):
            self._start(update)

    def info(self) -> dict[str, Any]:
        known = ("url", "max_connections", "allowed_updates", "last_error_message", "last_error_date")
        webhook = self.webhook or {"url": ""}
        return {
            **{name: webhook[name] for name in known if name in webhook},
            "has_custom_certificate": False,
            "pending_update_count": len(self._world.updates),
        }

    async def poll(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        """getUpdates; raises ApiError."""
        if self.webhook is not None:
            raise ApiError(409, "Conflict: can't use getUpdates method while webhook is active")
        self._polls += 1
        mine = self._polls
        offset = int(asked.get("offset") or 0)
        world = self._world
        world.updates = [update for update in world.updates if update["update_id"] >= offset]
        async with world.news:
            world.news.notify_all()  # whoever asked before is sent away
            try:
                async with asyncio.timeout(min(float(asked.get("timeout") or 0), MAX_POLL)):
                    await world.news.wait_for(lambda: world.updates or self._polls != mine)
            except TimeoutError:
                return []
        if self._polls != mine:
            raise ApiError(409, "Conflict: terminated by other getUpdates request; make sure that only one is running")
        kinds = asked.get("allowed_updates")
        if kinds:
            world.updates = [update for update in world.updates if any(kind in update for kind in kinds)]
        return world.updates[: int(asked.get("limit") or 100)]

    def _start(self, update: dict[str, Any]) -> None:
        task = asyncio.get_running_loop().create_task(self._post_surely(update))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _post_surely(self, update: dict[str, Any]) -> None:
        """Again and again until it is taken, as Telegram does (with its own, longer pauses)."""
        pause = FIRST_RETRY
        while (webhook := self.webhook) is not None and update in self._world.updates:
            async with self._posting:
                status = await self.post(webhook, update)
            if 200 <= status < 300:
                if update in self._world.updates:
                    self._world.updates.remove(update)
                return
            webhook["last_error_message"] = f"Wrong response from the webhook: {status}"
            webhook["last_error_date"] = int(time.time())
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_RETRY)

    async def post(self, webhook: dict[str, Any], update: dict[str, Any]) -> int:
        """One call of the webhook: the status, 0 when nobody is there."""
        headers = {}
        if webhook.get("secret_token"):
            headers["X-Telegram-Bot-Api-Secret-Token"] = str(webhook["secret_token"])
        if self._client is None:  # one for all: making one costs 30 ms of CPU
            self._client = httpx.AsyncClient(trust_env=False, timeout=20)
        try:
            return (await self._client.post(webhook["url"], json=update, headers=headers)).status_code
        except httpx.TransportError:
            return 0
