"""One turn: read a message, ask the assistant if it must be asked, and make what is shown. Commits nothing."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass

import msgspec
import structlog

from bot.assistant import Answer, AnsweredMessage, Assistant, Metadata, Turn
from bot.choices import choose
from bot.identity.sessions import CitizenSessions, CurrentSession
from bot.inspection import MAX_CHARACTERS, Fault, inspect
from bot.messages import Body, Bubble, Button, Choices, Outcome, Payload, ShownButton, Understood
from bot.private import PrivateTemplates, PrivateUnknown
from bot.sentences import Sentences
from bot.store import Claim
from bot.vault import Vault

_log = structlog.get_logger(__name__)
BOT = "bot"


@dataclass(frozen=True, slots=True)
class Question:
    """What the assistant is asked: free text, or a button's payload with its title as text."""

    text: str
    payload: Payload | None = None


class Turns:
    """Makes the outcome of a claimed message; raises AssistantError and StoreUnavailable."""

    def __init__(
        self, assistant: Assistant, sentences: Sentences, sessions: CitizenSessions, vault: Vault, button_seconds: float
    ) -> None:
        self._assistant = assistant
        self._sentences = sentences
        self._sessions = sessions
        self._vault = vault
        self._button_seconds = button_seconds
        self._private = PrivateTemplates(sentences.private)
        self._faults: dict[Fault, str] = {
            "empty": sentences.empty,
            "only_symbols": sentences.only_symbols,
            "too_long": sentences.too_long.replace("{limit}", f"{MAX_CHARACTERS:,}".replace(",", ".")),
        }

    async def run(self, claim: Claim) -> Outcome:
        if claim.owner != BOT:  # a person answers; the message is in the transcript
            return Outcome([], claim.state)
        question = self._read(claim)
        if isinstance(question, str):
            return self._of_front_desk(claim, question)
        session = await self._sessions.current(claim.session)
        answer = await self._assistant.answer(
            Turn(
                conversation=claim.conversation,
                message_id=str(claim.inbox_id),
                text=question.text,
                payload=question.payload or msgspec.UNSET,
                state=msgspec.Raw(claim.state.encode() if claim.state else b"null"),
                metadata=Metadata(claim.channel, session.id if session else None),
            )
        )
        return self._of_assistant(claim, answer, session)

    def give_up(self, claim: Claim, reason: str) -> Outcome:
        """The end of a message that could not be answered."""
        return Outcome([Bubble(Body(self._sentences.apology))], claim.state, dead=reason)

    def _read(self, claim: Claim) -> Question | str:
        """What to ask, or the sentence that answers without asking."""
        if claim.button is not None:
            if claim.pressed is None:
                return self._sentences.button_unknown
            if claim.pressed.created_at < time.time() - self._button_seconds:
                return self._sentences.button_expired
            return Question(claim.pressed.title, claim.pressed.payload)
        text = claim.text or ""
        if fault := inspect(text):
            return self._faults[fault]
        chosen = choose(text, claim.choices)
        return Question(chosen.title, chosen.payload) if chosen else Question(text)

    def _lead(self, claim: Claim) -> list[str]:
        """What comes before the answer: who speaks, once; and what was covered."""
        lead = [] if claim.greeted else [self._sentences.notice]
        if claim.masked:
            lead.append(self._sentences.redaction_notice(claim.masked))
        return lead

    def _of_front_desk(self, claim: Claim, sentence: str) -> Outcome:
        text = "\n\n".join([*self._lead(claim), sentence])
        return Outcome([Bubble(Body(text))], claim.state, greeted=not claim.greeted)

    def _of_assistant(self, claim: Claim, answer: Answer, session: CurrentSession | None) -> Outcome:
        outcome = Outcome(
            [],
            bytes(answer.state).decode(),
            greeted=not claim.greeted,
            session_digest=session.digest if session else None,
        )
        lead = self._lead(claim)
        for message in answer.messages:
            outcome.understood = _understood(message) or outcome.understood
            command = message.custom.get("command")
            outcome.end_session |= command == "end_session"
            paragraphs = [message.text] if message.text else []
            if command == "request_login" and self._sentences.login_portal:
                paragraphs.append(self._sentences.login_portal)
            personal, instead = self._personal(message, session)
            paragraphs += instead
            if not (paragraphs or personal or message.buttons):
                continue
            buttons = [Button(secrets.token_urlsafe(9), button.title, button.payload) for button in message.buttons]
            outcome.buttons += buttons
            shown = [ShownButton(button.id, button.title) for button in buttons]
            outcome.bubbles.append(self._bubble(lead + paragraphs, personal, shown))
            lead = []
        if not outcome.bubbles:
            said = self._sentences.session_ended if outcome.end_session else self._sentences.done
            outcome.bubbles.append(self._bubble([*lead, said], None, []))
        outcome.choices = self._choices(claim, answer, outcome.bubbles, outcome.buttons)
        return outcome

    def _personal(self, message: AnsweredMessage, session: CurrentSession | None) -> tuple[str | None, list[str]]:
        """A personal answer in words, or what is said instead of it."""
        data = message.custom.get("private")
        if not isinstance(data, dict):
            return None, []
        if session is None:  # it ended while the action was at work
            return None, [self._sentences.private.gone]
        try:
            return self._private.render(data), []
        except PrivateUnknown as error:
            _log.error("private_data_without_template", kind=str(error))
            return None, [self._sentences.private.unknown]

    def _bubble(self, paragraphs: list[str], personal: str | None, buttons: list[ShownButton]) -> Bubble:
        if personal is None:
            return Bubble(Body("\n\n".join(paragraphs), buttons))
        text = "\n\n".join([*paragraphs, personal])
        return Bubble(Body(self._sentences.private.gone, buttons), secret=self._vault.seal(text))

    @staticmethod
    def _choices(claim: Claim, answer: Answer, bubbles: list[Bubble], buttons: list[Button]) -> Choices | None:
        """The last bubble's buttons that had some; else those of before. None when nothing changes."""
        before = claim.choices or Choices([])
        expects = any(message.custom.get("expects") == "number" for message in answer.messages)
        shown = next((bubble.body.buttons for bubble in reversed(bubbles) if bubble.body.buttons), [])
        ids = {button.id for button in shown}
        now = [button for button in buttons if button.id in ids] or before.buttons
        choices = Choices(now, expects)
        return None if choices == before else choices


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
