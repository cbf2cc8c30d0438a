"""The front desk's web application."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from bot.callers import parse_networks
from bot.channels import build_channels
from bot.channels.web.api import JsonResponse, WebChannel
from bot.channels.web.errors import WebError
from bot.channels.web.origins import Origins, WidgetCors
from bot.channels.web.session import SessionCookies, SessionTokens
from bot.desk import FrontDesk
from bot.headers import SecurityHeaders
from bot.identity.web import LoginPages
from bot.operations_api import OperationsApi
from bot.private_api import PrivateApi
from bot.settings import Settings, signing_key
from bot.store import StoreUnavailable

_log = structlog.get_logger(__name__)


def create_app(settings: Settings) -> Starlette:
    """The application of one front desk; its lifespan opens the store, migrates it and works the inbox."""
    desk = FrontDesk(settings)
    key = signing_key(settings)
    cookies = SessionCookies(key, settings.session_days, host_only=settings.site.startswith("https://"))
    web = WebChannel(
        desk,
        cookies,
        SessionTokens(key, settings.widget_hours),
        Origins(settings.widget_origins),
    )
    pages = [] if desk.logins is None else LoginPages(desk, desk.logins, cookies).routes()
    private = PrivateApi(
        desk,
        settings.private_secret.get_secret_value() if settings.private_secret else None,
        parse_networks(settings.private_networks),
    )

    channels = build_channels(desk)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with desk, AsyncExitStack() as opened:
            for channel in channels:
                await opened.enter_async_context(channel)
            desk.deliverer.start([channel.sender for channel in channels if channel.sender is not None])
            opened.push_async_callback(desk.deliverer.stop)
            _log.info("front_desk_open", store=settings.database.partition(":")[0])
            yield
        _log.info("front_desk_closed")

    app = Starlette(
        routes=[
            *OperationsApi(desk, settings.metrics_token).routes(),
            *web.routes(),
            *pages,
            *private.routes(),
            *(route for channel in channels for route in channel.routes()),
        ],
        middleware=[Middleware(SecurityHeaders), Middleware(WidgetCors, origins=settings.widget_origins)],
        exception_handlers=_errors(desk),
        lifespan=lifespan,
    )
    app.state.desk = desk
    return app


def _refusal(desk: FrontDesk, name: str, status: int, headers: dict[str, str] | None = None) -> Response:
    content = {"error": name, "message": desk.sentences.error(name)}
    return JsonResponse(content, status_code=status, headers=headers)


type _Handler = Callable[[Request, Exception], Awaitable[Response]]


def _errors(desk: FrontDesk) -> dict[type[Exception], _Handler]:
    """Each named error, mapped once to what the citizen reads. Nothing else of an error leaves the process."""

    async def refused(_: Request, error: Exception) -> Response:
        assert isinstance(error, WebError)  # noqa: S101  # registered for it below
        return _refusal(desk, error.name, error.status, error.headers)

    async def unavailable(_: Request, error: Exception) -> Response:
        _log.error("store_unavailable", error=str(error))
        return _refusal(desk, "unavailable", 503, {"Retry-After": "5"})

    async def http(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101  # registered for it below
        name = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "malformed")
        return _refusal(desk, name, error.status_code, dict(error.headers or {}))

    async def bug(request: Request, error: Exception) -> Response:
        _log.error("request_raised", path=request.url.path, exc_info=error)
        return _refusal(desk, "internal", 500)

    return {WebError: refused, StoreUnavailable: unavailable, HTTPException: http, Exception: bug}
