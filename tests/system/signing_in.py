"""A person's browser at the pages for signing in, without scripts: it follows links and sends the forms it is shown."""

from __future__ import annotations

import contextlib
import html
import re
import threading
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.citizen import DEADLINE, Citizen, Reply, wait_until
from tests.whole_system import WholeSystem

TITLE = "Entrar com acesso de demonstração"
_FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
_CODE = re.compile(r'id="code">(\d{3}) (\d{3})<')


@dataclass(frozen=True)
class Page:
    """What a browser shows: status, text without tags, the address."""

    response: httpx.Response

    @property
    def text(self) -> str:
        return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", self.response.text)))

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def code(self) -> str:
        found = _CODE.search(self.response.text)
        assert found, self.text
        return found[1] + found[2]

    @property
    def fields(self) -> dict[str, str]:
        return {name: html.unescape(value) for name, value in _FIELD.findall(self.response.text)}


class Visitor:
    """One browser: its cookies, on the front desk and at the provider."""

    def __init__(self, system: WholeSystem, chat: Citizen | None = None) -> None:
        """``chat``: whose chat page is open in this browser too."""
        self.system = system
        self.http = system.browser(chat.jar if chat else None)

    def open(self, link: str) -> Page:
        """Type an address; redirects are followed."""
        return Page(self.http.get(link, follow_redirects=True))

    def accept(self, link: str) -> httpx.Response:
        """Open a link and say yes; the answer as it is, with its redirect to the provider."""
        return self.answer(link, self.open(link), "yes")

    def answer(self, link: str, page: Page, said: str, **changes: Any) -> httpx.Response:
        return self.http.post(link, data={**page.fields, "answer": said}, **changes)

    def choose(self, authorize: str, account: str) -> httpx.Response:
        """At the provider: sign in as somebody, unless somebody is there already; the answer redirects back."""
        page = Page(self.http.get(authorize))
        if page.status == httpx.codes.FOUND:
            return page.response
        assert page.status == 200, page.text
        at = urlsplit(authorize)
        return self.http.post(f"{at.scheme}://{at.netloc}/authorize", data={**page.fields, "account": account})

    def callback(self, link: str, account: str = "busy") -> str:
        """Everything up to the address that the provider sends the browser back to."""
        begun = self.accept(link)
        assert begun.status_code == 303, begun.text
        return self.choose(begun.headers["location"], account).headers["location"]

    def sign_in(self, link: str, account: str = "busy") -> Page:
        """The whole way, until the page that the browser ends on."""
        return self.open(self.callback(link, account))

    def confirm(self, page: Page, said: str = "yes") -> Page:
        """On the page that asks whether it is oneself: go on, or not."""
        answer = {**page.fields, "answer": said}
        return Page(self.http.post(f"{self.system.url}/entrar/codigo", data=answer, follow_redirects=True))


class Copied:
    """Somebody with a copy of a chat's cookie, made now, who listens to its events from the beginning."""

    def __init__(self, system: WholeSystem, citizen: Citizen) -> None:
        self.http = httpx.Client(base_url=system.url, timeout=DEADLINE, trust_env=False, cookies=citizen.cookies)
        self.heard = ""
        self.ended = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        wait_until(lambda: "retry:" in self.heard)

    def _listen(self) -> None:
        with contextlib.suppress(httpx.HTTPError), self.http.stream("GET", "/chat/events") as response:
            for line in response.iter_lines():
                self.heard += line + "\n"
        self.ended.set()

    def refused(self) -> list[int]:
        """What each thing that a chat page does is answered now."""
        with self.http.stream("GET", "/chat/events") as events:
            return [
                events.status_code,
                self.http.post("/chat/session", json={}).status_code,
                self.http.post("/chat/messages", json={"id": str(uuid.uuid4()), "text": "oi"}).status_code,
            ]


def ask_for_link(citizen: Citizen, text: str = "minhas pendências") -> tuple[str, Reply]:
    """Ask something personal; the link that is offered."""
    reply = citizen.say(text)
    assert TITLE in reply.links, (reply.text, reply.links)
    return reply.links[TITLE], reply


def signed_in(system: WholeSystem, account: str = "busy", text: str = "minhas pendências") -> tuple[Citizen, Reply]:
    """A citizen who signed in with a code, and the answer to what was asked before."""
    citizen = system.citizen()
    link, _ = ask_for_link(citizen, text)
    return citizen, citizen.say(Visitor(system).sign_in(link, account).code)


def said_by_itself(citizen: Citizen) -> list[str]:
    """What the assistant said that answers no message, in order."""
    return [event["text"] for event in citizen.history() if event["from"] == "assistant" and not event["in_reply_to"]]


def parameter(address: str, name: str) -> str:
    return parse_qs(urlsplit(address).query)[name][0]
