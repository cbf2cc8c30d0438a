"""What an ID token says: whether it is for us and of now, and who it is about."""

from __future__ import annotations

import hmac
import re
from typing import Any, Literal

from validate_docbr import CNPJ, CPF

from bot.identity.errors import ClockSkewed, IdentityUnusable, LevelTooLow, TokenRefused
from bot.identity.masking import called_by_number
from bot.identity.sessions import Citizen, Company

LEEWAY = 60
"""Seconds that the provider's clock and ours may differ: gov.br names 60."""
MAX_NAME = 120

Level = Literal["bronze", "prata", "ouro"]
_LEVELS: dict[str, Level] = {"bronze": "bronze", "silver": "prata", "gold": "ouro"}
_ORDER: list[Level] = ["bronze", "prata", "ouro"]


def check_claims(claims: dict[str, Any], *, issuer: str, client_id: str, nonce: str, now: float) -> None:
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


def check_age(auth_time: object, max_age: int, now: float) -> None:
    """With max_age the provider has to say when the person signed in (OpenID Connect Core 2); raises TokenRefused."""
    if not isinstance(auth_time, int | float) or isinstance(auth_time, bool) or auth_time < now - max_age - LEEWAY:
        raise TokenRefused("auth_time")


def citizen_of(claims: dict[str, Any], cpf: str, companies: tuple[Company, ...] | None) -> Citizen:
    """The person; or the company, where its own certificate signed in (``cnpj``): the name is then its holder's."""
    name = next((str(claims[key]) for key in ("social_name", "name") if claims.get(key)), "")
    person = " ".join(name.split())[:MAX_NAME]
    cnpj = re.sub(r"[^0-9A-Z]", "", str(claims.get("cnpj") or "").upper())
    if not cnpj or not CNPJ().validate(cnpj):
        return Citizen(cpf, person, companies)
    company = next((known.name for known in companies or () if known.document == cnpj), called_by_number(cnpj))
    return Citizen(cnpj, company, person=person)


def cpf_of(claims: dict[str, Any], minimum: Level) -> str:
    """Whose account it is; raises IdentityUnusable, or LevelTooLow."""
    cpf = re.sub(r"\D", "", str(claims.get("sub", "")))  # gov.br's own example has a dash
    if len(cpf) != 11 or not CPF().validate(cpf):
        raise IdentityUnusable("sub is no CPF")
    info = claims.get("reliability_info")
    stated = info.get("level") if isinstance(info, dict) else None
    level = _LEVELS.get(str(stated).casefold(), "bronze")
    if _ORDER.index(level) < _ORDER.index(minimum):
        raise LevelTooLow(level)
    return cpf
