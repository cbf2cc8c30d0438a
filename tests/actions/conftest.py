"""The real action server over HTTP, with the real client, the sandbox, and a front desk that knows some sessions."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import rasa_sdk
from sanic import Sanic
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actions.agencies import load_agencies
from actions.application import Services, build_app
from actions.sessions import CitizenSessions
from portal import CircuitPolicy, PortalClient, PortalSettings, RetryPolicy
from sandbox.portal.app import TOKEN
from sandbox.portal.app import build_app as build_sandbox
from sandbox.portal.build import ALPHANUMERIC_COMPANY, BUSY, COMPANY, IDLE, NEWCOMER, VISITOR, build_world
from sandbox.portal.faults import Faults
from sandbox.portal.serving import listen, running

TODAY = dt.date(2026, 11, 22)
SECRET = "actions-secret"
PRIVATE_SECRET = "private-secret"
CITY = Path(__file__).parents[2] / "data" / "city.yml"


class FrontDesk:
    """GET /private/sessions/{id} as the front desk answers it; `trouble` makes it misbehave."""

    def __init__(self) -> None:
        self.sessions = {
            "s-busy": BUSY,
            "s-idle": IDLE,
            "s-new": NEWCOMER,
            "s-company": ALPHANUMERIC_COMPANY,
            "s-visitor": VISITOR,
            "s-partner": NEWCOMER,
            "s-partner-of-two": NEWCOMER,
        }
        self.companies = {"s-partner": [COMPANY], "s-partner-of-two": [COMPANY, ALPHANUMERIC_COMPANY]}
        self.trouble: str | None = None
        self.asked: list[str] = []
        self.app = Starlette(
            routes=[Route("/private/ready", self.ready), Route("/private/sessions/{id}", self.session)]
        )

    async def ready(self, request: Request) -> Response:
        if request.headers.get("Authorization") != f"Bearer {PRIVATE_SECRET}":
            return JSONResponse({"error": "unauthorized"}, status_code=401)
        return JSONResponse({"ready": True}, status_code=503 if self.trouble else 200)

    async def session(self, request: Request) -> Response:
        identifier = request.path_params["id"]
        self.asked.append(identifier)
        if request.headers.get("Authorization") != f"Bearer {PRIVATE_SECRET}":
            return JSONResponse({"error": "unauthorized"}, status_code=401)
        match self.trouble:
            case "hang":
                await asyncio.sleep(20)
            case "slow":
                await asyncio.sleep(1.0)
            case "500":
                return Response("<html>", status_code=500)
            case "404":
                return Response("<html>", status_code=404)
            case "rubbish":
                return JSONResponse({"document": "doe", "name": "x"})
        person = self.sessions.get(identifier)
        if person is None:
            return JSONResponse({"error": "session_unknown"}, status_code=404)
        companies = [{"document": item.document, "name": item.name} for item in self.companies.get(identifier, [])]
        return JSONResponse({"document": person.document, "name": person.name, "companies": companies})


@dataclass
class Answer:
    """What an action said and did."""

    status: int
    responses: list[dict[str, Any]]
    events: list[dict[str, Any]]
    body: str

    @property
    def names(self) -> list[str]:
        return [item["response"] for item in self.responses if item["response"]]

    @property
    def custom(self) -> list[dict[str, Any]]:
        return [item["custom"] for item in self.responses if item["custom"]]

    @property
    def private(self) -> dict[str, Any]:
        """The only personal answer."""
        (custom,) = self.custom
        private: dict[str, Any] = custom["private"]
        return private

    @property
    def references(self) -> list[str]:
        """Those that the buttons of a list carry."""
        buttons = [button for item in self.responses for button in item.get("first_buttons") or []]
        payloads = [button["payload"] for button in buttons]
        return [json.loads(payload[payload.index("{") :])["ref"] for payload in payloads]

    @property
    def slots(self) -> dict[str, Any]:
        return {event["name"]: event["value"] for event in self.events if event["event"] == "slot"}


@dataclass
class Assistant:
    """Calls actions as Rasa does."""

    http: httpx.AsyncClient
    slots: dict[str, Any] = field(default_factory=dict)

    async def run(
        self,
        action: str,
        slots: Mapping[str, Any] | None = None,
        *,
        session: str | None = None,
        events: list[dict[str, Any]] | None = None,
        **entities: str,
    ) -> Answer:
        found = [{"entity": name, "value": value} for name, value in entities.items()]
        message = {"text": "", "metadata": {"channel": "web", "session": session}, "entities": found}
        call = {
            "next_action": action,
            "sender_id": "c-1",
            "version": rasa_sdk.__version__,
            "domain": {"forms": {"process_form": {"required_slots": ["agency", "year", "number"]}}},
            "tracker": {
                "sender_id": "c-1",
                "slots": dict(slots or {}),
                "latest_message": message,
                "events": events if events is not None else [{"event": "user", "metadata": message["metadata"]}],
                "active_loop": {},
            },
        }
        response = await self.http.post("/webhook", json=call)
        body = response.json()
        return Answer(response.status_code, body.get("responses", []), body.get("events", []), response.text)

    async def fill(self, kept: Mapping[str, Any] | None = None, **candidates: Any) -> Answer:
        """Validate what the form extracted from a message, as the form does: candidates are the last events."""
        events: list[dict[str, Any]] = [{"event": "user"}, {"event": "action", "name": "process_form"}]
        events += [{"event": "slot", "name": name, "value": value} for name, value in candidates.items()]
        return await self.run("validate_process_form", {**(kept or {}), **candidates}, events=events)


@pytest.fixture(scope="session")
def backend() -> Iterator[tuple[Faults, str]]:
    app = build_sandbox(build_world(TODAY), client_id="guiche", client_secret="s3cret")
    with running(app) as url:
        yield app, url


@pytest.fixture
def faults(backend: tuple[Faults, str]) -> Iterator[Faults]:
    backend[0].clear()
    yield backend[0]
    backend[0].clear()


@pytest.fixture(scope="session")
def front_desk_server() -> Iterator[tuple[FrontDesk, str]]:
    desk = FrontDesk()
    with running(desk.app) as url:
        yield desk, url


@pytest.fixture
def front_desk(front_desk_server: tuple[FrontDesk, str]) -> FrontDesk:
    desk = front_desk_server[0]
    desk.trouble = None
    desk.asked.clear()
    return desk


@pytest.fixture
def portal_settings(backend: tuple[Faults, str], faults: Faults) -> PortalSettings:
    """Impatient, so that the tests of faults are quick."""
    return PortalSettings(
        url=backend[1],
        token_url=backend[1] + TOKEN,
        client_id="guiche",
        client_secret="s3cret",
        deadline=0.8,
        timeout=httpx.Timeout(0.3),
        retry=RetryPolicy(attempts=2, base=0.01),
        circuit=CircuitPolicy(failures=4, open_for=10.0),
    )


@pytest.fixture
def services(
    portal_settings: PortalSettings, front_desk: FrontDesk, front_desk_server: tuple[FrontDesk, str]
) -> Services:
    # Certificates take 30 ms to load, and nothing here needs them.
    return Services(
        portal=PortalClient(portal_settings, transport=httpx.AsyncHTTPTransport(verify=False)),
        sessions=CitizenSessions(
            [front_desk_server[1]], PRIVATE_SECRET, transport=httpx.AsyncHTTPTransport(verify=False)
        ),
        agencies=load_agencies(CITY),
        today=lambda: TODAY,
    )


Serve = Callable[[Sanic[Any, Any]], AbstractAsyncContextManager[str]]


@asynccontextmanager
async def _serve(app: Sanic[Any, Any]) -> AsyncIterator[str]:
    listener = listen()
    server = await app.create_server(sock=listener, return_asyncio_server=True, access_log=False)
    assert server is not None
    await server.startup()
    await server.before_start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        await server.before_stop()
        server.close()
        await server.after_stop()
        Sanic.unregister_app(app)


@pytest.fixture
def serve() -> Serve:
    """Sanic's own server in this event loop, on a free port; gives its address."""
    return _serve


@pytest.fixture
async def server(services: Services, serve: Serve) -> AsyncIterator[str]:
    async with serve(build_app(services, SECRET)) as url:
        yield url


@pytest.fixture
async def assistant(server: str) -> AsyncIterator[Assistant]:
    headers = {"Authorization": f"Bearer {SECRET}"}
    async with httpx.AsyncClient(base_url=server, headers=headers, timeout=15) as http:
        yield Assistant(http)
