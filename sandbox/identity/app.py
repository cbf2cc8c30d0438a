"""The provider's endpoints, named as gov.br names them: /authorize, /token, /jwk, /userinfo/, /logout; and beside them
what gov.br has on hosts of their own: /confiabilidades (raises the level), /empresas/v2/empresas.

Who signed in stays so in that browser, as at gov.br: the next /authorize sends it straight back, unless ``prompt`` or
``max_age`` asks for more.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import secrets
import time
from collections.abc import AsyncIterator
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
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from sandbox.identity.people import ACCOUNTS, Account
from sandbox.identity.tokens import TOKEN_FAULTS, Tokens

CODE_SECONDS = 60.0
SERVER_FAULTS = frozenset(("down", "slow", "drip", "rubbish", "refuses_code", "jwk_down", "companies_down"))
SLOW_SECONDS = 20.0
DRIP_SECONDS = 0.5
"""Between two bytes of an answer that never ends."""
COOKIE = "sandbox_oidc"
LEVELS = {"2": "silver", "3": "gold"}
COMPANIES_SCOPE = "govbr_empresa"


class Fault(msgspec.Struct, forbid_unknown_fields=True):
    """What goes wrong from now on; None: nothing."""

    kind: str | None = None


@dataclass(slots=True)
class _Login:
    """Somebody who signed in, in one browser."""

    account: Account
    level: str
    at: float


@dataclass(slots=True)
class _Code:
    login: _Login
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
    issued: list[dict[str, str]] = field(default_factory=list)
    """With ``control``: every token that was given out, and the verifier that it was given for."""
    _logins: dict[str, _Login] = field(default_factory=dict)
    _codes: dict[str, _Code] = field(default_factory=dict)
    _access: dict[str, _Code] = field(default_factory=dict)
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
            Route("/confiabilidades", self._level, methods=["GET"]),
            Route("/confiabilidades", self._raise_level, methods=["POST"]),
            Route("/empresas/v2/empresas", self._companies),
        ]
        if self.control:
            routes += [
                Route("/_control/fault", self._set_fault, methods=["PUT"]),
                Route("/_control/key", self._change_key, methods=["POST"]),
                Route("/_control/issued", self._issued),
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
        login = self._logins.get(request.cookies.get(COOKIE, ""))
        if login is not None and _is_fresh_enough(login, asked):
            return self._back(fields, code=self._make_code(login, fields))
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
        name, login = secrets.token_urlsafe(32), _Login(account, account.level, time.time())
        self._logins[name] = login
        response = self._back(form, code=self._make_code(login, form))
        response.set_cookie(COOKIE, name, httponly=True, samesite="lax")
        return response

    def _make_code(self, login: _Login, asked: dict[str, str]) -> str:
        code = secrets.token_urlsafe(32)
        self._codes[code] = _Code(
            login,
            asked["redirect_uri"],
            asked["nonce"],
            asked["code_challenge"],
            asked["scope"],
            time.monotonic() + CODE_SECONDS,
        )
        return code

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
        self._access[access] = code
        token = self._tokens.id_token(
            code.login.account,
            code.nonce,
            level=code.login.level,
            auth_time=int(code.login.at),
            fault=self.fault if self.fault in TOKEN_FAULTS else None,
        )
        if self.control:
            self.issued.append({"id_token": token or "", "access_token": access, "code_verifier": verifier})
        answer = {"access_token": access, "token_type": "Bearer", "expires_in": 600, "scope": code.scope}
        return JSONResponse(answer if token is None else {**answer, "id_token": token})

    async def _jwk(self, _: Request) -> Response:
        if self.fault == "jwk_down":
            return Response(status_code=503)
        return JSONResponse(self._tokens.keys())

    async def _userinfo(self, request: Request) -> Response:
        given = self._given(request)
        if given is None:
            return JSONResponse({"error": "invalid_token"}, 401)
        account = given.login.account
        claims = {"sub": account.person.document, "name": account.person.name}
        return JSONResponse({**claims, "email": account.email, "email_verified": True})

    async def _companies(self, request: Request) -> Response:
        """The companies of the token's own person, and of nobody else."""
        if self.fault == "companies_down":
            return Response(status_code=503)
        given = self._given(request)
        if given is None:
            return JSONResponse({"error": "invalid_token"}, 401)
        account = given.login.account
        if COMPANIES_SCOPE not in given.scope.split():
            return JSONResponse({"error": "insufficient_scope"}, 403)
        if request.query_params.get("filtrar-por-participante") != account.person.document:
            return JSONResponse({"error": "forbidden"}, 403)
        listed = [{"cnpj": item.document, "razaoSocial": item.name} for item in account.represents]
        return JSONResponse([{**item, "dataCriacao": "2026-01-01 00:00:00"} for item in listed])

    def _given(self, request: Request) -> _Code | None:
        """What a request's access token was given for."""
        return self._access.get(request.headers.get("authorization", "").removeprefix("Bearer "))

    async def _level(self, request: Request) -> Response:
        asked = dict(request.query_params)
        problem = self._level_problem(asked)
        if problem:
            return self._page("problem.html", 400, problem=problem)
        login = self._logins.get(request.cookies.get(COOKIE, ""))
        return self._page("level.html", login=login, fields={name: asked[name] for name in ("niveis", "redirect_uri")})

    async def _raise_level(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        login = self._logins.get(request.cookies.get(COOKIE, ""))
        problem = self._level_problem({**form, "client_id": self.client_id})
        if problem or login is None:
            return self._page("problem.html", 400, problem=problem or "login")
        login.level = LEVELS[form["niveis"]]
        return RedirectResponse(form["redirect_uri"], status_code=302)

    def _level_problem(self, asked: dict[str, str]) -> str | None:
        expected = {"client_id": self.client_id, "redirect_uri": self.redirect_uri}
        wrong = [name for name, value in expected.items() if asked.get(name) != value]
        return ", ".join(wrong + ["niveis"] * (asked.get("niveis") not in LEVELS)) or None

    async def _logout(self, request: Request) -> Response:
        site = urlsplit(self.redirect_uri)
        back = request.query_params.get("post_logout_redirect_uri", "")
        if back == f"{site.scheme}://{site.netloc}/":
            self._logins.pop(request.cookies.get(COOKIE, ""), None)
            response = RedirectResponse(back, status_code=302)
            response.delete_cookie(COOKIE)
            return response
        return self._page("problem.html", 400, problem="post_logout_redirect_uri")

    async def _server_fault(self) -> Response | None:
        match self.fault:
            case "down":
                return Response(status_code=503)
            case "rubbish":
                return Response("<html>", media_type="text/html")
            case "drip":
                return StreamingResponse(_drip(), media_type="application/json")
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

    async def _issued(self, _: Request) -> Response:
        return JSONResponse(self.issued)

    def _page(self, name: str, status: int = 200, /, **values: object) -> Response:
        return HTMLResponse(self._pages.get_template(name).render(values), status_code=status)


async def _headers(request: Request, call_next: RequestResponseEndpoint) -> Response:
    response = await call_next(request)
    response.headers["Cache-Control"] = "no-store"
    return response


def _is_fresh_enough(login: _Login, asked: dict[str, str]) -> bool:
    """Whether who signed in before need not do so again (OpenID Connect Core 3.1.2.1)."""
    max_age = asked.get("max_age", "")
    young = not max_age.isdecimal() or time.time() - login.at <= int(max_age)
    return asked.get("prompt") != "login" and young


async def _drip() -> AsyncIterator[bytes]:
    while True:
        yield b" "
        await asyncio.sleep(DRIP_SECONDS)


def _basic(request: Request) -> bytes:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    try:
        return base64.b64decode(value, validate=True) if scheme.casefold() == "basic" else b""
    except binascii.Error:
        return b""
