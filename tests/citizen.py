"""A citizen for tests of the whole system: writes and presses through the website's API, and reads what is said."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from typing import Any

import httpx
import yaml

from bot.cli.paths import ROOT

DEADLINE = 20.0
"""Seconds to wait for what should have come. Long: the machine may be busy; a passing test never waits for it."""
QUIET = 0.3
"""Seconds in which nothing more comes, after all that should."""
_SENTENCES = yaml.safe_load((ROOT / "data" / "front_desk.yml").read_text(encoding="utf-8"))
NOTICES = {_SENTENCES["delayed"], _SENTENCES["delayed_again"]}


@dataclass(frozen=True)
class Reply:
    """All that was said to one message. `notices` came before it, because the answer took long."""

    bubbles: list[str]
    buttons: dict[str, str]
    """Title to id, of the last bubble that has buttons."""
    links: dict[str, str] = field(default_factory=dict)
    """Title to address, of the buttons that open a page."""
    notices: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def text(self) -> str:
        return "\n\n".join(self.bubbles)

    @property
    def titles(self) -> list[str]:
        return list(self.buttons)


class Citizen:
    """A citizen's browser: its cookie, its messages, its event stream."""

    def __init__(self, url: str, cookies: Mapping[str, str] | None = None) -> None:
        self._http = httpx.Client(base_url=url, cookies=dict(cookies or {}), timeout=DEADLINE, trust_env=False)
        self.replies: list[Reply] = []
        self._posted: list[str] = []
        self._known: list[dict[str, Any]] = []
        self._position = 0
        self.conversation = self.open()

    def open(self, *, new: bool = False) -> str:
        """The conversation that the cookie stands for, or a new one. Its public id."""
        answer = self._http.post("/chat/session", json={"new": new})
        answer.raise_for_status()
        self.conversation = str(answer.json()["conversation"])
        return self.conversation

    def close(self) -> None:
        self._http.close()

    @property
    def cookies(self) -> dict[str, str]:
        return dict(self._http.cookies)

    @property
    def jar(self) -> CookieJar:
        """The browser's own: what another page of it is given is this one's too."""
        return self._http.cookies.jar

    def say(self, text: str, within: float = DEADLINE) -> Reply:
        """Write and wait for the answer."""
        return self.answer(self.post(text=text), within)

    def press(self, title: str, within: float = DEADLINE) -> Reply:
        """Press a button of the last reply that had some, and wait for the answer."""
        return self.answer(self.post(button=self.button(title)), within)

    def button(self, title: str) -> str:
        """Its id."""
        shown = next((reply.buttons for reply in reversed(self.replies) if reply.buttons), {})
        assert title in shown, f"no button {title!r} among {list(shown)}"
        return shown[title]

    def post(self, *, text: str | None = None, button: str | None = None, within: float = DEADLINE) -> str:
        """Send and return the message's id. While nobody is there the same message is sent again, as the page does."""
        identifier = str(uuid.uuid4())
        message = {"id": identifier, "text": text} if button is None else {"id": identifier, "button": button}

        def accepted() -> bool:
            try:
                answer = self._http.post("/chat/messages", json=message)
            except httpx.TransportError:
                return False
            assert answer.status_code == httpx.codes.ACCEPTED, answer.text
            return True

        wait_until(accepted, within)
        self._posted.append(identifier)
        return identifier

    def answer(self, identifier: str, within: float = DEADLINE) -> Reply:
        """Wait for the whole answer to a message."""
        started = time.monotonic()
        bubbles: list[str] = []
        notices: list[str] = []
        buttons: dict[str, str] = {}
        links: dict[str, str] = {}
        for event in self._heard(started + within):
            if event.get("in_reply_to") != identifier:
                continue
            (notices if event["text"] in NOTICES else bubbles).append(event["text"])
            if event["buttons"]:
                buttons = {button["title"]: button["id"] for button in event["buttons"] if "url" not in button}
                links |= {button["title"]: button["url"] for button in event["buttons"] if "url" in button}
            if event["final"]:
                break
        else:
            raise AssertionError(f"no answer within {within} s; so far: {notices + bubbles}")
        self.replies.append(Reply(bubbles, buttons, links, notices, time.monotonic() - started))
        return self.replies[-1]

    def first_word(self, identifier: str, within: float = DEADLINE) -> str:
        """Wait for the first thing that is said to a message, be it only a notice."""
        for event in self._heard(time.monotonic() + within):
            if event.get("in_reply_to") == identifier:
                return str(event["text"])
        raise AssertionError(f"not a word within {within} s")

    def history(self) -> list[dict[str, Any]]:
        """The conversation as a reload of the page shows it: events with "from", "text", "in_reply_to", "final", …

        Waits until every message that was posted has its final answer, and then a moment for what should not come.
        """
        waiting = set(self._posted)
        events: list[dict[str, Any]] = []
        for event in self._events(0, time.monotonic() + DEADLINE, lambda: not waiting):
            events.append(event)
            if event["from"] == "assistant" and event["final"]:
                waiting.discard(event["in_reply_to"])
        assert not waiting, f"{len(waiting)} messages without an answer: {events}"
        return events

    def _heard(self, deadline: float) -> Iterator[dict[str, Any]]:
        """What came for earlier messages, then what comes."""
        yield from list(self._known)
        for event in self._events(self._position, deadline):
            self._known.append(event)
            yield event

    def _events(
        self, after: int, deadline: float, enough: Callable[[], bool] = lambda: False
    ) -> Iterator[dict[str, Any]]:
        """Messages after an id, over lost connections too, until the deadline; or until it is enough and quiet."""
        while time.monotonic() < deadline:
            try:
                for number, data in self._stream(after, time.monotonic() + QUIET if enough() else deadline):
                    after = number
                    self._position = max(self._position, number)
                    yield data
                    if enough():
                        break
            except httpx.ReadTimeout:
                if enough():
                    return
            except httpx.TransportError:
                time.sleep(0.05)

    def _stream(self, after: int, until: float) -> Iterator[tuple[int, dict[str, Any]]]:
        """Messages as they come; raises httpx.ReadTimeout when there is none until then."""
        timeout = httpx.Timeout(DEADLINE, read=max(0.1, until - time.monotonic()))
        with self._http.stream("GET", "/chat/events", params={"after": after}, timeout=timeout) as response:
            assert response.status_code == httpx.codes.OK, response.status_code
            event: dict[str, str] = {}
            for line in response.iter_lines():
                if time.monotonic() > until:  # the stream's own pings keep it from ever being silent
                    raise httpx.ReadTimeout("nothing but pings")
                if line:
                    name, _, value = line.partition(":")
                    event[name] = value.removeprefix(" ")
                else:
                    if event.get("event") == "message":
                        yield int(event["id"]), json.loads(event["data"])
                    event = {}


def wait_until(condition: Callable[[], Any], within: float = DEADLINE) -> None:
    """Returns when the condition holds; an AssertionError when it does not within so many seconds."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, f"not within {within} s"
        time.sleep(0.05)
