"""`guiche ask` and `guiche chat`: citizens at a terminal, through the same API as the chat page."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from bot.cli.render import show
from bot.cli.sessions import KeptSession, Sessions, SessionsUnreadable, sessions_file
from bot.cli.terminal import Terminal
from bot.cli.web import AnswerLate, ConnectionLost, Conversation, Message, NotGuiche, NotRunning, Refused, WebError


class Asker:
    """Asks the server at `url`; with a `name`, in the conversation that is kept under it."""

    def __init__(self, terminal: Terminal, url: str, name: str | None, timeout: float) -> None:
        self._terminal = terminal
        self._url = url
        self._name = name
        self._timeout = timeout
        self._goes_on = name is not None
        self._sessions = Sessions(sessions_file())

    def ask(self, text: str, as_json: bool = False) -> int:
        """One question and its answer; the exit code."""
        messages: list[Message] = []
        code = 0
        try:
            with self._conversation() as conversation:
                sent = conversation.send(text, self._timeout)
                for message in conversation.answers(sent, self._timeout):
                    if message.in_reply_to == sent:
                        messages.append(message)
                        if not as_json:
                            self._show(message)
        except (WebError, SessionsUnreadable) as error:
            self._complain(error)
            code = 1
        if as_json and (messages or code == 0):
            print(json.dumps({"messages": [message.data for message in messages]}, ensure_ascii=False))
        return code

    def chat(self) -> int:
        """Questions and answers until the end of input; the exit code."""
        self._goes_on = True
        try:
            with self._conversation() as conversation:
                self._terminal.say("chat.welcome")
                while (text := self._read()) is not None:
                    self._turn(conversation, text)
        except (WebError, SessionsUnreadable) as error:
            self._complain(error)
            return 1
        self._terminal.say("chat.goodbye")
        return 0

    def _read(self) -> str | None:
        try:
            return input(f"\n{self._terminal.text('chat.prompt')}").strip()
        except (EOFError, KeyboardInterrupt):
            self._terminal.out.print()
            return None

    def _turn(self, conversation: Conversation, text: str) -> None:
        """Send what was typed and show what comes; with nothing typed, show what came late."""
        try:
            if text:
                messages = conversation.answers(conversation.send(text, self._timeout), self._timeout)
            else:
                messages = conversation.answers("", within=0.5)
            for message in messages:
                self._terminal.out.print()
                self._terminal.say("chat.assistant")
                self._show(message)
        except AnswerLate:
            if text:
                self._terminal.say("chat.late")
        except (Refused, ConnectionLost) as error:
            self._complain(error)

    @contextmanager
    def _conversation(self) -> Iterator[Conversation]:
        """The conversation, opened; what is needed to go on with it is kept under the name afterwards."""
        kept = self._sessions.get(self._url, self._name) if self._name else None
        kept = kept or KeptSession(cookie="", conversation="")
        with Conversation(self._url, kept.cookie, kept.last_event) as conversation:
            conversation.open(kept.conversation)
            self._keep(conversation)  # at once: a time-out or a Ctrl-C must not lose the conversation
            try:
                yield conversation
            finally:
                self._keep(conversation)

    def _keep(self, conversation: Conversation) -> None:
        if self._name:
            session = KeptSession(conversation.cookie, conversation.id, conversation.last_event)
            self._sessions.keep(self._url, self._name, session)

    def _show(self, message: Message) -> None:
        show(self._terminal.out, message)
        if message.buttons and self._terminal.out.is_terminal and self._goes_on:
            self._terminal.say("chat.choose")

    def _complain(self, error: Exception) -> None:
        match error:
            case NotRunning():
                self._terminal.complain("errors.not_running", url=self._url)
            case NotGuiche():
                self._terminal.complain("errors.not_guiche", url=self._url)
            case ConnectionLost():
                self._terminal.complain("errors.lost", url=self._url)
            case AnswerLate():
                self._terminal.complain("errors.timeout", seconds=f"{self._timeout:g}")
            case Refused():
                self._terminal.err.print(error.sentence)
            case SessionsUnreadable():
                self._terminal.complain("errors.sessions_unreadable", file=error.file)
            case _:
                raise error
