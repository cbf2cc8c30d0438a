"""The OpenID provider (gov.br's Login Único, or another): the address to sign in at, and who signed in.

Authorization code with PKCE (S256), state and nonce. Everything about an ID token is checked here: signature (RS256
with a key of the provider's own set), issuer, audience, times, nonce. Source: gov.br's technical guide, of which
docs/seguranca.md says what matters.
"""

from __future__ import annotations

import hmac
import re
import time
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

import httpx
import structlog
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from validate_docbr import CNPJ, CPF

from bot.identity.errors import ClockSkewed, IdentityUnusable, LevelTooLow, ProviderDown, ProviderRefused, TokenRefused
from bot.settings import Settings, SettingsError, is_loopback

_log = structlog.get_logger(__name__)

TIMEOUT = httpx.Timeout(5.0)
MAX_ANSWER = 65_536
LEEWAY = 60
"""Seconds that the provider's clock and ours may differ: gov.br names 60."""
ALGORITHMS = ["RS256"]
MIN_KEY_BITS = 2048
MAX_NAME = 120

Level = Literal["bronze", "prata", "ouro"]
_LEVELS: dict[str, Level] = {"bronze": "bronze", "silver": "prata", "gold": "ouro"}
_ORDER: list[Level] = ["bronze", "prata", "ouro"]
_REQUIRED = ("oidc_authorize_url", "oidc_token_url", "oidc_jwks_url", "oidc_client_id", "oidc_client_secret")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signed in. ``document``: CPF (digits), or the CNPJ where a company's own certificate signed in."""

    document: str
    name: str

    def __repr__(self) -> str:
        return "Identity(…)"


class Provider:
    """One provider; ``transport`` is for tests."""

    def __init__(self, settings: Settings, transport: httpx.AsyncBaseTransport | None = None) -> None:
        missing = [name for name in _REQUIRED if getattr(settings, name) is None]
        if missing:
            raise SettingsError("with GUICHE_OIDC_ISSUER: " + ", ".join(f"GUICHE_{name.upper()}" for name in missing))
        for name in ("issuer", "authorize_url", "token_url", "jwks_url", "logout_url", "step_up_url"):
            _check_address(f"GUICHE_OIDC_{name.upper()}", getattr(settings, f"oidc_{name}"))
        self.name = settings.oidc_name
        self.issuer = str(settings.oidc_issuer)
        self.logout_url = settings.oidc_logout_url
        self.step_up_url = settings.oidc_step_up_url
        self.redirect_uri = f"{settings.site}/entrar/retorno"
        self._authorize_url = str(settings.oidc_authorize_url)
        self._token_url = str(settings.oidc_token_url)
        self._jwks_url = str(settings.oidc_jwks_url)
        self._client_id = str(settings.oidc_client_id)
        secret = settings.oidc_client_secret
        self._secret = secret.get_secret_value() if secret else ""
        self._scope = settings.oidc_scope
        self._minimum = settings.minimum_level
        self._http = httpx.AsyncClient(timeout=TIMEOUT, transport=transport, follow_redirects=False, trust_env=False)
        self._keys: KeySet | None = None

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
        return f"{self._authorize_url}{'&' if '?' in self._authorize_url else '?'}{urlencode(asked)}"

    def logout_address(self, back: str) -> str | None:
        """Ends the provider's session in the browser, and comes back."""
        if self.logout_url is None:
            return None
        return (
            f"{self.logout_url}{'&' if '?' in self.logout_url else '?'}{urlencode({'post_logout_redirect_uri': back})}"
        )

    async def identify(self, code: str, verifier: str, nonce: str) -> Identity:
        """Changes the code for a token and reads who it is; raises LoginError's subclasses. No token leaves here."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": verifier,
        }
        answer = await self._ask("POST", self._token_url, data=form, auth=(self._client_id, self._secret))
        if not answer.is_success:
            raise ProviderRefused(_oauth_error(answer))
        token = _object(answer).get("id_token")
        if not isinstance(token, str) or not token:
            raise TokenRefused("no id_token")
        return self._identity(await self._claims(token, nonce))

    async def aclose(self) -> None:
        await self._http.aclose()

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
        _check_claims(claims, issuer=self.issuer, client_id=self._client_id, nonce=nonce, now=time.time())
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

    def _identity(self, claims: dict[str, Any]) -> Identity:
        info = claims.get("reliability_info")
        stated = info.get("level") if isinstance(info, dict) else None
        level = _LEVELS.get(str(stated).casefold(), "bronze")
        cpf = re.sub(r"\D", "", str(claims.get("sub", "")))  # gov.br's own example has a dash
        if len(cpf) != 11 or not CPF().validate(cpf):
            raise IdentityUnusable("sub is no CPF")
        if _ORDER.index(level) < _ORDER.index(self._minimum):
            raise LevelTooLow(level)
        name = next((str(claims[key]) for key in ("social_name", "name") if claims.get(key)), "")
        cnpj = re.sub(r"[^0-9A-Z]", "", str(claims.get("cnpj") or "").upper())
        document = cnpj if cnpj and CNPJ().validate(cnpj) else cpf
        return Identity(document, " ".join(name.split())[:MAX_NAME])

    async def _ask(self, method: str, url: str, **options: Any) -> httpx.Response:
        try:
            async with self._http.stream(method, url, headers={"Accept": "application/json"}, **options) as answer:
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


def _check_claims(claims: dict[str, Any], *, issuer: str, client_id: str, nonce: str, now: float) -> None:
    """OpenID Connect Core 3.1.3.7, in its order; raises TokenRefused, or ClockSkewed where only the times are wrong."""
    if str(claims.get("iss", "")).rstrip("/") != issuer.rstrip("/"):  # gov.br's ends with a slash, settings may not
        raise TokenRefused("iss")
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if client_id not in audiences:
        raise TokenRefused("aud")
    party = claims.get("azp")
    if (len(audiences) > 1 or party is not None) and party != client_id:
        raise TokenRefused("azp")
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise TokenRefused("nonce")
    times = {name: claims.get(name) for name in ("exp", "iat")}
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in times.values()):
        raise TokenRefused("times")
    begins = max(float(times["iat"] or 0), float(claims["nbf"]) if isinstance(claims.get("nbf"), int | float) else 0.0)
    if float(times["exp"] or 0) <= now - LEEWAY or begins > now + LEEWAY:
        raise ClockSkewed("expired" if float(times["exp"] or 0) <= now - LEEWAY else "not yet valid")


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
