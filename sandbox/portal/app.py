"""The portal backend's API over a made-up city. Its contract is docs/portal-openapi.yml."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from sandbox.portal import views
from sandbox.portal.control import control_routes
from sandbox.portal.faults import Faults
from sandbox.portal.oauth import Authorization

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send

    from sandbox.portal.world import Process, World

API = "/solarbpm-integracao"
TOKEN = "/ungp-server-oauth/oauth/token"  # noqa: S105  (a path)
DOCUMENT_HEADER = "X-Cpf-Cnpj"
_DOCUMENT = re.compile(r"[0-9]{11}|[0-9A-Z]{12}[0-9]{2}")
MAX_PAGE = 50

_MESSAGES = {
    "NAO_ENCONTRADO": (404, "O processo/documento não foi encontrado"),
    "PROCESSO_SIGILOSO": (403, "O processo é sigiloso"),
    "NAO_INTERESSADO": (403, "Disponível apenas para interessados ou com vista concedida"),
    "PARAMETRO_INVALIDO": (400, "Parâmetro inválido"),
}


class ApiError(Exception):
    """An answer that is one of _MESSAGES."""

    def __init__(self, code: str, detail: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


class Backend:
    """The endpoints."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def find(self, request: Request) -> JSONResponse:
        """GET /processos."""
        agency = _text(request, "sgOrgaoProcesso", r"[A-Z]{2,12}")
        year = int(_text(request, "anoProcesso", r"(19|20)[0-9]{2}"))
        number = int(_text(request, "nuProcesso", r"[1-9][0-9]{0,8}"))
        classification = request.query_params.get("dsClassificacao")
        viewer = _viewer(request)
        found = self._world.find(agency, year, number)
        if classification is not None:
            found = [item for item in found if item.classification == classification]
        if not found:
            raise ApiError("NAO_ENCONTRADO")
        visible = [item for item in found if self._may_know(item, viewer)]
        if not visible:
            raise ApiError("PROCESSO_SIGILOSO")
        shown = [views.process(item, everything=self._world.may_see_everything(item, viewer)) for item in visible]
        return JSONResponse({"processos": shown})

    async def own(self, request: Request) -> JSONResponse:
        """GET /processos/interessado."""
        mine = self._world.processes_of(_required_viewer(request))
        return _listed("processos", [views.summary(item) for item in mine], request)

    async def documents(self, request: Request) -> JSONResponse:
        """GET /processos/{id}/documentos."""
        viewer = _required_viewer(request)
        process = self._world.process(_path_id(request))
        if process is None:
            raise ApiError("NAO_ENCONTRADO")
        if not self._may_know(process, viewer):
            raise ApiError("PROCESSO_SIGILOSO")
        if not self._world.may_see_everything(process, viewer):
            raise ApiError("NAO_INTERESSADO")
        return JSONResponse({"documentos": views.documents(process)})

    async def pendencies(self, request: Request) -> JSONResponse:
        """GET /pendencias."""
        mine = self._world.pendencies_of(_required_viewer(request))
        if "stPendencia" in request.query_params:
            still_open = _text(request, "stPendencia", "Aberta|Finalizada") == "Aberta"
            mine = [item for item in mine if item.open is still_open]
        return _listed("pendencias", [views.pendency(item) for item in mine], request)

    async def pendency(self, request: Request) -> JSONResponse:
        """GET /pendencias/{id}."""
        mine = self._world.pendencies_of(_required_viewer(request))
        wanted = _path_id(request)
        for item in mine:
            if item.id == wanted:
                return JSONResponse(views.pendency(item, detail=True))
        raise ApiError("NAO_ENCONTRADO")

    async def granted(self, request: Request) -> JSONResponse:
        """GET /vistas."""
        mine = self._world.views_of(_required_viewer(request))
        return _listed("vistas", [views.view(item, self._world.today) for item in mine], request)

    def _may_know(self, process: Process, viewer: str | None) -> bool:
        return not process.secret or self._world.may_see_everything(process, viewer)


def build_app(
    world: World, *, client_id: str, client_secret: str, control: bool = False, token_lifetime: int = 300
) -> Faults:
    """The whole backend as an ASGI application. The result is also the handle on its faults and counters."""
    backend = Backend(world)
    authorization = Authorization(client_id, client_secret, lifetime=token_lifetime)

    async def health(_: Request) -> JSONResponse:
        return JSONResponse({"status": "ok", "processes": len(world.processes)})

    api = [
        Route("/processos", backend.find, methods=["GET"]),
        Route("/processos/interessado", backend.own, methods=["GET"]),
        Route("/processos/{id}/documentos", backend.documents, methods=["GET"]),
        Route("/pendencias", backend.pendencies, methods=["GET"]),
        Route("/pendencias/{id}", backend.pendency, methods=["GET"]),
        Route("/vistas", backend.granted, methods=["GET"]),
    ]
    app = Starlette(
        routes=[
            Route("/health", health, methods=["GET"]),
            Route(TOKEN, authorization.issue, methods=["POST"]),
            Mount(API, app=_protected(Starlette(routes=api, exception_handlers=_HANDLERS), authorization)),
        ],
        exception_handlers=_HANDLERS,
    )
    faults = Faults(app)
    if control:
        app.routes.extend(control_routes(faults, authorization))
    return faults


def _protected(app: ASGIApp, authorization: Authorization) -> ASGIApp:
    """Nothing below answers without a token, not even that a path does not exist."""

    async def protected(scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        if authorization.accepts(headers.get(b"authorization", b"").decode("latin-1")):
            await app(scope, receive, send)
            return
        refusal = JSONResponse(
            {"error": "invalid_token"}, status_code=401, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'}
        )
        await refusal(scope, receive, send)

    return protected


def _viewer(request: Request) -> str | None:
    document = request.headers.get(DOCUMENT_HEADER)
    if document is not None and not _DOCUMENT.fullmatch(document):
        raise ApiError("PARAMETRO_INVALIDO", DOCUMENT_HEADER)
    return document


def _required_viewer(request: Request) -> str:
    viewer = _viewer(request)
    if viewer is None:
        raise ApiError("PARAMETRO_INVALIDO", DOCUMENT_HEADER)
    return viewer


def _text(request: Request, name: str, pattern: str) -> str:
    value = request.query_params.get(name, "")
    if not re.fullmatch(pattern, value):
        raise ApiError("PARAMETRO_INVALIDO", name)
    return value


def _path_id(request: Request) -> int:
    value = request.path_params["id"]
    if not re.fullmatch(r"[0-9]{1,12}", value):
        raise ApiError("PARAMETRO_INVALIDO", "id")
    return int(value)


def _listed(name: str, items: list[views.Json], request: Request) -> JSONResponse:
    size = MAX_PAGE
    if "tamanhoPagina" in request.query_params:
        size = int(_text(request, "tamanhoPagina", r"[1-9]|[1-4][0-9]|50"))
    return JSONResponse({name: items[:size], "total": len(items)})


async def _api_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ApiError)  # noqa: S101  (Starlette calls it for nothing else)
    status, message = _MESSAGES[error.code]
    if error.detail:
        message = f"{message}: {error.detail}"
    return JSONResponse({"codigo": error.code, "mensagem": message}, status_code=status)


async def _http_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101
    body = {"codigo": f"HTTP_{error.status_code}", "mensagem": error.detail}
    return JSONResponse(body, status_code=error.status_code, headers=error.headers)


_HANDLERS: dict[Any, Callable[..., Any]] = {ApiError: _api_error, HTTPException: _http_error}
