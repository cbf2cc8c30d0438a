"""The OpenID provider (gov.br's Login Único, or another): the address to sign in at, who signed in, for whom.

Authorization code with PKCE (S256), state and nonce. Everything about an ID token is checked: its signature here (RS256
with a key of the provider's own set), what it says in claims.py. Source: gov.br's technical guide, of which
docs/seguranca.md says what matters.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import structlog
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from bot.identity.claims import Level, check_age, check_claims, citizen_of, cpf_of
from bot.identity.companies import companies_in
from bot.identity.errors import ProviderDown, ProviderRefused, TokenRefused
from bot.identity.sessions import Citizen, Company
from bot.settings import Settings, SettingsError, is_loopback

_log = structlog.get_logger(__name__)

TIMEOUT = httpx.Timeout(5.0)
"""Of each step of a request: to connect, to send, to hear something more."""
DEADLINE = 10.0
"""Seconds for all that the provider is asked while a browser waits: one that answers a byte at a time is down too."""
COMPANIES_DEADLINE = 4.0
"""Of these, for the companies: without them a citizen can still see what is their own."""
COMPANIES_SCOPE = "govbr_empresa"
MAX_ANSWER = 65_536
ALGORITHMS = ["RS256"]
MIN_KEY_BITS = 2048

_NUMBERS: dict[Level, int] = {"bronze": 1, "prata": 2, "ouro": 3}
"""How gov.br's page for raising the level calls them (``niveis``)."""
_REQUIRED = ("oidc_authorize_url", "oidc_token_url", "oidc_jwks_url", "oidc_client_id", "oidc_client_secret")


class Provider:
    """One provider; ``transport`` and ``clock`` (seconds of the epoch) are for tests."""

    def __init__(
        self,
        settings: Settings,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        missing = [name for name in _REQUIRED if getattr(settings, name) is None]
        if missing:
            raise SettingsError("with GUICHE_OIDC_ISSUER: " + ", ".join(f"GUICHE_{name.upper()}" for name in missing))
        for name in ("issuer", "authorize_url", "token_url", "jwks_url", "logout_url", "step_up_url", "companies_url"):
            _check_address(f"GUICHE_OIDC_{name.upper()}", getattr(settings, f"oidc_{name}"))
        self.name = settings.oidc_name
        self.issuer = str(settings.oidc_issuer)
        self.logout_url = settings.oidc_logout_url
        self.redirect_uri = f"{settings.site}/entrar/retorno"
        self._authorize_url = str(settings.oidc_authorize_url)
        self._token_url = str(settings.oidc_token_url)
        self._jwks_url = str(settings.oidc_jwks_url)
        self._client_id = str(settings.oidc_client_id)
        secret = settings.oidc_client_secret
        self._secret = secret.get_secret_value() if secret else ""
        self._step_up_url = settings.oidc_step_up_url
        self._companies_url = settings.oidc_companies_url
        self._max_age = settings.oidc_max_age
        self._scope = settings.oidc_scope
        if self._companies_url and COMPANIES_SCOPE not in self._scope.split():
            self._scope += f" {COMPANIES_SCOPE}"
        self._minimum = settings.minimum_level
        self._http = httpx.AsyncClient(timeout=TIMEOUT, transport=transport, follow_redirects=False, trust_env=False)
        self._keys: KeySet | None = None
        self._clock = clock

    @property
    def origin(self) -> str:
        """Where the browser is sent, for the page's Content-Security-Policy."""
        parts = urlsplit(self._authorize_url)
        return f"{parts.scheme}://{parts.netloc}"

    def address(self, state: str, nonce: str, verifier: str) -> str:
        """Where the citizen signs in. ``verifier``: 43 to 128 characters, never sent from here."""
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "scope": self._scope,
            "redirect_uri": self.redirect_uri,
            "state": state,
            "nonce": nonce,
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
        }
        if self._max_age is not None:
            asked["max_age"] = str(self._max_age)
        if self._max_age == 0:
            asked["prompt"] = "login"
        return _with_query(self._authorize_url, asked)

    def logout_address(self, back: str) -> str | None:
        """Ends the provider's session in the browser, and comes back."""
        return _with_query(self.logout_url, {"post_logout_redirect_uri": back}) if self.logout_url else None

    @property
    def step_up_address(self) -> str | None:
        """Where the account's level is raised to the minimum; the browser comes back to ``redirect_uri``."""
        if self._step_up_url is None:
            return None
        asked = {
            "client_id": self._client_id,
            "niveis": str(_NUMBERS[self._minimum]),
            "redirect_uri": self.redirect_uri,
        }
        return _with_query(self._step_up_url, asked)

    async def identify(self, code: str, verifier: str, nonce: str) -> Citizen:
        """Changes the code for a token and reads who it is; raises LoginError's subclasses. No token leaves here."""
        try:
            async with asyncio.timeout(DEADLINE):
                return await self._identified(code, verifier, nonce)
        except TimeoutError:
            raise ProviderDown("too slow") from None

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _identified(self, code: str, verifier: str, nonce: str) -> Citizen:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": verifier,
        }
        answer = await self._ask("POST", self._token_url, data=form, auth=(self._client_id, self._secret))
        if not answer.is_success:
            raise ProviderRefused(_oauth_error(answer))
        tokens = _object(answer)
        token = tokens.get("id_token")
        if not isinstance(token, str) or not token:
            raise TokenRefused("no id_token")
        claims = await self._claims(token, nonce)
        cpf = cpf_of(claims, self._minimum)
        return citizen_of(claims, cpf, await self._companies(cpf, tokens.get("access_token")))

    async def _companies(self, cpf: str, access_token: object) -> tuple[Company, ...] | None:
        """The companies that the person represents; None: the provider did not say."""
        if self._companies_url is None:
            return ()
        address = _with_query(self._companies_url, {"filtrar-por-participante": cpf})
        try:
            async with asyncio.timeout(COMPANIES_DEADLINE):
                answer = await self._ask("GET", address, headers={"Authorization": f"Bearer {access_token}"})
            return companies_in(answer)
        except (TimeoutError, ProviderDown) as error:
            _log.warning("companies_unknown", error=type(error).__name__, detail=str(error))
            return None

    async def _claims(self, token: str, nonce: str) -> dict[str, Any]:
        try:
            decoded = jwt.decode(token, await self._key_set(), algorithms=ALGORITHMS)
        except (JoseError, ValueError, TypeError, KeyError):
            # Perhaps the provider changed its keys. A token that is wrong in itself is refused again.
            try:
                decoded = jwt.decode(token, await self._key_set(again=True), algorithms=ALGORITHMS)
            except (JoseError, ValueError, TypeError, KeyError) as error:
                raise TokenRefused(type(error).__name__) from None
        claims = decoded.claims
        now = self._clock()
        check_claims(claims, issuer=self.issuer, client_id=self._client_id, nonce=nonce, now=now)
        if self._max_age is not None:
            check_age(claims.get("auth_time"), self._max_age, now)
        return claims

    async def _key_set(self, *, again: bool = False) -> KeySet:
        if self._keys is None or again:
            answer = await self._ask("GET", self._jwks_url)
            if not answer.is_success:
                raise ProviderDown(f"jwks {answer.status_code}")
            keys = [key for key in _object(answer).get("keys") or [] if isinstance(key, dict) and _usable(key)]
            try:
                loaded = KeySet.import_key_set({"keys": keys})
            except (JoseError, ValueError, TypeError, KeyError) as error:
                raise TokenRefused(f"jwks: {type(error).__name__}") from None
            strong = [key for key in loaded.keys if _bits(key.as_dict(private=False)) >= MIN_KEY_BITS]
            if not strong:
                raise TokenRefused("jwks: no usable key")
            self._keys = KeySet(strong)
        return self._keys

    async def _ask(self, method: str, url: str, **options: Any) -> httpx.Response:
        try:
            headers = {"Accept": "application/json", **options.pop("headers", {})}
            async with self._http.stream(method, url, headers=headers, **options) as answer:
                body = bytearray()
                async for chunk in answer.aiter_bytes():
                    body += chunk
                    if len(body) > MAX_ANSWER:
                        raise ProviderDown("answer too large")
                read = httpx.Response(answer.status_code, content=bytes(body))
        except httpx.HTTPError as error:  # its text can hold an address with a code
            raise ProviderDown(type(error).__name__) from None
        if read.is_server_error or read.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise ProviderDown(f"status {read.status_code}")
        return read


def _with_query(address: str, asked: dict[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"


def _usable(key: dict[str, Any]) -> bool:
    return key.get("kty") == "RSA" and key.get("use", "sig") == "sig" and key.get("alg", "RS256") == "RS256"


def _bits(key: Any) -> int:
    return len(str(key.get("n", ""))) * 6


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        data = answer.json()
    except ValueError:
        raise ProviderDown("not JSON") from None
    if not isinstance(data, dict):
        raise ProviderDown("not an object")
    return data


def _oauth_error(answer: httpx.Response) -> str:
    """The error's registered name, for the log; never its description, which may quote what was sent."""
    try:
        name = _object(answer).get("error")
    except ProviderDown:
        name = None
    known = {"invalid_grant", "invalid_client", "invalid_request", "unauthorized_client", "unsupported_grant_type"}
    return str(name) if name in known else f"status {answer.status_code}"


def _check_address(name: str, value: str | None) -> None:
    if value is None:
        return
    parts = urlsplit(value)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname and is_loopback(parts.hostname)):
        raise SettingsError(f"{name}: an https address is expected")
