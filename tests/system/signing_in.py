"""A person's browser at the pages for signing in, without scripts: it follows links and sends the forms it is shown."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.citizen import Citizen, Reply
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

    def __init__(self, system: WholeSystem, cookies: dict[str, str] | None = None) -> None:
        self.system = system
        self.http = system.browser(cookies)

    def open(self, link: str) -> Page:
        """Type an address; redirects are followed."""
        return Page(self.http.get(link, follow_redirects=True))

    def accept(self, link: str) -> httpx.Response:
        """Open a link and say yes; the answer as it is, with its redirect to the provider."""
        return self.answer(link, self.open(link), "yes")

    def answer(self, link: str, page: Page, said: str, **changes: Any) -> httpx.Response:
        return self.http.post(link, data={**page.fields, "answer": said}, **changes)

    def choose(self, authorize: str, account: str) -> httpx.Response:
        """At the provider: sign in as somebody; the answer redirects back."""
        page = Page(self.http.get(authorize))
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
