"""The pages for signing in: server-rendered, no script, nothing kept by the browser but a cookie that binds it.

GET  /entrar/<token>    whose chat it is, and whether to go on; changes nothing
POST /entrar/<token>    uses the link up and goes to the provider, or declines
GET  /entrar/retorno    where the provider sends the browser back; goes on to an address without code and state
GET  /entrar/codigo     who signed in, only in the browser that did: the code to be written in the chat; or, where that
                        browser holds the chat itself, whether to go on
POST /entrar/codigo     "that is not me", or yes
GET  /entrar/aviso/<reason>   a sentence
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import structlog
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.channels.web.session import SessionCookies, WebSession, admits
from bot.desk import FrontDesk
from bot.identity.logins import CodeShown, Logins
from bot.identity.masking import masked_document
from bot.markdown import to_html
from bot.private import CITY_TIME, plain
from bot.store import StoreUnavailable
from bot.store.logins import BEGUN, ENDED, LINKED, OFFERED, PROVED, RETURNED, WEB, Attempt
from bot.vault import digest

_log = structlog.get_logger(__name__)

FOLDER = Path(__file__).parent / "pages"
COOKIE = "guiche_entrar"
COOKIE_SECONDS = 3_600
MAX_FIELD = 4_096
MAX_FORM = 8_192


class LoginPages:
    """The routes under /entrar."""

    def __init__(self, desk: FrontDesk, logins: Logins, chat: SessionCookies) -> None:
        self._desk = desk
        self._logins = logins
        self._chat = chat
        self._words = desk.sentences.login
        self._secure = desk.settings.site.startswith("https://")
        self._cookie = f"__Host-{COOKIE}" if self._secure else COOKIE
        policy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"
        # Chromium holds form-action against redirects too: the yes goes on to the provider.
        self._policy = f"{policy}; form-action 'self' {logins.provider.origin}"
        self._templates = Environment(
            loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        self._templates.filters["text"] = lambda value: Markup(to_html(value))  # noqa: S704  escaped by to_html
        self._templates.globals.update(words=self._words.page, provider=logins.provider.name)

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/entrar/estilo.css", self._style),
            Route("/entrar/retorno", self._kept(self._returned), methods=["GET"]),
            Route("/entrar/codigo", self._kept(self._code), methods=["GET"]),
            Route("/entrar/codigo", self._kept(self._said), methods=["POST"]),
            Route("/entrar/aviso/{reason}", self._notice, methods=["GET"]),
            Route("/entrar/{token}", self._kept(self._link), methods=["GET"]),
            Route("/entrar/{token}", self._kept(self._answer), methods=["POST"]),
        ]

    def _kept(self, handler: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        """Without the database a person reads a page, not the API's JSON."""

        async def handle(request: Request) -> Response:
            try:
                return await handler(request)
            except StoreUnavailable as error:
                _log.error("store_unavailable", error=str(error))
                return self._ending("unavailable", status=503)

        return handle

    async def _style(self, _: Request) -> Response:
        return FileResponse(FOLDER / "entrar.css", media_type="text/css")

    async def _link(self, request: Request) -> Response:
        token = request.path_params["token"]
        attempt = await self._logins.look(token)
        reason = _state_of(attempt)
        if attempt is None or reason is not None:
            if attempt is not None and reason == "used" and self._signed_in_here(request, attempt):
                return self._go("/entrar/codigo")
            return self._ending(reason or "unknown", status=404 if attempt is None else 410)
        browser = self._browser(request) or secrets.token_urlsafe(32)
        asked_at = datetime.fromtimestamp(attempt.created_at, CITY_TIME).strftime("%H:%M")
        response = self._page(
            "link.html",
            title=self._words.page.title,
            chat=self._chat_name(attempt),
            purpose=self._words.purposes.get(attempt.purpose) or self._words.purposes["other"],
            asked_at=self._words.page.asked_at.replace("{time}", asked_at),
            action=f"/entrar/{token}",
            csrf=self._csrf(digest(browser), token),
            button=self._words.button,
        )
        self._bind(response, browser)
        return response

    async def _answer(self, request: Request) -> Response:
        token, browser = request.path_params["token"], self._browser(request)
        form = await self._form(request)
        attempt = await self._logins.look(token)
        asker = self._asker(form, browser, token, attempt)
        if form is None or asker is None:
            return self._ending("forged", status=403)
        if await self._desk.throttle.refusal(f"login {digest(token)}") is not None:
            return self._ending("too_many", status=429)
        # The same page sent twice, by an impatient finger: its browser goes on, with a state and a cookie of its own.
        again = attempt is not None and attempt.status == BEGUN and attempt.asker == asker and _in_time(attempt)
        reason = None if again else _state_of(attempt)
        if attempt is None or reason is not None:
            return await self._too_late(request, attempt, reason or "unknown")
        if form.get("answer") != "yes":
            await self._logins.decline(attempt)
            return self._go("/entrar/aviso/declined")
        begun = await self._logins.begin(token, asker)
        if begun is None:  # somebody was faster, between the look and the try
            await self._logins.opened_elsewhere(attempt)
            return self._ending("used", status=409)
        response = self._go(begun.address)
        self._bind(response, begun.browser)
        return response

    async def _too_late(self, request: Request, attempt: Attempt | None, reason: str) -> Response:
        if attempt is not None and reason == "used":
            if self._signed_in_here(request, attempt):
                return self._go("/entrar/codigo")
            await self._logins.opened_elsewhere(attempt)
        return self._ending(reason, status=409)

    async def _returned(self, request: Request) -> Response:
        asked = {name: value[:MAX_FIELD] for name, value in request.query_params.items()}
        if not asked:  # from the provider's page for raising the level: it knows this address and no other
            return self._go("/entrar/aviso/raised")
        result = await self._logins.returned(
            state=asked.get("state", ""),
            browser=self._browser(request),
            code=asked.get("code", ""),
            error=asked.get("error", "") or ("" if asked.get("code") else "missing"),
            issuer=asked.get("iss"),
        )
        return self._go("/entrar/codigo" if result == "proved" else f"/entrar/aviso/{result}")

    async def _code(self, request: Request) -> Response:
        browser = self._browser(request)
        shown = await self._logins.code(browser)
        if not isinstance(shown, CodeShown):
            if shown is not None and shown.status == LINKED:
                return self._ending("linked", status=200)
            return self._ending(_state_of(shown) or "unknown", status=410)
        page = self._words.page
        csrf = self._csrf(digest(browser), "code")
        if await self._own_chat(request, shown.attempt) is not None:
            await self._logins.seen(shown, "login_asked")
            return self._page(
                "confirm.html", title=page.confirm_title, intro=self._named(page.confirm_intro, shown), csrf=csrf
            )
        await self._logins.seen(shown, "login_code_shown")
        minutes = str(self._desk.settings.login_code_minutes)
        return self._page(
            "code.html",
            title=page.code_title,
            intro=self._named(page.code_intro, shown),
            code=shown.code,
            steps=page.code_steps.replace("{minutes}", minutes),
            chat=self._chat_name(shown.attempt),
            csrf=csrf,
        )

    async def _said(self, request: Request) -> Response:
        browser = self._browser(request)
        form = await self._form(request)
        if form is None or not browser or not _same(form.get("csrf", ""), self._csrf(digest(browser), "code")):
            return self._ending("forged", status=403)
        shown = await self._logins.code(browser)
        if not isinstance(shown, CodeShown):
            return self._go("/entrar/codigo")
        if form.get("answer") != "yes":
            await self._logins.decline(shown.attempt, "not_me")
            return self._go("/entrar/aviso/not_me")
        chat = await self._own_chat(request, shown.attempt)
        generation = await self._logins.link_here(shown) if chat is not None else None
        response = self._go("/entrar/codigo")
        if chat is not None and generation is not None:
            self._chat.write(response, replace(chat, generation=generation), secure=self._secure)
        return response

    async def _notice(self, request: Request) -> Response:
        reason = request.path_params["reason"]
        known = reason in type(self._words.endings).model_fields
        return self._ending(reason if known else "unknown", status=200 if known else 404)

    # helpers

    def _ending(self, reason: str, *, status: int) -> Response:
        ending = self._words.ending(reason)
        provider = self._logins.provider
        step_up = provider.step_up_address if reason == "level" else None
        logout = provider.logout_address(f"{self._desk.settings.site}/") if reason in ("linked", "not_me") else None
        return self._page("ending.html", status, title=ending.title, text=ending.page, step_up=step_up, logout=logout)

    def _named(self, text: str, shown: CodeShown) -> str:
        """Says who signed in."""
        text = text.replace("{document}", plain(masked_document(shown.citizen.document)))
        return text.replace("{name}", plain(shown.citizen.first_name or self._words.nameless))

    async def _own_chat(self, request: Request, attempt: Attempt) -> WebSession | None:
        """The chat page's own session in this browser, where it is the attempt's chat and serves now."""
        chat = self._chat.read(request) if attempt.channel == WEB else None
        if chat is None or not hmac.compare_digest(chat.conversation, attempt.conversation):
            return None
        return chat if admits(await self._desk.store.access(chat.conversation), chat) else None

    def _signed_in_here(self, request: Request, attempt: Attempt) -> bool:
        """Whether this is the browser whose turn it is, or was: it goes on to its own page."""
        browser = self._browser(request)
        return bool(browser) and attempt.status in (PROVED, LINKED) and attempt.browser == digest(browser)

    def _asker(self, form: dict[str, str] | None, browser: str, token: str, attempt: Attempt | None) -> str | None:
        """Digest of the cookie that the page of a form was sent with; None: the form is not of this browser's page."""
        if form is None or not browser:
            return None
        given, own = form.get("csrf", ""), digest(browser)
        if _same(given, self._csrf(own, token)):
            return own
        # The first of two clicks has already given the browser its new cookie.
        if attempt is not None and attempt.browser == own and attempt.asker is not None:
            return attempt.asker if _same(given, self._csrf(attempt.asker, token)) else None
        return None

    def _page(self, name: str, status: int = 200, /, **values: object) -> HTMLResponse:
        body = self._templates.get_template(name).render(values)
        return HTMLResponse(body, status_code=status, headers={"Content-Security-Policy": self._policy})

    def _go(self, address: str) -> Response:
        """Only to our own pages and to the provider: no address comes from a request."""
        return RedirectResponse(address, status_code=303)

    def _browser(self, request: Request) -> str:
        value = request.cookies.get(self._cookie, "")
        return value if 32 <= len(value) <= 128 else ""

    def _bind(self, response: Response, browser: str) -> None:
        response.set_cookie(
            self._cookie,
            browser,
            max_age=COOKIE_SECONDS,
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="lax",  # strict would not come back from the provider
        )

    def _csrf(self, browser: str, place: str) -> str:
        """``browser``: digest of the cookie."""
        return self._desk.vault.fingerprint(f"login form {browser} {place}")

    async def _form(self, request: Request) -> dict[str, str] | None:
        """The fields of a form that this site's own page sent; None: somebody else's, or none."""
        if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return None
        origin = request.headers.get("origin", "null")  # no-referrer makes it null for our own forms
        if origin != "null" and urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower():
            return None
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/x-www-form-urlencoded":
            return None
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_FORM:
                return None
        request._body = bytes(body)
        form = await request.form(max_fields=10)
        return {name: value for name, value in form.items() if isinstance(value, str)}

    def _chat_name(self, attempt: Attempt) -> str:
        chats = self._words.chats
        seen_as = self._logins.seen_as(attempt)
        match attempt.channel:
            case "whatsapp":
                if not attempt.wa_id:
                    return chats.whatsapp_hidden
                return chats.whatsapp.replace("{end}", attempt.wa_id[-4:])
            case "telegram":
                return chats.telegram.replace("{name}", seen_as) if seen_as else chats.telegram_hidden
            case "web":
                return chats.web.replace("{site}", seen_as or urlsplit(self._desk.settings.site).netloc)
            case other:
                return chats.other.replace("{channel}", other)


def _state_of(attempt: Attempt | None) -> str | None:
    """Why a link cannot be used; None: it can."""
    if attempt is None:
        return "unknown"
    if attempt.status == ENDED:
        return attempt.reason or "unknown"
    if attempt.status == PROVED and not _in_time(attempt):
        return "code_expired"
    if attempt.status in (BEGUN, RETURNED, PROVED, LINKED):
        return "used"
    if attempt.status == OFFERED and not _in_time(attempt):
        return "expired"
    return None


def _in_time(attempt: Attempt) -> bool:
    return attempt.expires_at > datetime.now(CITY_TIME).timestamp()


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())
