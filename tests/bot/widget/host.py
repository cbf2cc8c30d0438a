"""A page of another site that embeds the widget: its policy allows nothing else, and its styles are hostile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.cli.ports import free_ports
from tests.bot.cli.web_stub import in_thread

HOSTILE = """
html { font-size: 6px; direction: rtl; line-height: 4; letter-spacing: 1em; }
body { color: red; text-transform: uppercase; margin: 300px; }
body * {
  all: unset !important; display: none !important; visibility: hidden !important; opacity: 0 !important;
  position: static !important; transform: scale(0) !important; pointer-events: none !important;
  font: 1px cursive !important; color: #fefefe !important; width: 1px !important; z-index: -1 !important;
}
guiche-chat { left: -9999px !important; filter: opacity(0) !important; clip-path: inset(50%) !important; }
"""
VLIBRAS = """
[vw] { position: fixed; right: 0; top: 50%; margin-top: -60px; width: 54px; height: 120px; z-index: 2147483647; }
[vw], main { background: #fff; color: #000; }
"""
KINDS = {"hostile": HOSTILE, "plain": VLIBRAS}


class Host:
    """Serves `/hostile` and `/plain`, with links to another page of the same site."""

    def __init__(self, widget: str, port: int) -> None:
        self.widget = widget
        self.url = f"http://localhost:{port}"
        """Not 127.0.0.1: for a browser it is another site than the front desk, not only another port."""

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{kind}.css", self._css), Route("/{kind}", self._page)])

    async def _page(self, request: Request) -> Response:
        kind = request.path_params["kind"]
        policy = (
            f"default-src 'none'; style-src 'self'; script-src {self.widget}; connect-src {self.widget}; "
            "img-src 'self'; base-uri 'none'; form-action 'none'; "
            "require-trusted-types-for 'script'; trusted-types 'none'"
        )
        body = (
            f'<!doctype html><html lang="pt-BR"><head><meta charset="utf-8"><title>Prefeitura</title>'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<link rel="stylesheet" href="/{kind}.css">'
            f'<script src="{self.widget}/widget.js" defer></script></head><body><main><h1>Prefeitura</h1>'
            f'<p><a href="/plain">Outra página</a></p></main><div vw class="enabled">VLibras</div></body></html>'
        )
        return HTMLResponse(body, headers={"Content-Security-Policy": policy})

    async def _css(self, request: Request) -> Response:
        return PlainTextResponse(KINDS[request.path_params["kind"]], media_type="text/css")


@contextmanager
def hosting(widget: str, port: int = 0) -> Iterator[Host]:
    """The other site, until the block ends."""
    port = port or free_ports(1)[0]
    host = Host(widget, port)
    with in_thread(host.app(), port):
        yield host
