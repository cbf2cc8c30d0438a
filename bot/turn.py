"""One turn: read a message, ask the assistant if it must be asked, and make what is shown. Commits nothing."""

from __future__ import annotations

import secrets
import time
from dataclasses import replace

import msgspec
import structlog

from bot.assistant import Answer, AnsweredMessage, Assistant, Metadata, Turn
from bot.choices import choose
from bot.identity.entrance import Entrance, Greeted
from bot.identity.logins import Offered, Question
from bot.identity.sessions import CitizenSessions, CurrentSession
from bot.inspection import MAX_CHARACTERS, Fault, inspect, word_of_sign
from bot.messages import Body, Bubble, Button, Choices, Outcome, Payload, SealedButton, ShownButton, Understood
from bot.private import PrivateTemplates, PrivateUnknown
from bot.sentences import Sentences
from bot.store import Claim
from bot.vault import Vault, VaultError

_log = structlog.get_logger(__name__)
BOT = "bot"
WHATSAPP, STICKER = "whatsapp", "sticker"
PULLED = "web"
"""Where what a citizen wrote is shown by us, covered."""
TOPIC = "topic:"
"""Begins the button of a message that asks for a topic by its name. Only the front desk gives such one a text."""


class Turns:
    """Makes the outcome of a claimed message; raises AssistantError and StoreUnavailable."""

    def __init__(
        self,
        assistant: Assistant,
        sentences: Sentences,
        sessions: CitizenSessions,
        vault: Vault,
        *,
        button_seconds: float,
        entrance: Entrance,
    ) -> None:
        self._assistant = assistant
        self._sentences = sentences
        self._sessions = sessions
        self._vault = vault
        self._button_seconds = button_seconds
        self._entrance = entrance
        self._private = PrivateTemplates(sentences.private)
        self._faults: dict[Fault, str] = {
            "empty": sentences.empty,
            "only_symbols": sentences.only_symbols,
            "code": sentences.code,
            "too_long": sentences.too_long.replace("{limit}", f"{MAX_CHARACTERS:,}".replace(",", ".")),
        }

    async def run(self, claim: Claim) -> Outcome:
        session = await self._sessions.current(claim.conversation, claim.session)
        # A person answers, and the message is in the transcript; or it is a sticker in the middle of a conversation,
        # which is a thank-you, and on WhatsApp every answer is billed.
        thanks = claim.channel == WHATSAPP and claim.kind == STICKER and claim.greeted
        if claim.owner != BOT or thanks:
            return Outcome([], claim.state, session_digest=session.digest if session else None)
        entered = await self._entrance.enter(claim, session)
        if isinstance(entered, Outcome):
            return self._led(claim, entered, session)
        if entered is None:
            question = self._read(claim)
            if isinstance(question, str):
                return self._of_front_desk(claim, question, session)
        else:
            question, session = entered.question, entered.session
        answer = await self._assistant.answer(
            Turn(
                conversation=claim.conversation,
                message_id=str(claim.inbox_id),
                text=question.text,
                payload=question.payload or msgspec.UNSET,
                state=msgspec.Raw(claim.state.encode() if claim.state else b"null"),
                metadata=Metadata(claim.channel, session.id if session else None, claim.received_at),
            ),
            suspect=claim.tries > 0,
        )
        offered = None
        if any(message.custom.get("command") == "request_login" for message in answer.messages):
            offered = await self._entrance.offer(claim, answer, question)
        return self._of_assistant(claim, answer, session, entered, offered)

    def give_up(self, claim: Claim, reason: str) -> Outcome:
        """The end of a message that could not be answered."""
        return Outcome([Bubble(Body(self._sentences.apology))], claim.state, dead=reason)

    def _read(self, claim: Claim) -> Question | str:
        """What to ask, or the sentence that answers without asking."""
        if claim.button is not None:
            return self._read_button(claim, claim.button)
        if claim.kind is not None and claim.text is None:
            return self._sentences.about_media(claim.kind)
        text = claim.text or ""
        text = word_of_sign(text, self._sentences.signs) or text
        if fault := inspect(text):
            return self._faults[fault]
        chosen = choose(text, self._choosable(claim.choices))
        return Question(chosen.title, chosen.payload) if chosen else Question(text)

    def _read_button(self, claim: Claim, button: str) -> Question | str:
        if claim.pressed is None:
            if claim.text is not None and button.startswith(TOPIC):
                return Question(claim.text, Payload(button.removeprefix(TOPIC)))
            return self._sentences.button_unknown
        if claim.pressed.created_at < time.time() - self._button_seconds:
            return self._sentences.button_expired
        if claim.pressed.sealed is None:
            return Question(claim.pressed.title, claim.pressed.payload)
        opened = self._opened(claim.pressed.sealed, Button)
        return Question(opened.title, opened.payload) if opened else self._sentences.button_expired

    def _choosable(self, choices: Choices | None) -> Choices | None:
        """The choices with their buttons, also those that are kept sealed."""
        if choices is None or choices.sealed is None:
            return choices
        return Choices(self._opened(choices.sealed, list[Button]) or [], choices.expects_number)

    def _opened[Kept](self, sealed: str, kind: type[Kept]) -> Kept | None:
        """None: it was sealed with a key that is no more."""
        try:
            return msgspec.json.decode(self._vault.open(sealed), type=kind)
        except VaultError:
            return None

    def _sealed(self, kept: Body | Button | list[Button]) -> str:
        return self._vault.seal(msgspec.json.encode(kept).decode())

    def _sealed_bubble(self, body: Body) -> Bubble:
        return Bubble(Body(self._sentences.private.gone, personal=True), secret=self._sealed(body))

    def _lead(self, claim: Claim) -> list[str]:
        """What comes before the answer: who speaks, once; and what was covered."""
        lead = [] if claim.greeted else [self._sentences.notice]
        if claim.kind is not None and claim.text is not None:
            lead.append(self._sentences.media.caption)
        if claim.masked:
            covered = self._sentences.redaction_notice(claim.masked)
            lead.append(covered if claim.channel == PULLED else f"{covered} {self._sentences.redacted.still_in_app}")
        return lead

    def _of_front_desk(self, claim: Claim, sentence: str, session: CurrentSession | None) -> Outcome:
        return self._led(claim, Outcome([Bubble(Body(sentence))], claim.state), session)

    def _led(self, claim: Claim, outcome: Outcome, session: CurrentSession | None) -> Outcome:
        """What the front desk itself says, after what comes before every answer."""
        first, *others = outcome.bubbles
        lead = self._lead(claim)
        if lead:
            first = replace(first, body=msgspec.structs.replace(first.body, text="\n\n".join([*lead, first.body.text])))
        outcome.bubbles = [first, *others]
        outcome.greeted = not claim.greeted
        outcome.session_digest = session.digest if session else None  # whoever writes anything is still there
        return outcome

    def _of_assistant(
        self,
        claim: Claim,
        answer: Answer,
        session: CurrentSession | None,
        entered: Greeted | None,
        offered: Offered | str | None,
    ) -> Outcome:
        outcome = Outcome(
            [],
            bytes(answer.state).decode(),
            greeted=not claim.greeted,
            session_digest=session.digest if session else None,
        )
        lead = self._lead(claim)
        welcome = entered.welcome if entered else None
        choices = claim.choices or Choices([])  # a turn without buttons leaves those of before
        for message in answer.messages:
            outcome.understood = _understood(message) or outcome.understood
            paragraphs, farewell = self._commanded(claim, message, session, offered, outcome)
            asks = message.custom.get("command") == "request_login"
            link = offered if asks and isinstance(offered, Offered) else None
            given, personal = message.buttons, self._personal(message, session)
            if personal is None and "private" in message.custom:  # the session ended while the action was at work
                paragraphs, given = [*paragraphs, self._sentences.private.gone], []
            if not (paragraphs or personal or given or link):
                continue
            buttons = [Button(secrets.token_urlsafe(9), button.title, button.payload) for button in given]
            shown = [*(ShownButton(button.id, button.title) for button in buttons), *farewell]
            if link is not None:
                outcome.buttons += buttons
                outcome.bubbles.append(self._linked(link, [*lead, *paragraphs], shown))
            elif personal is None and welcome is None:
                outcome.buttons += buttons
                outcome.bubbles.append(Bubble(Body("\n\n".join(lead + paragraphs), shown)))
            else:  # even the number of its buttons says something
                outcome.sealed_buttons += [SealedButton(button.id, self._sealed(button)) for button in buttons]
                body = Body("\n\n".join(filter(None, [*lead, welcome, *paragraphs, personal])), shown)
                welcome = None
                outcome.bubbles.append(self._sealed_bubble(body))
            sealed = outcome.bubbles[-1].secret is not None and link is None
            now_offered = Choices(buttons, sealed=self._sealed(buttons) if sealed and buttons else None)
            choices = now_offered if buttons else choices
            lead = []
        if not outcome.bubbles:
            said = self._sentences.left(claim.channel) if outcome.end_session else self._sentences.done
            if welcome is None:
                outcome.bubbles.append(Bubble(Body("\n\n".join([*lead, said]))))
            else:
                body = Body("\n\n".join([*lead, welcome]))
                outcome.bubbles.append(self._sealed_bubble(body))
        expects = any(message.custom.get("expects") == "number" for message in answer.messages)
        now = Choices([] if choices.sealed else choices.buttons, expects, choices.sealed)
        outcome.choices = None if now == claim.choices else now
        return outcome

    def _commanded(
        self,
        claim: Claim,
        message: AnsweredMessage,
        session: CurrentSession | None,
        offered: Offered | str | None,
        outcome: Outcome,
    ) -> tuple[list[str], list[ShownButton]]:
        """Does what a message orders; its paragraphs with what that adds, and the links of who leaves."""
        paragraphs = [message.text] if message.text else []
        match message.custom.get("command"):
            case "end_session":
                outcome.end_session = True
            case "leave" if session is not None:  # somebody said goodbye
                outcome.end_session = True
                return [*paragraphs, self._sentences.left(claim.channel)], self._entrance.farewell()
            case "request_login":
                if session is None and (claim.access_ended or claim.session is not None):
                    paragraphs.insert(0, self._sentences.login.access_ended)
                    outcome.told_of_end = True
                    outcome.end_session |= claim.session is not None  # it ran out and is not cleared away yet
                if isinstance(offered, Offered):
                    outcome.login = offered.record
                elif offered or self._sentences.login_portal:
                    paragraphs.append(offered or self._sentences.login_portal)
        return paragraphs, []

    def _linked(self, link: Offered, paragraphs: list[str], shown: list[ShownButton]) -> Bubble:
        """The link is as good as a key until it is used: it is kept sealed, and goes with its attempt."""
        login = self._sentences.login
        offer = login.offer.replace("{minutes}", f"{link.record.seconds / 60:.0f}")
        button = ShownButton(secrets.token_urlsafe(9), login.button, link.url)
        body = Body("\n\n".join([*paragraphs, offer]), [button, *shown])
        gone = Body("\n\n".join([*paragraphs, login.link_gone]), shown)
        return Bubble(gone, secret=self._sealed(body), kept_with=link.record.digest)

    def _personal(self, message: AnsweredMessage, session: CurrentSession | None) -> str | None:
        """A personal answer in words; None: it is none, or nobody is signed in."""
        data = message.custom.get("private")
        if not isinstance(data, dict) or session is None:
            return None
        try:
            return self._private.render(data)
        except PrivateUnknown as error:
            _log.error("private_data_without_template", kind=str(error))
            return self._sentences.private.unknown


def _understood(message: AnsweredMessage) -> str | None:
    """What the assistant says of its own understanding, as it is stored; None when it was sure or says it wrongly."""
    given = message.custom.get("understood")
    if given is None:
        return None
    try:
        return msgspec.json.encode(msgspec.convert(given, Understood)).decode()
    except msgspec.ValidationError as error:
        _log.error("understood_malformed", error=str(error))
        return None
