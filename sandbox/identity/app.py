"""The provider's endpoints, named as gov.br names them: /authorize, /token, /jwk, /userinfo/, /logout."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import msgspec
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.identity.people import ACCOUNTS, Account
from sandbox.identity.tokens import TOKEN_FAULTS, Tokens, email_of

CODE_SECONDS = 60.0
SERVER_FAULTS = frozenset(("down", "slow", "rubbish", "refuses_code", "jwk_down"))
SLOW_SECONDS = 20.0


class Fault(msgspec.Struct, forbid_unknown_fields=True):
    """What goes wrong from now on; None: nothing."""

    kind: str | None = None


@dataclass(slots=True)
class _Code:
    account: Account
    redirect_uri: str
    nonce: str
    challenge: str
    scope: str
    expires: float


@dataclass(slots=True)
class Provider:
    """One client, one redirect address; codes and access tokens live in memory."""

    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str
    control: bool = False
    fault: str | None = None
    _codes: dict[str, _Code] = field(default_factory=dict)
    _access: dict[str, Account] = field(default_factory=dict)
    _tokens: Tokens = field(init=False)
    _pages: Environment = field(init=False)

    def __post_init__(self) -> None:
        self._tokens = Tokens(self.issuer, self.client_id)
        self._pages = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "pages"), autoescape=True, undefined=StrictUndefined
        )

    def app(self) -> Starlette:
        routes = [
            Route("/", self._home),
            Route("/health", self._health),
            Route("/authorize", self._authorize, methods=["GET"]),
            Route("/authorize", self._choose, methods=["POST"]),
            Route("/token", self._token, methods=["POST"]),
            Route("/jwk", self._jwk),
            Route("/userinfo/", self._userinfo),
            Route("/logout", self._logout),
        ]
        if self.control:
            routes += [
                Route("/_control/fault", self._set_fault, methods=["PUT"]),
                Route("/_control/key", self._change_key, methods=["POST"]),
            ]
        return Starlette(routes=routes, middleware=[Middleware(BaseHTTPMiddleware, dispatch=_headers)])

    async def _home(self, _: Request) -> Response:
        return self._page("home.html", accounts=ACCOUNTS.values())

    async def _health(self, _: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        problem = self._problem(asked)
        if problem:  # never redirects: the address may not be the client's
            return self._page("problem.html", 400, problem=problem)
        fields = {name: asked[name] for name in ("state", "nonce", "code_challenge", "scope", "redirect_uri")}
        return self._page("choose.html", accounts=ACCOUNTS.values(), fields=fields)

    async def _choose(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        asked = {**form, "client_id": self.client_id, "response_type": "code", "code_challenge_method": "S256"}
        account = ACCOUNTS.get(form.get("account", ""))
        problem = self._problem(asked)
        if problem or (account is None and form.get("account") != "no"):
            return self._page("problem.html", 400, problem=problem or "account")
        if account is None:
            return self._back(form, error="access_denied")
        code = secrets.token_urlsafe(32)
        self._codes[code] = _Code(
            account,
            form["redirect_uri"],
            form["nonce"],
            form["code_challenge"],
            form["scope"],
            time.monotonic() + CODE_SECONDS,
        )
        return self._back(form, code=code)

    def _back(self, form: dict[str, str], **result: str) -> Response:
        query = urlencode({**result, "state": form["state"]})
        return RedirectResponse(f"{form['redirect_uri']}?{query}", status_code=302)

    def _problem(self, asked: dict[str, str]) -> str | None:
        """What is wrong with a request; gov.br makes PKCE, state and nonce mandatory."""
        expected = {
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "code_challenge_method": "S256",
        }
        wrong = [name for name, value in expected.items() if asked.get(name) != value]
        wrong += [name for name in ("state", "nonce", "code_challenge") if not asked.get(name)]
        if "openid" not in asked.get("scope", "").split():
            wrong.append("scope")
        return ", ".join(wrong) or None

    async def _token(self, request: Request) -> Response:
        if (faulty := await self._server_fault()) is not None:
            return faulty
        if not hmac.compare_digest(_basic(request), f"{self.client_id}:{self.client_secret}".encode()):
            return JSONResponse({"error": "invalid_client"}, 401, headers={"WWW-Authenticate": "Basic"})
        form = {name: str(value) for name, value in (await request.form()).items()}
        code = self._codes.pop(form.get("code", ""), None)  # serves once, whatever comes of it
        verifier = form.get("code_verifier", "")
        if (
            code is None
            or self.fault == "refuses_code"
            or code.expires < time.monotonic()
            or form.get("grant_type") != "authorization_code"
            or form.get("redirect_uri") != code.redirect_uri
            or not 43 <= len(verifier) <= 128
            or create_s256_code_challenge(verifier) != code.challenge
        ):
            return JSONResponse({"error": "invalid_grant", "error_description": f"code {form.get('code')}"}, 400)
        access = secrets.token_urlsafe(32)
        self._access[access] = code.account
        fault = self.fault if self.fault in TOKEN_FAULTS else None
        token = self._tokens.id_token(code.account, code.nonce, fault)
        answer = {"access_token": access, "token_type": "Bearer", "expires_in": 600, "scope": code.scope}
        return JSONResponse(answer if token is None else {**answer, "id_token": token})

    async def _jwk(self, _: Request) -> Response:
        if self.fault == "jwk_down":
            return Response(status_code=503)
        return JSONResponse(self._tokens.keys())

    async def _userinfo(self, request: Request) -> Response:
        account = self._access.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        if account is None:
            return JSONResponse({"error": "invalid_token"}, 401)
        cpf = account.person.document
        return JSONResponse(
            {"sub": cpf, "name": account.person.name, "email": email_of(account), "email_verified": True}
        )

    async def _logout(self, request: Request) -> Response:
        site = urlsplit(self.redirect_uri)
        back = request.query_params.get("post_logout_redirect_uri", "")
        if back == f"{site.scheme}://{site.netloc}/":
            return RedirectResponse(back, status_code=302)
        return self._page("problem.html", 400, problem="post_logout_redirect_uri")

    async def _server_fault(self) -> Response | None:
        match self.fault:
            case "down":
                return Response(status_code=503)
            case "rubbish":
                return Response("<html>", media_type="text/html")
            case "slow":
                await asyncio.sleep(SLOW_SECONDS)
        return None

    async def _set_fault(self, request: Request) -> Response:
        fault = msgspec.json.decode(await request.body(), type=Fault).kind
        if fault is not None and fault not in TOKEN_FAULTS | SERVER_FAULTS:
            return JSONResponse({"error": "unknown fault"}, 422)
        self.fault = fault
        return Response(status_code=204)

    async def _change_key(self, _: Request) -> Response:
        self._tokens.change_key()
        return Response(status_code=204)

    def _page(self, name: str, status: int = 200, /, **values: object) -> Response:
        return HTMLResponse(self._pages.get_template(name).render(values), status_code=status)


async def _headers(request: Request, call_next: RequestResponseEndpoint) -> Response:
    response = await call_next(request)
    response.headers["Cache-Control"] = "no-store"
    return response


def _basic(request: Request) -> bytes:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    try:
        return base64.b64decode(value, validate=True) if scheme.casefold() == "basic" else b""
    except binascii.Error:
        return b""
