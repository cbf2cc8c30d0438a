"""`/_control`: sets faults and reads counters over HTTP, for tests of whole processes. Mounted only when asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.portal.faults import Fault

if TYPE_CHECKING:
    from starlette.requests import Request

    from sandbox.portal.faults import Faults
    from sandbox.portal.oauth import Authorization

PREFIX = "/_control"


def control_routes(faults: Faults, authorization: Authorization) -> list[Route]:
    """GET /_control, PUT and DELETE /_control/fault, DELETE /_control/tokens."""

    async def read(_: Request) -> Response:
        return JSONResponse({"requests": dict(faults.requests)})

    async def fault(request: Request) -> Response:
        if request.method == "DELETE":
            faults.clear()
            return Response(status_code=204)
        try:
            faults.set(msgspec.json.decode(await request.body(), type=Fault))
        except msgspec.MsgspecError as error:
            return JSONResponse({"error": str(error)}, status_code=422)
        return Response(status_code=204)

    async def tokens(_: Request) -> Response:
        authorization.revoke_all()
        return Response(status_code=204)

    return [
        Route(PREFIX, read, methods=["GET"]),
        Route(f"{PREFIX}/fault", fault, methods=["PUT", "DELETE"]),
        Route(f"{PREFIX}/tokens", tokens, methods=["DELETE"]),
    ]
