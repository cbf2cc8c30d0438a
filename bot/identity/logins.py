"""Signing in from a chat, step by step (docs/seguranca.md): link, page, provider, code back in the same chat.

Nothing is linked because somebody opened a link or signed in: only when the code that the signed-in browser shows is
written in the chat that asked; or, where that browser holds the very session of the chat page, when whoever sits there
says that the person whom the provider named is them.
"""

from __future__ import annotations

import hmac
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import structlog

from bot.choices import normalise
from bot.identity.errors import LoginError
from bot.identity.provider import Provider
from bot.identity.sessions import Citizen, CitizenSessions, CurrentSession
from bot.inspection import clean
from bot.messages import Body, LoginOffer, Payload, ShownButton
from bot.sentences import Sentences
from bot.settings import Settings
from bot.store import Claim, OutboxRow, Store, logins
from bot.store.logins import Attempt, Guess, NewSession
from bot.vault import Vault, VaultError, digest

_log = structlog.get_logger(__name__)

HOUR = 3_600.0
MAX_TOKEN = 128
MAX_CODE_TEXT = 64
_CODE = re.compile(r"(?:(?:o |meu )?codigo (?:e |eh )?)?(\d{3}) ?(\d{3})")


class Question(msgspec.Struct, frozen=True):
    """What the assistant is asked: free text, or a button's payload with its title as text."""

    text: str
    payload: Payload | None = None


class _Flow(msgspec.Struct, frozen=True):
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Offered:
    """A link for the chat, and what is kept of it when the turn is committed."""

    url: str
    record: LoginOffer


@dataclass(frozen=True, slots=True)
class Welcome:
    """The message linked the chat: who it is, the session, and what was asked before."""

    citizen: Citizen
    session: CurrentSession
    question: Question | None


@dataclass(frozen=True, slots=True)
class Begun:
    """Somebody said yes: where the browser goes, and the secret that binds it."""

    address: str
    browser: str


@dataclass(frozen=True, slots=True)
class CodeShown:
    """What the signed-in browser may show: who signed in, and the code."""

    code: str
    citizen: Citizen
    attempt: Attempt


class Logins:
    """``said``: a row was written to a chat; ``work``: a chat has a turn to be run."""

    def __init__(
        self,
        store: Store,
        vault: Vault,
        sessions: CitizenSessions,
        provider: Provider,
        *,
        sentences: Sentences,
        settings: Settings,
        said: Callable[[str, list[OutboxRow]], None],
        work: Callable[[str], None],
    ) -> None:
        self.provider = provider
        self._store = store
        self._vault = vault
        self._sessions = sessions
        self._sentences = sentences
        self._said = said
        self._work = work
        self._site = settings.site
        self._link_seconds = settings.login_link_minutes * 60.0
        self._code_seconds = settings.login_code_minutes * 60.0
        self._idle_seconds = settings.signed_in_minutes * 60.0
        self._per_hour = settings.login_attempts_per_hour

    # the chat's side

    async def offer(self, claim: Claim, purpose: str, question: Question) -> Offered | None:
        """A link for this chat; None: it got too many within the hour."""
        since = time.time() - HOUR
        given = await self._store.database.read(lambda connection: logins.recent(connection, claim.conversation, since))
        if given >= self._per_hour:
            return None
        token = secrets.token_urlsafe(32)
        kept = self._vault.seal(msgspec.json.encode(question).decode())
        record = LoginOffer(digest(token), purpose[:32], kept, self._link_seconds, claim.seen_as)
        return Offered(f"{self._site}/entrar/{token}", record)

    async def awaits(self, conversation: str, text: str) -> bool:
        """Whether a message looks like the code that the conversation's attempt waits for."""
        if _code_in(clean(text)) is None:
            return False
        attempt = await self._store.database.read(lambda connection: logins.newest(connection, conversation))
        return attempt is not None and attempt.status == logins.PROVED

    async def read_code(self, claim: Claim) -> Welcome | Guess:
        """What a message is to an attempt of its chat: "none" where it has nothing to do with one."""
        written = _code_in(claim.text) if claim.text else None
        announced = (
            claim.text is None and claim.button is None and claim.kind is None
        )  # the turn of a link without a code
        if written is None and not announced:
            return "none"
        attempt = await self._store.database.read(lambda connection: logins.newest(connection, claim.conversation))
        if attempt is None:
            return "none"
        if written is None:
            return await self._welcome(claim, attempt) if attempt.linked_inbox == claim.inbox_id else "none"
        code = self._hash(attempt.digest, written)
        citizen = self._citizen(attempt)
        session = self._new_session(citizen) if citizen else None
        now = time.time()
        result = await self._store.database.write(
            lambda connection: logins.guess(
                connection, attempt, inbox_id=claim.inbox_id, code=code, session=session, now=now
            )
        )
        if result != "linked":
            if result != "none":
                _log.info("login_code_refused", conversation=claim.conversation, result=result)
            return result
        _log.info("login_linked", conversation=claim.conversation, by="code")
        return await self._welcome(claim, attempt)

    async def lives(self, conversation: str) -> bool:
        """Whether somebody is about to sign in from this chat."""
        attempt = await self._store.database.read(lambda connection: logins.newest(connection, conversation))
        return attempt is not None and attempt.status in logins.LIVE

    async def _welcome(self, claim: Claim, attempt: Attempt) -> Welcome | Guess:
        session = await self._sessions.of(claim.conversation)
        citizen = await self._sessions.read(session.id, "welcome") if session else None
        if session is None or citizen is None:  # it ended before its turn came
            return "expired"
        return Welcome(citizen, session, self._question(attempt))

    # the browser's side

    async def look(self, token: str) -> Attempt | None:
        """The attempt of a link. Changes nothing: whoever sends a message with a link opens it for a preview."""
        if len(token) > MAX_TOKEN:
            return None
        name = digest(token)
        return await self._store.database.read(lambda connection: logins.by_digest(connection, name))

    async def begin(self, token: str, asker: str) -> Begun | None:
        """Uses the link up; None: it was used, or is over. ``asker``: digest of the cookie that its page came with."""
        state, browser = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        flow = _Flow(nonce=secrets.token_urlsafe(32), verifier=secrets.token_urlsafe(64))
        sealed = self._vault.seal(msgspec.json.encode(flow).decode())
        now = time.time()
        attempt = await self._store.database.write(
            lambda connection: logins.begin(
                connection,
                digest(token),
                asker=asker,
                browser=digest(browser),
                state=digest(state),
                flow=sealed,
                now=now,
                until=now + self._link_seconds,
            )
        )
        if attempt is None:
            return None
        _log.info("login_begun", conversation=attempt.conversation)
        return Begun(self.provider.address(state, flow.nonce, flow.verifier), browser)

    async def decline(self, attempt: Attempt, reason: str = "declined") -> None:
        await self._end(attempt, reason)

    async def opened_elsewhere(self, attempt: Attempt) -> None:
        """A link that is in use was accepted again, by another browser: the chat is told, nothing changes."""
        body = Body(self._sentences.login.opened_again)
        now = time.time()
        row = await self._store.database.write(
            lambda connection: logins.say_once(connection, attempt, "opened_again", body, now)
        )
        if row is not None:
            self._said(attempt.conversation, [row])

    async def returned(self, *, state: str, browser: str, code: str, error: str, issuer: str | None) -> str:
        """The provider sent a browser back: "proved", or the reason why not. ``browser``: the binding cookie."""
        used = digest(state)
        attempt = await self._store.database.write(lambda connection: logins.take_state(connection, used))
        if attempt is None:
            return "unknown"
        reason = self._refusal(attempt, browser, error, issuer)
        citizen: Citizen | None = None
        if reason is None:
            try:
                flow = msgspec.json.decode(self._vault.open(attempt.flow or ""), type=_Flow)
                citizen = await self.provider.identify(code, flow.verifier, flow.nonce)
            except LoginError as failure:
                reason = failure.reason
                _log.warning("login_failed", error=type(failure).__name__, detail=str(failure))
            except VaultError:
                reason = "refused"
        if citizen is None:
            await self._end(attempt, reason or "refused")
            return reason or "refused"
        return await self._prove(attempt, citizen, browser)

    async def code(self, browser: str) -> CodeShown | Attempt | None:
        """Who signed in in this browser, with the code; or what became of its attempt. None: it has none."""
        if not browser or len(browser) > MAX_TOKEN:
            return None
        name = digest(browser)
        attempt = await self._store.database.read(lambda connection: logins.by_browser(connection, name))
        if attempt is None or attempt.status != logins.PROVED or attempt.expires_at <= time.time():
            return attempt
        citizen = self._citizen(attempt)
        if citizen is None:
            return attempt
        return CodeShown(self._make_code(browser, attempt.digest), citizen, attempt)

    async def seen(self, shown: CodeShown, event: str) -> None:
        """Who signed in was shown in the browser: an audit line."""
        await self._store.record(
            event,
            conversation=shown.attempt.conversation,
            digest=shown.attempt.digest,
            subject=self._vault.fingerprint(shown.citizen.document),
        )

    async def link_here(self, shown: CodeShown) -> int | None:
        """Links without a code. The caller has seen the chat page's own session in the browser that signed in, and
        whoever sits there said that it is them. The generation that the chat's cookie gets; None: too late.
        """
        attempt, session, now = shown.attempt, self._new_session(shown.citizen), time.time()
        linked = await self._store.database.write(
            lambda connection: logins.link_here(connection, attempt, session, now=now, until=now + self._code_seconds)
        )
        if linked is None:
            return None
        _log.info("login_linked", conversation=attempt.conversation, by="cookie")
        self._work(attempt.conversation)
        return linked

    def seen_as(self, attempt: Attempt) -> str | None:
        """How whoever asked knows the chat; None: nothing is known, or not any more."""
        if attempt.seen_as is None:
            return None
        try:
            return self._vault.open(attempt.seen_as)
        except VaultError:
            return None

    async def tidy(self) -> None:
        """Ends what is overdue; in the chat it is said only where somebody had begun."""
        now = time.time()
        for attempt in await self._store.database.read(lambda connection: logins.overdue(connection, now)):
            await self._end(attempt, "code_expired" if attempt.status == logins.PROVED else "expired")
        await self._store.database.write(lambda connection: logins.tidy(connection, now))

    # inside

    def _refusal(self, attempt: Attempt, browser: str, error: str, issuer: str | None) -> str | None:
        if not (browser and attempt.browser and hmac.compare_digest(digest(browser), attempt.browser)):
            return "elsewhere"
        if attempt.expires_at <= time.time():
            return "expired"
        if issuer is not None and issuer.rstrip("/") != self.provider.issuer.rstrip("/"):
            return "refused"
        if error:
            return {"access_denied": "denied", "temporarily_unavailable": "provider_down"}.get(error, "refused")
        return None

    async def _prove(self, attempt: Attempt, citizen: Citizen, browser: str) -> str:
        code = self._hash(attempt.digest, self._make_code(browser, attempt.digest))
        sealed = self._vault.seal(msgspec.json.encode(citizen).decode())
        until = time.time() + self._code_seconds
        proved = await self._store.database.write(
            lambda connection: logins.prove(connection, attempt.digest, identity=sealed, code=code, until=until)
        )
        return "proved" if proved else "unknown"

    async def _end(self, attempt: Attempt, reason: str) -> None:
        sentence = self._sentences.login.chat_ending(reason, begun=attempt.status != logins.OFFERED)
        body = Body(sentence, self._ways_on(reason)) if sentence else None
        now = time.time()
        row = await self._store.database.write(lambda connection: logins.end(connection, attempt, reason, now, body))
        _log.info("login_ended", conversation=attempt.conversation, reason=reason)
        if row is not None:
            self._said(attempt.conversation, [row])

    def _ways_on(self, reason: str) -> list[ShownButton]:
        """What can be done about it elsewhere, as buttons that open a page."""
        address = self.provider.step_up_address if reason == "level" else None
        if address is None:
            return []
        return [ShownButton(secrets.token_urlsafe(9), self._sentences.login.page.step_up, address)]

    def _new_session(self, citizen: Citizen) -> NewSession:
        return self._sessions.prepare(citizen, self._idle_seconds)[1]

    def _citizen(self, attempt: Attempt) -> Citizen | None:
        if attempt.identity is None:
            return None
        try:
            return msgspec.json.decode(self._vault.open(attempt.identity), type=Citizen)
        except VaultError:
            return None

    def _question(self, attempt: Attempt) -> Question | None:
        if attempt.question is None:
            return None
        try:
            return msgspec.json.decode(self._vault.open(attempt.question), type=Question)
        except VaultError:
            return None

    def _make_code(self, browser: str, attempt: str) -> str:
        """Six digits that only the browser with the cookie can be shown again; nothing of them is stored but a hash."""
        return f"{int(self._vault.fingerprint(f'login code {browser} {attempt}'), 16) % 1_000_000:06d}"

    def _hash(self, attempt: str, code: str) -> str:
        return self._vault.fingerprint(f"login code hash {attempt} {code}")


def _code_in(text: str) -> str | None:
    """The six digits, where a message is little more than them."""
    found = _CODE.fullmatch(normalise(text)) if len(text) < MAX_CODE_TEXT else None
    return found[1] + found[2] if found else None
