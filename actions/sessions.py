"""Who the citizen is: the front desk's private API knows. Its answers never leave the action that asked."""

from __future__ import annotations

import asyncio
import re
from typing import Annotated

import httpx
import msgspec

# With the portal's deadline (4.5 s) this stays below the 6 s that an action has.
DEADLINE = 1.2
_SESSION = re.compile(r"[A-Za-z0-9_\-.]{1,256}")
_MAX_ANSWER = 40_000


class Company(msgspec.Struct, frozen=True):
    """A company that an identified citizen represents. The `repr` shows nothing."""

    document: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Z]{12}[0-9]{2}$")]
    name: str = ""

    def __repr__(self) -> str:
        return "Company(…)"


class Citizen(msgspec.Struct, frozen=True):
    """An identified citizen or company. The `repr` shows nothing."""

    document: Annotated[str, msgspec.Meta(pattern=r"^([0-9]{11}|[0-9A-Z]{12}[0-9]{2})$")]
    name: str = ""
    companies: tuple[Company, ...] | None = ()
    """None: the identity provider did not say."""

    @property
    def is_company(self) -> bool:
        """Signed in with a CNPJ."""
        return len(self.document) == 14

    def company(self, document: str) -> Company | None:
        """The company of that CNPJ, if the citizen represents it."""
        return next((company for company in self.companies or () if company.document == document), None)

    def __repr__(self) -> str:
        return "Citizen(…)"


class FrontDeskUnavailable(Exception):
    """The front desk did not answer, or not as agreed; nobody knows whether the session is in force."""


class CitizenSessions:
    """Client of GET /private/sessions/{id}?for={purpose}. `transport` is for tests."""

    def __init__(self, url: str, secret: str, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._http = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {secret}", "Accept": "application/json"},
            timeout=httpx.Timeout(DEADLINE),
            limits=httpx.Limits(max_connections=20, max_keepalive_connections=5),
            transport=transport,
            trust_env=False,  # never through a proxy: it is on this machine or this network
        )

    async def resolve(self, session: str, purpose: str) -> Citizen | None:
        """The citizen of a session; None when it is unknown or has expired. Raises FrontDeskUnavailable.

        `purpose` is written to the front desk's audit: what the access is for.
        """
        if not _SESSION.fullmatch(session) or session in (".", ".."):
            return None
        try:
            async with asyncio.timeout(DEADLINE):
                response = await self._http.get(f"/private/sessions/{session}", params={"for": purpose})
        except (TimeoutError, httpx.RequestError) as error:
            raise FrontDeskUnavailable(type(error).__name__) from None
        if response.status_code == 404 and _is_unknown(response.content):
            return None
        if response.status_code != 200 or len(response.content) > _MAX_ANSWER:
            raise FrontDeskUnavailable(f"status {response.status_code}")
        try:
            return msgspec.json.decode(response.content, type=Citizen)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            # Not chained: the decoder's message can quote the document.
            raise FrontDeskUnavailable("no citizen in the answer") from None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()


class _Refusal(msgspec.Struct):
    error: str


def _is_unknown(body: bytes) -> bool:
    """A 404 without this word is a wrong address, and must not sign anybody out."""
    try:
        return msgspec.json.decode(body, type=_Refusal).error == "session_unknown"
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False
