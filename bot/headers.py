"""Security headers on every answer. The page may load only what this origin serves."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}

_RAW = [(name.lower().encode(), value.encode()) for name, value in _HEADERS.items()]
# A <script> of another site's page loads the widget; what that page may read is up to bot/channels/web/origins.py.
_SHARED = [(name, b"cross-origin" if name == b"cross-origin-resource-policy" else value) for name, value in _RAW]
_STRICTER = {b"content-security-policy"}
"""What a page may set for itself: the pages for signing in run no script and post to the provider's origin."""
_FRESHEN = (b"cache-control", b"no-cache")
_NEVER_KEPT = (b"cache-control", b"no-store")


class SecurityHeaders:
    """ASGI middleware; what personal conversations answer is never cached."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        path = scope["path"]
        widget = path.startswith(("/widget.js", "/widget/"))
        static = widget or path == "/" or path.startswith("/static/")
        added = [*(_SHARED if widget else _RAW), _FRESHEN if static else _NEVER_KEPT]
        if scope.get("scheme") == "https":
            added.append((b"strict-transport-security", b"max-age=31536000"))

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = [pair for pair in message["headers"] if pair[0] != b"cache-control"]
                own = {name for name, _ in given} & _STRICTER
                message["headers"] = [*given, *(pair for pair in added if pair[0] not in own)]
            await send(message)

        await self._app(scope, receive, send_with_headers)
