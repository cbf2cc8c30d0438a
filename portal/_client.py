"""The one file that knows the backend's HTTP: its paths, headers, statuses and error codes.

To connect a city's real backend, adapt this file and the field names in `_models.py` (docs/conectar-o-portal.md).
What the sandbox answers, and what is assumed here, is written down in docs/portal-openapi.yml.
"""

from __future__ import annotations

import asyncio
import random
import re
from typing import TYPE_CHECKING, Annotated, Any, Self

import httpx
import msgspec

from portal._circuit import Circuit
from portal._config import MAX_ANSWER_BYTES
from portal._exceptions import (
    BrokenAnswer,
    CredentialsRefused,
    Down,
    InvalidRequest,
    NotAParty,
    NotFound,
    PortalError,
    Restricted,
    SeveralFound,
    Slow,
)
from portal._models import OPEN, Document, GrantedView, Page, Pendency, Process, ProcessSummary
from portal._tokens import Token, TokenKeeper

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portal._config import PortalSettings

API = "/solarbpm-integracao"
# The person on whose behalf we ask. A header, because addresses end in access logs.
DOCUMENT_HEADER = "X-Cpf-Cnpj"
RETRIED_STATUSES = frozenset({429, 500, 502, 503, 504})
# Only with one of these codes is a 403 or 404 an answer about a process; without, it is a wrong address or a gateway.
ERRORS_BY_CODE: Mapping[tuple[int, str], type[PortalError]] = {
    (404, "NAO_ENCONTRADO"): NotFound,
    (403, "PROCESSO_SIGILOSO"): Restricted,
    (403, "NAO_INTERESSADO"): NotAParty,
}
MAX_PAGE = 50
_AGENCY = re.compile(r"[A-Z]{2,12}")
_DOCUMENT = re.compile(r"[0-9]{11}|[0-9A-Z]{12}[0-9]{2}")

_Total = Annotated[int, msgspec.Meta(ge=0)]


class _Found(msgspec.Struct, frozen=True):
    processos: tuple[Process, ...]


class _Processes(msgspec.Struct, frozen=True):
    processos: tuple[ProcessSummary, ...]
    total: _Total


class _Pendencies(msgspec.Struct, frozen=True):
    pendencias: tuple[Pendency, ...]
    total: _Total


class _Views(msgspec.Struct, frozen=True):
    vistas: tuple[GrantedView, ...]
    total: _Total


class _Documents(msgspec.Struct, frozen=True):
    documentos: tuple[Document, ...]


class _Error(msgspec.Struct, frozen=True):
    codigo: str


class PortalClient:
    """Asks the portal backend. Every operation raises a PortalError, within `settings.deadline` seconds.

    Use it as an async context manager, or call `aclose()`. It belongs to the event loop that first uses it.
    `transport` is for tests, and for a proxy or a client certificate.
    """

    def __init__(self, settings: PortalSettings, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._settings = settings
        self._http = httpx.AsyncClient(
            timeout=settings.timeout,
            limits=settings.limits,
            transport=transport,
            headers={"Accept": "application/json", "User-Agent": "guiche-portal"},
        )
        self._tokens = TokenKeeper(self._fetch_token)
        self._circuit = Circuit(settings.circuit)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._tokens.aclose()
        await self._http.aclose()

    @property
    def circuit_open(self) -> bool:
        """Whether the backend is held to be down, so that nothing is sent."""
        return self._circuit.is_open

    async def find_process(
        self, agency: str, year: int, number: int, *, document: str | None = None, classification: str | None = None
    ) -> Process:
        """The process of that agency (acronym), year and number.

        Without `document` (CPF or CNPJ without punctuation) as any stranger may see it, parties masked; with it, as
        that person may. NotFound, Restricted, or SeveralFound when `classification` is needed to tell them apart.
        """
        if not _AGENCY.fullmatch(agency) or not 1900 <= year <= 2100 or not 0 < number < 10**9:
            raise InvalidRequest("agency, year or number is out of bounds")
        params = {"sgOrgaoProcesso": agency, "anoProcesso": str(year), "nuProcesso": str(number)}
        if classification is not None:
            params["dsClassificacao"] = classification
        found = (await self._get("/processos", _Found, params=params, document=document)).processos
        if any((process.agency, process.year, process.number) != (agency, year, number) for process in found):
            raise BrokenAnswer("the backend answered with another process")
        if not found:
            raise NotFound("the list of processes is empty")
        if len(found) > 1:
            raise SeveralFound(found)
        return found[0]

    async def list_processes(self, document: str, *, limit: int = MAX_PAGE) -> Page[ProcessSummary]:
        """The processes in which that person is a party, the newest first."""
        answer = await self._get("/processos/interessado", _Processes, params=_page(limit), document=document)
        return _checked(answer.processos, answer.total)

    async def list_pendencies(self, document: str, *, only_open: bool = True, limit: int = MAX_PAGE) -> Page[Pendency]:
        """What that person has to do, the nearest deadline first."""
        params = _page(limit) | ({"stPendencia": OPEN} if only_open else {})
        answer = await self._get("/pendencias", _Pendencies, params=params, document=document)
        page = _checked(answer.pendencias, answer.total)
        return _still_open(page) if only_open else page

    async def get_pendency(self, pendency: int, document: str) -> Pendency:
        """One pendency of that person, with its instructions. NotFound also when it is somebody else's."""
        return await self._get(f"/pendencias/{int(pendency)}", Pendency, document=document)

    async def list_views(self, document: str, *, limit: int = MAX_PAGE) -> Page[GrantedView]:
        """The views granted to that person, in force or expired, the newest first."""
        answer = await self._get("/vistas", _Views, params=_page(limit), document=document)
        return _checked(answer.vistas, answer.total)

    async def list_documents(self, process: int, document: str) -> tuple[Document, ...]:
        """The documents of a process by name. NotAParty for whoever has no right to see them."""
        return (await self._get(f"/processos/{int(process)}/documentos", _Documents, document=document)).documentos

    async def _get[Answer](
        self,
        path: str,
        shape: type[Answer],
        *,
        params: Mapping[str, str] | None = None,
        document: str | None = None,
    ) -> Answer:
        """A safe read: repeated while the deadline allows it. Nothing else of this client is repeated."""
        if document is not None and not _DOCUMENT.fullmatch(document):
            raise InvalidRequest("that is no CPF or CNPJ")
        headers = {DOCUMENT_HEADER: document} if document is not None else {}
        request = self._http.build_request("GET", self._settings.url + API + path, params=params, headers=headers)
        try:
            async with asyncio.timeout(self._settings.deadline) as deadline:
                body = await self._read(request, deadline)
        except TimeoutError:
            raise Slow(f"no answer in {self._settings.deadline} s") from None
        return _decode(body, shape)

    async def _read[Answer](self, request: httpx.Request, deadline: asyncio.Timeout) -> bytes:
        policy = self._settings.retry
        for attempt in range(1, policy.attempts + 1):
            try:
                with self._circuit.attempt(timed_out=deadline.expired):
                    return await self._authorized(request)
            except Down as error:
                pause = policy.base * 2 ** (attempt - 1) * (1 + random.random() / 2)  # noqa: S311  (jitter)
                pause = max(pause, error.retry_after or 0.0)
                if attempt == policy.attempts or self._circuit.is_open or pause > _seconds_left(deadline):
                    raise
                await asyncio.sleep(pause)
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _authorized(self, request: httpx.Request) -> bytes:
        """Send with our token; with a new one, once, when the backend refuses it."""
        for may_renew in (True, False):
            token = await self._tokens.get()
            request.headers["Authorization"] = f"Bearer {token}"
            status, headers, body = await self._send(request)
            if status != 401:
                return _accepted(status, headers, body)
            self._tokens.reject(token)
            if not may_renew:
                break
        raise CredentialsRefused("a fresh token was refused")

    async def _fetch_token(self) -> Token:
        request = self._http.build_request("POST", self._settings.token_url, data={"grant_type": "client_credentials"})
        credentials = httpx.BasicAuth(self._settings.client_id, self._settings.client_secret)
        try:
            async with asyncio.timeout(self._settings.deadline):
                status, headers, body = await self._send(request, credentials)
        except TimeoutError:
            raise Slow("the authorization server is slow") from None
        if status in (400, 401, 403):  # RFC 6749, 5.2
            raise CredentialsRefused("the authorization server refuses our credentials")
        token = _decode(_accepted(status, headers, body), Token)
        if token.token_type.casefold() != "bearer":
            raise BrokenAnswer("the token is no bearer token")
        return token

    async def _send(self, request: httpx.Request, auth: httpx.Auth | None = None) -> tuple[int, httpx.Headers, bytes]:
        """One request, its answer read up to the limit. Whatever breaks on the way is Down."""
        try:
            response = await self._http.send(request, auth=auth, stream=True)
            try:
                body = bytearray()
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > MAX_ANSWER_BYTES:
                        raise BrokenAnswer("the answer is too large")
            finally:
                await response.aclose()
        except httpx.DecodingError as error:
            raise BrokenAnswer("the answer's compression is broken") from error
        except httpx.RequestError as error:
            raise Down(type(error).__name__) from error
        return response.status_code, response.headers, bytes(body)


def _accepted(status: int, headers: httpx.Headers, body: bytes) -> bytes:
    """The body of a success; the error that anything else means."""
    if status == 200:
        return body
    if status in RETRIED_STATUSES:
        raise Down(f"status {status}", retry_after=_retry_after(headers))
    if status in (403, 404):
        try:
            code = msgspec.json.decode(body, type=_Error).codigo
        except (msgspec.MsgspecError, UnicodeDecodeError):
            code = ""
        known = ERRORS_BY_CODE.get((status, code))
        if known is not None:
            raise known(code)
        if status == 403:
            raise CredentialsRefused("our client may not ask this")
    if status in (400, 422):
        raise InvalidRequest(f"status {status}")
    raise BrokenAnswer(f"status {status}")


def _decode[Answer](body: bytes, shape: type[Answer]) -> Answer:
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.MsgspecError as error:
        # With the types of _models.py the message names a field and its place, and quotes no value (tested).
        raise BrokenAnswer(str(error)) from None
    except UnicodeDecodeError:
        raise BrokenAnswer("the answer is not UTF-8") from None  # that error holds the whole body


def _checked[Item](items: tuple[Item, ...], total: int) -> Page[Item]:
    if total < len(items):
        raise BrokenAnswer("the list is longer than its total")
    if total and not items:
        raise BrokenAnswer("the list is empty, and its total is not")
    return Page(items=items, total=total)


def _still_open(page: Page[Pendency]) -> Page[Pendency]:
    """For a backend that ignores the filter: without the finished ones, which it counted in its total.

    How many are open can be told only when all of them are in the page.
    """
    items = tuple(item for item in page.items if item.open)
    finished = len(page.items) - len(items)
    if finished and page.total > len(page.items):
        raise BrokenAnswer("finished pendencies in a page that does not hold all: the filter is ignored")
    return Page(items=items, total=page.total - finished)


def _page(limit: int) -> dict[str, Any]:
    return {"tamanhoPagina": str(max(1, min(limit, MAX_PAGE)))}


def _retry_after(headers: httpx.Headers) -> float | None:
    """In seconds; a date is not worth its parser, the deadline is always nearer."""
    value = headers.get("Retry-After", "")
    return float(value) if value.isdecimal() and len(value) < 6 else None


def _seconds_left(deadline: asyncio.Timeout) -> float:
    when = deadline.when()
    return when - asyncio.get_running_loop().time() if when is not None else float("inf")
