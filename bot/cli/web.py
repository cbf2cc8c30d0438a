"""Client of the website's API, as the chat page is one in the browser.

WebError
  NotRunning   nobody listens there
  NotGuiche    somebody listens who does not speak this API
  Refused      the server said no, with a sentence for people
  ConnectionLost  it was there and went away
  AnswerLate   no final answer in time
"""

import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self

import httpx

COOKIES = ("guiche_session", "__Host-guiche_session")
"""The session's cookie on a site without and with https (bot/channels/web/session.py)."""
_RETRY_EVERY = 0.3
_REQUEST_TIMEOUT = 10.0


class WebError(Exception):
    """The conversation cannot go on."""


class NotRunning(WebError):
    """Nobody listens at the address."""


class NotGuiche(WebError):
    """The answer is not one of this API."""


class ConnectionLost(WebError):
    """The server was there and does not answer any more."""


class AnswerLate(WebError):
    """The message was stored, and its final answer did not come in time."""


class Refused(WebError):
    """The server refused; `sentence` is its own, for people."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(name)
        self.name, self.sentence = name, sentence


@dataclass(frozen=True)
class Message:
    """One message of the assistant. `data` is the event as it came."""

    text: str
    buttons: list[tuple[str, str]]
    """Id and title of those that say something."""
    links: list[tuple[str, str]]
    """Title and address of those that open a page."""
    in_reply_to: str | None
    final: bool
    data: dict[str, Any]


@dataclass
class _Event:
    id: str | None = None
    name: str = "message"
    lines: list[str] = field(default_factory=list)


class Conversation:
    """A conversation with the front desk. Messages are sent, and answers read, one after the other."""

    def __init__(self, url: str, cookie: str = "", last_event: str | None = None) -> None:
        # trust_env=False: the server is this machine, no proxy of the environment has a part in it.
        self._http = httpx.Client(base_url=url, timeout=_REQUEST_TIMEOUT, trust_env=False)
        self.cookie = cookie
        self.last_event = last_event
        self.id = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    @property
    def cookie(self) -> str:
        """The signed session; a secret."""
        return self._cookie

    @cookie.setter
    def cookie(self, value: str) -> None:
        """Sent by hand and under both names: a jar would keep an https site's cookie back from this machine's http."""
        self._cookie = value
        self._http.cookies.clear()
        if value:
            self._http.headers["Cookie"] = "; ".join(f"{name}={value}" for name in COOKIES)

    def open(self, known: str = "") -> None:
        """Get a session, or keep the one that the cookie stands for. `known` is the conversation that was left.

        Raises NotRunning, NotGuiche, Refused.
        """
        try:
            answer = self._http.post("/chat/session", json={})
        except httpx.ConnectError as error:
            raise NotRunning from error
        except httpx.TransportError as error:
            raise ConnectionLost from error
        _raise_if_refused(answer)
        self._take_cookie(answer)
        try:
            self.id = str(answer.json()["conversation"])
        except (ValueError, KeyError, TypeError) as error:
            raise NotGuiche from error
        if not self.cookie:
            raise NotGuiche
        if self.id != known:
            self.last_event = None

    def send(self, text: str, within: float) -> str:
        """Send a message and return its id. Tried again with the same id while the connection fails; stored once."""
        identifier = str(uuid.uuid4())
        deadline = time.monotonic() + within
        while True:
            try:
                answer = self._http.post("/chat/messages", json={"id": identifier, "text": text})
            except httpx.TransportError as error:
                if time.monotonic() > deadline:
                    raise ConnectionLost from error
                time.sleep(_RETRY_EVERY)
                continue
            _raise_if_refused(answer)
            self._take_cookie(answer)  # after the code that signs in, only the new one serves
            return identifier

    def _take_cookie(self, answer: httpx.Response) -> None:
        self.cookie = next(filter(None, map(answer.cookies.get, COOKIES)), self.cookie)

    def answers(self, identifier: str, within: float) -> Iterator[Message]:
        """The assistant's messages from where one stopped reading, until the final one for `identifier`.

        Messages for earlier ones that came late are among them. Raises AnswerLate, ConnectionLost, Refused.
        """
        for message in self._messages(within):
            yield message
            if message.final and message.in_reply_to == identifier:
                return

    def _messages(self, within: float) -> Iterator[Message]:
        deadline = time.monotonic() + within
        connected = True
        while time.monotonic() < deadline:
            try:
                for event in self._events(deadline):
                    connected = True
                    if event.id is not None:
                        self.last_event = event.id
                    message = _assistant_message(event)
                    if message is not None:
                        yield message
            except httpx.ReadTimeout:
                continue  # the deadline decides
            except httpx.TransportError:
                connected = False
            time.sleep(min(_RETRY_EVERY, max(0.0, deadline - time.monotonic())))
        raise AnswerLate if connected else ConnectionLost

    def _events(self, deadline: float) -> Iterator[_Event]:
        headers = {"Accept": "text/event-stream"}
        if self.last_event is not None:
            headers["Last-Event-ID"] = self.last_event
        left = max(0.1, deadline - time.monotonic())
        timeout = httpx.Timeout(_REQUEST_TIMEOUT, read=left)
        with self._http.stream("GET", "/chat/events", headers=headers, timeout=timeout) as response:
            if response.status_code != httpx.codes.OK:
                response.read()
                _raise_if_refused(response)
                raise NotGuiche
            event = _Event()
            for line in response.iter_lines():
                if time.monotonic() > deadline:
                    return
                if line:
                    _add_line(event, line)
                else:
                    if event.lines:
                        yield event
                    event = _Event()


def _add_line(event: _Event, line: str) -> None:
    """One line of an event, as the Server-Sent Events standard has it; comments and unknown fields are skipped."""
    name, _, value = line.partition(":")
    value = value.removeprefix(" ")
    if name == "data":
        event.lines.append(value)
    elif name == "id":
        event.id = value
    elif name == "event":
        event.name = value


def _assistant_message(event: _Event) -> Message | None:
    if event.name != "message":
        return None
    try:
        data = json.loads("\n".join(event.lines))
    except ValueError as error:
        raise NotGuiche from error
    if not isinstance(data, dict) or data.get("from") != "assistant":
        return None
    shown = data.get("buttons") or []
    buttons = [(str(button["id"]), str(button["title"])) for button in shown if not button.get("url")]
    links = [(str(button["title"]), str(button["url"])) for button in shown if button.get("url")]
    return Message(
        text=str(data.get("text") or ""),
        buttons=buttons,
        links=links,
        in_reply_to=data.get("in_reply_to"),
        final=data.get("final") is True,
        data=data,
    )


def _raise_if_refused(answer: httpx.Response) -> None:
    if answer.is_success:
        return
    try:
        body = answer.json()
        name, sentence = str(body["error"]), str(body["message"])
    except (ValueError, KeyError, TypeError) as error:
        raise NotGuiche from error
    raise Refused(name, sentence)
