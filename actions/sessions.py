"""Who the citizen is: the front desk's private API knows. Its answers never leave the action that asked."""

from __future__ import annotations

import asyncio
import re
import time
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

import httpx
import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Of all front desks together: with the portal's deadline (4.5 s) this stays below the 6 s that an action has.
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
    """No front desk answered as agreed, so nobody knows whether the session is in force. The turn has to be repeated:
    neither an apology nor what a stranger may see is the answer to a citizen who has signed in.
    """


class CitizenSessions:
    """Client of the front desks' GET /private/sessions/{id}?for={purpose}; any of them knows every session.
    `transport` is for tests.

    The one that answered last is asked first; one that does not answer leaves the next one its share of the time.
    """

    def __init__(self, urls: Sequence[str], secret: str, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._urls = list(urls)
        self._http = httpx.AsyncClient(
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
        return await self._of_any(f"/private/sessions/{session}?for={quote(purpose)}", _citizen)

    async def ready(self) -> bool:
        """Whether a front desk answers us, and knows our secret."""
        try:
            return await self._of_any("/private/ready", _is_ready)
        except FrontDeskUnavailable:
            return False

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _of_any[T](self, path: str, read: Callable[[httpx.Response], T]) -> T:
        """What the first front desk says that answers as agreed. Raises FrontDeskUnavailable."""
        ends = time.monotonic() + DEADLINE
        causes: list[str] = []
        urls = list(self._urls)
        for number, url in enumerate(urls):
            try:
                async with asyncio.timeout((ends - time.monotonic()) / (len(urls) - number)):
                    answer = read(await self._http.get(url + path))
            except (TimeoutError, httpx.RequestError, FrontDeskUnavailable) as error:
                causes.append(str(error) if isinstance(error, FrontDeskUnavailable) else type(error).__name__)
            else:
                self._urls.sort(key=lambda one: one != url)  # stable, and done at once
                return answer
        raise FrontDeskUnavailable(", ".join(causes))


def _citizen(response: httpx.Response) -> Citizen | None:
    if response.status_code == 404 and _is_unknown(response.content):
        return None
    if response.status_code != 200 or len(response.content) > _MAX_ANSWER:
        raise FrontDeskUnavailable(f"status {response.status_code}")
    try:
        return msgspec.json.decode(response.content, type=Citizen)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        # Not chained: the decoder's message can quote the document.
        raise FrontDeskUnavailable("no citizen in the answer") from None


def _is_ready(response: httpx.Response) -> bool:
    if response.status_code != 200:
        raise FrontDeskUnavailable(f"status {response.status_code}")
    return True


class _Refusal(msgspec.Struct):
    error: str


def _is_unknown(body: bytes) -> bool:
    """A 404 without this word is a wrong address, and must not sign anybody out."""
    try:
        return msgspec.json.decode(body, type=_Refusal).error == "session_unknown"
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False
