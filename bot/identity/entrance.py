"""What a message has to do with signing in or leaving, before the assistant is asked."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from bot.assistant import Answer
from bot.choices import normalise
from bot.identity.logins import Logins, Offered, Question, Welcome
from bot.identity.masking import masked_document
from bot.identity.sessions import CurrentSession
from bot.messages import Body, Bubble, Outcome, Payload, ShownButton
from bot.private import plain
from bot.sentences import Sentences
from bot.store import Claim

GREETING = Payload("help")
"""What is asked when nothing was: the menu."""
MAX_COMMAND = 80
"""Characters of a message that may be nothing but the wish to leave."""


@dataclass(frozen=True, slots=True)
class Greeted:
    """Somebody has just signed in: what to answer, and what is said before it."""

    session: CurrentSession
    question: Question
    welcome: str


class Entrance:
    """``logins``: None where nobody can sign in."""

    def __init__(self, sentences: Sentences, logins: Logins | None, idle_minutes: int, site: str) -> None:
        self._words = sentences.login
        self._sentences = sentences
        self._logins = logins
        self._idle_minutes = idle_minutes
        self._site = site

    async def enter(self, claim: Claim, session: CurrentSession | None) -> Greeted | Outcome | None:
        """What the front desk answers by itself, or whose question is to be asked now; None: a message like others."""
        text = normalise(claim.text) if claim.text and len(claim.text) < MAX_COMMAND else ""
        leaves = self._words.leaves(text)
        if session is not None and leaves:
            return self._sign_out(claim)
        if self._logins is None:
            return None
        if leaves or text in self._words.give_up_words:
            if await self._logins.lives(claim.conversation):  # its end is committed with this answer, or not at all
                outcome = _said(claim, self._words.endings.cancelled.chat)
                outcome.end_login = "cancelled"
                return outcome
            return None
        found = await self._logins.read_code(claim)
        if isinstance(found, Welcome):
            return self._greet(found)
        sentence = {
            "wrong": self._words.code_wrong,
            "last": self._words.code_last,
            "expired": self._words.code_expired,
            "used": self._words.code_used if session is not None else self._words.code_used_before,
        }.get(found)
        return _said(claim, sentence) if sentence else None

    async def offer(self, claim: Claim, answer: Answer, question: Question) -> Offered | str | None:
        """The link for a chat that has to sign in; a sentence: why it gets none; None: nobody can sign in."""
        if self._logins is None:
            return None
        purpose = next((str(message.custom.get("purpose")) for message in answer.messages if message.custom), "")
        return await self._logins.offer(claim, purpose, question) or self._words.too_many

    def farewell(self) -> list[ShownButton]:
        """What whoever leaves may do besides: end the provider's session too."""
        address = self._logins.provider.logout_address(f"{self._site}/") if self._logins else None
        return [ShownButton(secrets.token_urlsafe(9), self._words.provider_logout, address)] if address else []

    def _sign_out(self, claim: Claim) -> Outcome:
        """The state goes too: a guide or a look-up that was going on, and what was talked about."""
        said = self._sentences.left(claim.channel)
        return Outcome([Bubble(Body(f"{said}\n\n{self._words.left_all}", self.farewell()))], None, end_session=True)

    def _greet(self, found: Welcome) -> Greeted:
        welcome = self._words.welcome.replace("{minutes}", str(self._idle_minutes))
        welcome = welcome.replace("{document}", plain(masked_document(found.citizen.document)))
        welcome = welcome.replace("{name}", plain(found.citizen.first_name or self._words.nameless))
        if found.question is None:
            return Greeted(found.session, Question("menu", GREETING), f"{welcome}\n\n{self._words.nothing_asked}")
        return Greeted(found.session, found.question, welcome)


def _said(claim: Claim, sentence: str) -> Outcome:
    return Outcome([Bubble(Body(sentence))], claim.state)
