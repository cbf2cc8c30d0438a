"""What the pages of the channels' stand-ins show: what a citizen's phone shows."""

from __future__ import annotations

from sandbox.telegram.world import World
from sandbox.whatsapp.number import Number, Said
from sandbox.whatsapp.page import chat

WA = "5519987650001"
HELLO = {"type": "text", "text": {"body": "oi"}, "to": WA}


def test_whatsapp_shows_what_was_read_and_who_types_until_the_answer() -> None:
    number = Number()
    person = number.person(WA, None)
    person.last_inbound = 4_000_000_000.0
    number.said.append(Said("wamid.1", person, HELLO, 1.0))
    assert chat(number, WA) == {
        "lines": [{"from": "citizen", "message": HELLO, "at": 1.0, "read": False}],
        "typing": False,
    }
    number.read.append("wamid.1")
    number.typing["wamid.1"] = 4_000_000_000.0
    assert (chat(number, WA)["lines"][0]["read"], chat(number, WA)["typing"]) == (True, True)
    sent = number.accept(HELLO)
    sent.at = 4_000_000_001.0
    assert [line["from"] for line in chat(number, WA)["lines"]] == ["citizen", "business"]
    assert not chat(number, WA)["typing"]
    assert chat(number, "5519900000000") == {"lines": [], "typing": False}


def test_telegram_shows_who_types_until_the_answer() -> None:
    world = World()
    world.say(7, text="oi")
    assert not world.types(7)
    world.actions.append({"chat": 7, "at": 4_000_000_000.0})
    assert world.types(7)
    assert not world.types(8)
    world.accept(world.chat(7), "olá", [], None)
    world.sent[-1]["at"] = 4_000_000_001.0
    assert not world.types(7)
