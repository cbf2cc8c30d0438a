"""ID tokens as gov.br makes them, and as nobody should: each fault is one way in which a token can be wrong."""

from __future__ import annotations

import base64
import hmac
import json
import secrets
import time
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey

from sandbox.identity.people import Account

KEY_ID = "rsa1"
LIFETIME = 60
"""Seconds: what gov.br's guide says of an id_token."""

TOKEN_FAULTS = frozenset(
    (
        "wrong_audience",
        "several_audiences",
        "wrong_issuer",
        "wrong_nonce",
        "no_nonce",
        "algorithm_none",
        "algorithm_hs256",
        "other_key",
        "changed",
        "expired",
        "future",
        "no_times",
        "not_a_cpf",
        "no_token",
        "nonsense",
    )
)


class Tokens:
    """Signs with a key of its own, made when it starts."""

    def __init__(self, issuer: str, client_id: str) -> None:
        self.issuer = issuer
        self._client_id = client_id
        self._key = RSAKey.generate_key(2048, {"kid": KEY_ID, "use": "sig", "alg": "RS256"})
        self._other = RSAKey.generate_key(2048, {"kid": KEY_ID, "use": "sig", "alg": "RS256"})

    def keys(self) -> dict[str, Any]:
        return {"keys": [self._key.as_dict(private=False)]}

    def change_key(self) -> None:
        """As a provider does from time to time: another key, another id."""
        name = f"rsa-{secrets.token_hex(4)}"
        self._key = RSAKey.generate_key(2048, {"kid": name, "use": "sig", "alg": "RS256"})

    def claims(self, account: Account, nonce: str, level: str, auth_time: int) -> dict[str, Any]:
        now = int(time.time())
        cpf = account.person.document
        claims: dict[str, Any] = {
            "sub": f"{cpf[:9]}-{cpf[9:]}",  # the guide's own example has the dash
            "iss": self.issuer,
            "aud": self._client_id,
            "iat": now,
            "auth_time": auth_time,
            "exp": now + LIFETIME,
            "jti": secrets.token_urlsafe(12),
            "nonce": nonce,
            "name": account.person.name,
            "preferred_username": cpf,
            "email": account.email,
            "email_verified": "true",  # a string in the id_token, a boolean in userinfo
            "amr": ["x509_cnpj"] if account.company else ["passwd"],
            "reliability_info": {"level": level, "reliabilities": [{"id": "801", "updatedAt": "2026-01-01"}]},
        }
        if account.company:
            claims["cnpj"] = account.company.document
        return claims

    def id_token(
        self, account: Account, nonce: str, *, level: str, auth_time: int, fault: str | None = None
    ) -> str | None:
        """The signed token; with a fault a wrong one, or none. ``level``: bronze, silver, gold."""
        claims = self.claims(account, nonce, level, auth_time) | self._wrong_claims(fault)
        for name in {"no_nonce": ("nonce",), "no_times": ("exp", "iat")}.get(fault or "", ()):
            claims.pop(name)
        key = self._other if fault == "other_key" else self._key
        header = {"alg": "RS256", "kid": key.kid, "typ": "JWT"}
        match fault:
            case "no_token":
                return None
            case "nonsense":
                return "não.é.token"
            case "algorithm_none":
                return f"{_encode({'alg': 'none', 'typ': 'JWT'})}.{_encode(claims)}."
            case "algorithm_hs256":  # signed with the public key as if it were a shared secret
                signed = f"{_encode({'alg': 'HS256', 'kid': self._key.kid})}.{_encode(claims)}"
                # By hand: the library refuses to take a public key for a secret.
                digest = hmac.digest(self._key.as_pem(private=False), signed.encode(), "sha256")
                return f"{signed}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"
            case "changed":
                head, _, signature = jwt.encode(header, claims, key).split(".")
                return f"{head}.{_encode(claims | {'sub': '529982247-25'})}.{signature}"
            case _:
                return jwt.encode(header, claims, key)

    def _wrong_claims(self, fault: str | None) -> dict[str, Any]:
        now = int(time.time())
        wrong: dict[str, dict[str, Any]] = {
            "wrong_audience": {"aud": "another-client"},
            "several_audiences": {"aud": [self._client_id, "another-client"]},
            "wrong_issuer": {"iss": "https://sso.example/"},
            "wrong_nonce": {"nonce": secrets.token_urlsafe(16)},
            "expired": {"iat": now - 4000, "exp": now - 3600},
            "future": {"iat": now + 3600, "exp": now + 4000},
            "not_a_cpf": {"sub": "123.456.789-00"},
        }
        return wrong.get(fault or "", {})


def _encode(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
