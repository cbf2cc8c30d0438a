"""Whose page makes a browser ask: our own, one of the sites that may embed the widget, or another, which is refused."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.middleware.cors import CORSMiddleware
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.channels.web.errors import CrossOrigin

SHARED = ("/chat/", "/widget.js", "/widget/")
"""Addresses that a page of an allowed origin may read."""
PREFLIGHT_SECONDS = 600


class Origins:
    """The sites of GUICHE_WIDGET_ORIGINS, as a browser writes them in ``Origin``."""

    def __init__(self, allowed: tuple[str, ...]) -> None:
        self._allowed = frozenset(allowed)

    def of(self, request: HTTPConnection) -> str | None:
        """The other site whose page asks; None is our own page, or a program. Raises CrossOrigin for the rest.

        A program that is no browser sends neither header, and a browser cannot be made to leave them out of a request
        that another site's page makes.
        """
        origin = request.headers.get("origin")
        if origin is not None and not _is_own(origin, request.headers.get("host", "")):
            if origin in self._allowed:
                return origin
            raise CrossOrigin
        if request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
            raise CrossOrigin
        return None


class WidgetCors:
    """ASGI middleware: the browser's permission for the allowed sites, never with cookies, and for SHARED only."""

    def __init__(self, app: ASGIApp, origins: tuple[str, ...]) -> None:
        self._app = app
        self._shared = CORSMiddleware(
            app,
            allow_origins=origins,
            allow_methods=("GET", "POST"),
            allow_headers=("Authorization", "Content-Type", "Last-Event-ID"),
            allow_credentials=False,
            max_age=PREFLIGHT_SECONDS,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        shared = scope["type"] == "http" and scope["path"].startswith(SHARED)
        await (self._shared if shared else self._app)(scope, receive, send)


def _is_own(origin: str, host: str) -> bool:
    try:
        return urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:  # "http://[": no address at all
        return False
