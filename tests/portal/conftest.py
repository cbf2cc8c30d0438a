"""A real sandbox in a thread, and clients that talk to it over real connections."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse

from portal import CircuitPolicy, PortalClient, PortalSettings, RetryPolicy
from sandbox.portal.app import TOKEN, build_app
from sandbox.portal.build import build_world
from sandbox.portal.faults import Faults
from sandbox.portal.serving import running
from sandbox.portal.world import World

TODAY = dt.date(2026, 11, 22)
CONTRACT = Path(__file__).parents[2] / "docs" / "portal-openapi.yml"


class ValidatingTransport(httpx.AsyncBaseTransport):
    """Sends for real, and holds every request and every answer against docs/portal-openapi.yml."""

    def __init__(self, contract: OpenAPI, sent: list[str]) -> None:
        self._contract = contract
        self._sent = sent
        self._inner = httpx.AsyncHTTPTransport(verify=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        body = await response.aread()
        asked = MockRequest(
            host_url="http://portal",
            method=request.method.lower(),
            path=request.url.path,
            args=dict(request.url.params),
            headers=dict(request.headers),
            data=request.content or None,
            content_type=request.headers.get("content-type", ""),
        )
        answered = MockResponse(body, response.status_code, dict(response.headers), response.headers["content-type"])
        self._contract.validate_request(asked)
        self._contract.validate_response(asked, answered)
        self._sent.append(request.url.path)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


@pytest.fixture(scope="session")
def world() -> World:
    return build_world(TODAY)


@pytest.fixture(scope="session")
def backend(world: World) -> Iterator[tuple[Faults, str]]:
    app = build_app(world, client_id="guiche", client_secret="s3cret")
    with running(app) as url:
        yield app, url


@pytest.fixture
def faults(backend: tuple[Faults, str]) -> Iterator[Faults]:
    """The handle on the sandbox's faults and counters; everything is as usual again afterwards."""
    backend[0].clear()
    yield backend[0]
    backend[0].clear()


@pytest.fixture
def settings(backend: tuple[Faults, str], faults: Faults) -> PortalSettings:
    """Impatient, so that the tests of faults are quick; the proportions are those of the defaults."""
    return PortalSettings(
        url=backend[1],
        token_url=backend[1] + TOKEN,
        client_id="guiche",
        client_secret="s3cret",
        deadline=1.0,
        timeout=httpx.Timeout(0.35),
        retry=RetryPolicy(attempts=3, base=0.01),
        circuit=CircuitPolicy(failures=5, open_for=10.0),
    )


Connect = Callable[..., PortalClient]


@pytest.fixture
async def connect(settings: PortalSettings) -> AsyncIterator[Connect]:
    """Makes clients; keyword arguments change the settings."""
    async with AsyncExitStack() as stack:

        def make(transport: httpx.AsyncBaseTransport | None = None, **changes: Any) -> PortalClient:
            changed = replace(settings, **changes)
            # Certificates take 30 ms to load, and nothing here needs them.
            plain = transport or httpx.AsyncHTTPTransport(verify=False, limits=changed.limits)
            client = PortalClient(changed, transport=plain)
            stack.push_async_callback(client.aclose)
            return client

        yield make


@pytest.fixture(scope="session")
def contract() -> OpenAPI:
    return OpenAPI.from_file_path(str(CONTRACT))


@pytest.fixture
def sent() -> list[str]:
    """The paths that `portal` asked for."""
    return []


@pytest.fixture
def portal(connect: Connect, contract: OpenAPI, sent: list[str]) -> PortalClient:
    """A client whose every exchange is validated against the contract."""
    return connect(ValidatingTransport(contract, sent), deadline=4.5, timeout=httpx.Timeout(2.0))
