"""What is taken from a provider's answers and what is refused: one claim at a time, on a clock that stands still."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.identity.errors import ClockSkewed, IdentityUnusable, LevelTooLow, LoginError, TokenRefused
from bot.identity.provider import Provider
from bot.identity.sessions import Citizen, Company
from bot.settings import SettingsError
from tests.bot.conftest import MakeSettings

HOST = "http://127.0.0.1:9"
CPF, NAME, NONCE, VERIFIER = "11144477735", "Maria Aparecida de Souza", "nonce of this login", "v" * 64
CNPJ = "11222333000181"
NOW = 1_800_000_000
GONE = object()
"""A claim that is left out."""


class Issuer:
    """Signs whatever claims a test wants, and lists whatever companies."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig", "alg": "RS256"})
        self.claims: dict[str, Any] = {}
        self.companies: Response | None = None
        self.asked: list[Request] = []

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/token", self._token, methods=["POST"]),
                Route("/jwk", self._keys),
                Route("/empresas", self._companies),
            ]
        )

    async def _token(self, _: Request) -> Response:
        standard = {
            "sub": CPF,
            "iss": f"{HOST}/",
            "aud": "guiche",
            "iat": NOW,
            "exp": NOW + 60,
            "nonce": NONCE,
            "name": NAME,
            "reliability_info": {"level": "silver"},
        }
        claims = {name: value for name, value in (standard | self.claims).items() if value is not GONE}
        token = jwt.encode({"alg": "RS256", "kid": "k1"}, claims, self.key)
        return JSONResponse({"id_token": token, "access_token": "access", "token_type": "Bearer"})

    async def _keys(self, _: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    async def _companies(self, request: Request) -> Response:
        self.asked.append(request)
        return self.companies or Response(status_code=404)


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


type Make = Callable[..., Provider]


@pytest.fixture
async def make(issuer: Issuer, make_settings: MakeSettings) -> AsyncIterator[Make]:
    made: list[Provider] = []

    def provider(**changes: Any) -> Provider:
        values: dict[str, Any] = {
            "oidc_issuer": f"{HOST}/",
            "oidc_authorize_url": f"{HOST}/authorize",
            "oidc_token_url": f"{HOST}/token",
            "oidc_jwks_url": f"{HOST}/jwk",
            "oidc_client_id": "guiche",
            "oidc_client_secret": SecretStr("secret"),
            **changes,
        }
        made.append(Provider(make_settings(**values), httpx.ASGITransport(issuer.app()), lambda: NOW))
        return made[-1]

    yield provider
    for provider_made in made:
        await provider_made.aclose()


async def identify(provider: Provider) -> Citizen:
    return await provider.identify("code", VERIFIER, NONCE)


TAKEN: list[tuple[str, dict[str, Any], Citizen]] = [
    ("as it is", {}, Citizen(CPF, NAME)),
    ("sub with a dash", {"sub": "111444777-35"}, Citizen(CPF, NAME)),
    ("sub as people write it", {"sub": "111.444.777-35"}, Citizen(CPF, NAME)),
    ("issuer without its slash", {"iss": HOST}, Citizen(CPF, NAME)),
    ("audience as a list", {"aud": ["guiche"]}, Citizen(CPF, NAME)),
    ("azp", {"azp": "guiche"}, Citizen(CPF, NAME)),
    ("several audiences with azp", {"aud": ["guiche", "x"], "azp": "guiche"}, Citizen(CPF, NAME)),
    ("social name", {"social_name": "Mário de Souza"}, Citizen(CPF, "Mário de Souza")),
    ("an empty social name", {"social_name": ""}, Citizen(CPF, NAME)),
    ("no name", {"name": GONE}, Citizen(CPF, "")),
    ("spaces in the name", {"name": " Maria  de\nSouza "}, Citizen(CPF, "Maria de Souza")),
    ("a long name", {"name": "M" * 500}, Citizen(CPF, "M" * 120)),
    ("e-mail verified as a word", {"email": "a@b.example", "email_verified": "true"}, Citizen(CPF, NAME)),
    ("e-mail not verified, as a word", {"email": "a@b.example", "email_verified": "false"}, Citizen(CPF, NAME)),
    ("e-mail verified as a boolean", {"email": "a@b.example", "email_verified": True}, Citizen(CPF, NAME)),
    ("a level in capitals", {"reliability_info": {"level": "GOLD"}}, Citizen(CPF, NAME)),
    ("expired 59 s ago", {"exp": NOW - 59}, Citizen(CPF, NAME)),
    ("made in 60 s", {"iat": NOW + 60}, Citizen(CPF, NAME)),
    ("valid in 60 s", {"nbf": NOW + 60}, Citizen(CPF, NAME)),
    ("times with fractions", {"iat": NOW - 0.5, "exp": NOW + 59.5}, Citizen(CPF, NAME)),
    (
        "a company's certificate",
        {"cnpj": CNPJ},
        Citizen(CNPJ, "CNPJ **.222.333/****-**", person=NAME),
    ),
    (
        "the same as it is written",
        {"cnpj": "11.222.333/0001-81"},
        Citizen(CNPJ, "CNPJ **.222.333/****-**", person=NAME),
    ),
    (
        "a CNPJ with letters",
        {"cnpj": "12.abc.345/01de-35"},
        Citizen("12ABC34501DE35", "CNPJ **.ABC.345/****-**", person=NAME),
    ),
    ("a CNPJ that is none", {"cnpj": "11.222.333/0001-00"}, Citizen(CPF, NAME)),
    ("no CNPJ", {"cnpj": None}, Citizen(CPF, NAME)),
]
REFUSED: list[tuple[str, dict[str, Any], type[LoginError]]] = [
    ("another issuer", {"iss": "https://evil.example/"}, TokenRefused),
    ("no issuer", {"iss": GONE}, TokenRefused),
    ("another audience", {"aud": "x"}, TokenRefused),
    ("several audiences", {"aud": ["guiche", "x"]}, TokenRefused),
    ("azp of another", {"azp": "x"}, TokenRefused),
    ("another nonce", {"nonce": "x"}, TokenRefused),
    ("no nonce", {"nonce": GONE}, TokenRefused),
    ("no end", {"exp": GONE}, TokenRefused),
    ("an end that is no number", {"exp": "tomorrow"}, TokenRefused),
    ("a truth for an end", {"exp": True}, TokenRefused),
    ("expired 60 s ago", {"exp": NOW - 60}, ClockSkewed),
    ("made in 61 s", {"iat": NOW + 61}, ClockSkewed),
    ("valid in 61 s", {"nbf": NOW + 61}, ClockSkewed),
    ("a sub of ten digits", {"sub": "1114447773"}, IdentityUnusable),
    ("a sub with wrong check digits", {"sub": "11144477736"}, IdentityUnusable),
    ("a sub that is no CPF", {"sub": "maria"}, IdentityUnusable),
    ("no sub", {"sub": GONE}, IdentityUnusable),
    ("no level", {"reliability_info": GONE}, LevelTooLow),
    ("a level of another shape", {"reliability_info": "gold"}, LevelTooLow),
    ("an unknown level", {"reliability_info": {"level": "platinum"}}, LevelTooLow),
    ("bronze", {"reliability_info": {"level": "bronze"}}, LevelTooLow),
]


@pytest.mark.parametrize(("claims", "citizen"), [row[1:] for row in TAKEN], ids=[row[0] for row in TAKEN])
async def test_taken(issuer: Issuer, make: Make, claims: dict[str, Any], citizen: Citizen) -> None:
    issuer.claims = claims
    assert await identify(make()) == citizen


@pytest.mark.parametrize(("claims", "error"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
async def test_refused(issuer: Issuer, make: Make, claims: dict[str, Any], error: type[LoginError]) -> None:
    issuer.claims = claims
    with pytest.raises(error) as refused:
        await identify(make())
    assert CPF not in str(refused.value)


async def test_the_setting_may_lack_the_issuer_s_slash_and_the_token_have_it(make: Make) -> None:
    assert (await identify(make(oidc_issuer=HOST))).document == CPF


@pytest.mark.parametrize(
    ("minimum", "stated", "enough"),
    [
        ("bronze", None, True),
        ("bronze", "bronze", True),
        ("prata", "bronze", False),
        ("prata", "silver", True),
        ("ouro", "silver", False),
        ("ouro", "gold", True),
    ],
)
async def test_the_minimum_level_is_a_setting(
    issuer: Issuer, make: Make, minimum: str, stated: str | None, enough: bool
) -> None:
    issuer.claims = {"reliability_info": {"level": stated} if stated else GONE}
    provider = make(minimum_level=minimum)
    if enough:
        assert (await identify(provider)).document == CPF
        return
    with pytest.raises(LevelTooLow):
        await identify(provider)


@pytest.mark.parametrize(("minimum", "number"), [("bronze", "1"), ("prata", "2"), ("ouro", "3")])
def test_the_way_to_raise_the_level_says_to_which_and_where_to_come_back(make: Make, minimum: str, number: str) -> None:
    address = make(oidc_step_up_url="https://confiabilidades.example", minimum_level=minimum).step_up_address
    assert address is not None
    assert address.startswith("https://confiabilidades.example?")
    asked = {name: value for name, (value,) in parse_qs(urlsplit(address).query).items()}
    assert asked["client_id"] == "guiche"
    assert asked["niveis"] == number
    assert asked["redirect_uri"].endswith("/entrar/retorno")
    assert make().step_up_address is None


@pytest.mark.parametrize(
    ("max_age", "sent"),
    [(None, {}), (300, {"max_age": ["300"]}), (0, {"max_age": ["0"], "prompt": ["login"]})],
)
def test_asking_for_the_password_again_is_a_setting(make: Make, max_age: int | None, sent: dict[str, Any]) -> None:
    asked = parse_qs(urlsplit(make(oidc_max_age=max_age).address("s", "n", VERIFIER)).query)
    assert {name: asked[name] for name in ("max_age", "prompt") if name in asked} == sent


@pytest.mark.parametrize(
    ("auth_time", "taken"), [(NOW, True), (NOW - 360, True), (NOW - 361, False), (GONE, False), ("x", False)]
)
async def test_where_it_was_asked_for_the_provider_has_to_say_when_somebody_signed_in(
    issuer: Issuer, make: Make, auth_time: object, taken: bool
) -> None:
    issuer.claims = {"auth_time": auth_time}
    assert (await identify(make())).document == CPF
    if taken:
        assert (await identify(make(oidc_max_age=300))).document == CPF
        return
    with pytest.raises(TokenRefused):
        await identify(make(oidc_max_age=300))


def listed(*companies: tuple[str, str | None]) -> Response:
    return JSONResponse([{"cnpj": cnpj, "razaoSocial": name, "dataCriacao": "x"} for cnpj, name in companies])


BUILDER, BAKERY = Company(CNPJ, "Construtora Boa Vista Ltda"), Company("12ABC34501DE35", "Padaria do Engenho Ltda")


@pytest.mark.parametrize(
    ("answer", "companies"),
    [
        (listed((BUILDER.document, BUILDER.name)), (BUILDER,)),
        (listed(("11.222.333/0001-81", BUILDER.name), (BAKERY.document, BAKERY.name)), (BUILDER, BAKERY)),
        (listed((BUILDER.document, BUILDER.name), (BUILDER.document, "Outra")), (BUILDER,)),
        (listed(("11222333000100", "Não é CNPJ"), (CPF, "Uma pessoa")), ()),
        (listed((CNPJ, None)), (Company(CNPJ, "CNPJ **.222.333/****-**"),)),
        (listed(), ()),
        (Response(status_code=404), ()),
        (Response(status_code=403), None),
        (Response(status_code=500), None),
        (Response("<html>"), None),
        (JSONResponse({"cnpj": CNPJ}), None),
        (Response("x" * 70_000), None),
    ],
)
async def test_the_companies_that_a_person_represents(
    issuer: Issuer, make: Make, answer: Response, companies: tuple[Company, ...] | None
) -> None:
    """None: they are not known, and one's own is shown all the same."""
    issuer.companies = answer
    assert await identify(make(oidc_companies_url=f"{HOST}/empresas")) == Citizen(CPF, NAME, companies)
    (asked,) = issuer.asked
    assert asked.query_params["filtrar-por-participante"] == CPF
    assert asked.headers["authorization"] == "Bearer access"


async def test_a_company_s_certificate_gets_the_company_s_name_from_the_list(issuer: Issuer, make: Make) -> None:
    issuer.claims, issuer.companies = {"cnpj": CNPJ}, listed((CNPJ, BUILDER.name))
    citizen = await identify(make(oidc_companies_url=f"{HOST}/empresas"))
    assert (citizen.document, citizen.name, citizen.first_name) == (CNPJ, BUILDER.name, "Maria")


async def test_nobody_is_asked_for_companies_unless_that_is_set(issuer: Issuer, make: Make) -> None:
    provider = make()
    assert (await identify(provider)).companies == ()
    assert issuer.asked == []
    assert "govbr_empresa" not in provider.address("s", "n", VERIFIER)
    assert "govbr_empresa" in make(oidc_companies_url=f"{HOST}/empresas").address("s", "n", VERIFIER)


def test_each_address_has_to_be_https(make: Make) -> None:
    for name in ("oidc_step_up_url", "oidc_companies_url", "oidc_logout_url"):
        with pytest.raises(SettingsError, match=name.upper()):
            make(**{name: "http://sso.example/"})
