"""Signing in and leaving on each channel of the whole system, with the stand-ins of the platforms as processes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.citizen import DEADLINE, wait_until
from tests.system.signing_in import Visitor
from tests.whole_system import WholeSystem

LINK = re.compile(r"http://127\.0\.0\.1:\d+/entrar/[\w-]+")
NEEDED, MINE = "Só mostro aqui depois que você entra", "14 pendências"


class Phone:
    """A citizen on a stand-in; ``wrap`` makes of a text what its control API takes."""

    def __init__(self, url: str, wrap: Callable[[str], dict[str, Any]]) -> None:
        self._http = httpx.Client(base_url=url, trust_env=False, timeout=DEADLINE)
        self._wrap = wrap

    def close(self) -> None:
        self._http.close()

    def _sent(self) -> list[str]:
        answer = self._http.get("/_control").raise_for_status()
        return [str(item["message"]) for item in answer.json()["sent"]]

    def say(self, text: str) -> str:
        """Write; the one message that comes back, as the platform was sent it."""
        before = len(self._sent())
        self._http.post("/_control/say", json=self._wrap(text)).raise_for_status()
        wait_until(lambda: len(self._sent()) > before)
        (answer,) = self._sent()[before:]
        return answer


WAYS: dict[str, tuple[Callable[[str], dict[str, Any]], str]] = {
    "telegram": (lambda text: {"chat": 4343, "text": text}, 'Telegram, conversa de "Cidadã"'),
    "whatsapp": (
        lambda text: {"wa_id": "5519987650043", "message": {"type": "text", "text": {"body": text}}},
        "WhatsApp, número terminado em 0043",
    ),
}


@pytest.mark.parametrize("channel", WAYS)
def test_the_whole_way_on_a_phone(everywhere: WholeSystem, channel: str) -> None:
    (stand_in,) = [known for known in everywhere.parts.channels if known.name == channel]
    wrap, chat = WAYS[channel]
    phone = Phone(everywhere.parts.page(stand_in), wrap)
    asked = phone.say("minhas pendências")
    assert NEEDED in asked
    (link,) = set(LINK.findall(asked))

    visitor = Visitor(everywhere)
    assert chat in visitor.open(link).text
    code = visitor.sign_in(link).code
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    assert "não confere" in phone.say(wrong)
    answer = phone.say(f"o código é {code[:3]} {code[3:]}")
    assert "Pronto, Maria" in answer
    assert MINE in answer
    assert "12 processos" in phone.say("quais são os meus processos?")

    left = phone.say("quero sair, por favor")
    assert "encerrei o seu acesso" in left
    assert "apague essas mensagens" in left
    again = phone.say("minhas pendências")
    assert NEEDED in again
    assert MINE not in again
    phone.close()


def test_a_code_of_one_channel_serves_on_no_other(everywhere: WholeSystem) -> None:
    """The same person on two channels is two chats; a code typed in the wrong one is only a number there."""
    (telegram,) = [known for known in everywhere.parts.channels if known.name == "telegram"]
    phone = Phone(everywhere.parts.page(telegram), lambda text: {"chat": 4344, "text": text})
    (link,) = set(LINK.findall(phone.say("minhas pendências")))
    website = everywhere.citizen()
    website.say("minhas pendências")
    code = Visitor(everywhere).sign_in(link).code
    assert "Pronto" not in website.say(code).text
    assert NEEDED in website.say("minhas pendências").text
    assert "Pronto, Maria" in phone.say(code)
    phone.say("sair")
    phone.close()
