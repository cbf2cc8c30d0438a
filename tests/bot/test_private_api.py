"""The private API answers processes of this machine that know the secret, and nobody else."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from starlette.requests import Request

from bot.callers import parse_networks
from bot.desk import FrontDesk
from bot.identity.sessions import Citizen
from bot.private_api import PrivateApi

SECRET = "a private secret"


class _Sessions:
    async def read(self, session: str, purpose: str | None = None) -> object:
        return Citizen("11144477735", "Maria")


class _Store:
    async def check(self) -> None:
        pass


DESK = cast("FrontDesk", SimpleNamespace(sessions=_Sessions(), store=_Store()))


def _request(client: tuple[str, int] | None, **headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/", "headers": raw, "query_string": b""}
    return Request({**scope, "client": client, "path_params": {"session": "s"}})


async def _status(request: Request, api: PrivateApi | None = None) -> int:
    """What every address of the API answers to it."""
    routes = (api or PrivateApi(DESK, SECRET)).routes()
    statuses = {int((await cast("Any", route).endpoint(request)).status_code) for route in routes}
    assert len(routes) == 2
    (status,) = statuses
    return status


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.9", "::1"])
async def test_an_action_on_this_machine_is_answered(address: str) -> None:
    assert await _status(_request((address, 5), authorization=f"Bearer {SECRET}")) == 200


@pytest.mark.parametrize("client", [("10.0.0.7", 5), ("200.1.2.3", 5), ("somewhere", 5), None])
async def test_the_secret_alone_does_not_open_it_from_outside(client: tuple[str, int] | None) -> None:
    assert await _status(_request(client, authorization=f"Bearer {SECRET}")) == 401


async def test_a_network_that_the_city_names_is_let_in_and_no_other() -> None:
    api = PrivateApi(DESK, SECRET, parse_networks("10.9.0.0/16, ::1/128"))
    for address, expected in (("10.9.3.1", 200), ("::1", 200), ("10.8.0.1", 401), ("127.0.0.1", 401)):
        request = _request((address, 5), authorization=f"Bearer {SECRET}")
        assert await _status(request, api) == expected


@pytest.mark.parametrize("header", ["x_forwarded_for", "forwarded", "x_real_ip"])
async def test_whoever_comes_through_a_proxy_is_outside(header: str) -> None:
    request = _request(("127.0.0.1", 5), authorization=f"Bearer {SECRET}", **{header: "200.1.2.3"})
    assert await _status(request) == 401


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer wrong", SECRET])
async def test_without_the_secret_it_refuses(given: str) -> None:
    assert await _status(_request(("127.0.0.1", 5), authorization=given)) == 401
