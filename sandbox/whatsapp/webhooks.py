"""What Meta posts to the business: messages of every type, and statuses; signed, and again until it hears 200."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from sandbox.whatsapp.errors import GraphError
from sandbox.whatsapp.number import Person, Sent

type Json = dict[str, Any]
FIRST_RETRY = 0.2
LONGEST_RETRY = 5.0


class Webhooks:
    """The business's webhook."""

    def __init__(self, url: str, app_secret: str, phone_number_id: str, display: str = "551933330000") -> None:
        self._url = url
        self._secret = app_secret
        self._metadata = {"display_phone_number": display, "phone_number_id": phone_number_id}
        self._http: httpx.AsyncClient | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    async def verify(self, token: str) -> bool:
        """Meta's GET when the webhook is set up."""
        params = {"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": "1158201444"}
        answer = await self._client().get(self._url, params=params)
        return answer.status_code == httpx.codes.OK and answer.text == "1158201444"

    async def post(self, payload: Json) -> int:
        """One try; the status, or 0 when nobody answered."""
        body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
        signature = "sha256=" + hmac.new(self._secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signature}
        try:
            return (await self._client().post(self._url, content=body, headers=headers)).status_code
        except httpx.HTTPError:
            return 0

    def post_surely(self, payload: Json) -> None:
        """In the background, until it is taken."""
        task = asyncio.get_running_loop().create_task(self._until_taken(payload))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _until_taken(self, payload: Json) -> None:
        pause = FIRST_RETRY
        while await self.post(payload) != httpx.codes.OK:
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_RETRY)

    @asynccontextmanager
    async def open(self, _: Any) -> AsyncIterator[None]:
        """The application's life: at its end nothing is posted any more."""
        yield
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._http is not None:
            await self._http.aclose()

    def change(self, **value: Any) -> Json:
        """One entry with one change."""
        content = {"messaging_product": "whatsapp", "metadata": self._metadata, **value}
        entry = {"id": "102290129340398", "changes": [{"value": content, "field": "messages"}]}
        return {"object": "whatsapp_business_account", "entry": [entry]}

    def message(self, person: Person, wamid: str, message: Json, at: float | None = None) -> Json:
        """``message``: ``type`` and what belongs to it, and ``context`` where it answers another."""
        contact: Json = {"profile": {"name": person.name}, "user_id": person.user_id}
        sender: Json = {"from_user_id": person.user_id}
        if person.wa_id is not None:
            contact["wa_id"] = person.wa_id
            sender["from"] = person.wa_id
        whole = {**sender, "id": wamid, "timestamp": str(int(time.time() if at is None else at)), **message}
        if message.get("type") == "system":  # no contacts there
            return self.change(messages=[whole])
        return self.change(contacts=[contact], messages=[whole])

    def status(self, sent: Sent, status: str, error: GraphError | None = None) -> Json:
        content: Json = {
            "id": sent.wamid,
            "status": status,
            "timestamp": str(int(time.time())),
            "recipient_user_id": sent.person.user_id,
        }
        if sent.person.wa_id is not None:
            content["recipient_id"] = sent.person.wa_id
        if data := sent.message.get("biz_opaque_callback_data"):
            content["biz_opaque_callback_data"] = data
        if error is not None:
            content["errors"] = [error.in_status()]
        elif status in ("sent", "delivered"):
            content["pricing"] = {"billable": True, "pricing_model": "PMP", "category": "service", "type": "regular"}
        return self.change(statuses=[content])

    def _client(self) -> httpx.AsyncClient:
        if self._http is None:  # in the loop that serves
            self._http = httpx.AsyncClient(timeout=10.0, trust_env=False)
        return self._http
