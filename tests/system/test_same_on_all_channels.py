"""The same conversation on the website, on Telegram and on WhatsApp: what arrives is the same, but for its clothes."""

from __future__ import annotations

import re
from typing import Any, Protocol

import httpx

from bot.markdown import to_plain
from tests.citizen import DEADLINE, NOTICES, Citizen, wait_until
from tests.whole_system import WholeSystem

# Said with words, pressed with "> title". The answers about signing and privacy are longer than the 1,024 characters
# that WhatsApp allows beside buttons, the órgãos are more buttons than it has.
DIALOGUE = [
    "oi",
    "esqueci minha senha",
    "> Passo a passo",
    "como assino um documento?",
    "e se não aparecer a opção?",
    "o que você guarda sobre mim?",
    "quero consultar um processo",
    "PMP",
    "500100",
    "2023",
    "obrigada",
]
CHAT, PHONE = 4242, "5519987650042"
PLAIN_NOTICES = {to_plain(notice) for notice in NOTICES}

type Heard = tuple[list[str], list[str]]
"""Words in order, and button titles."""


class Voice(Protocol):
    """A citizen on one channel."""

    def say(self, text: str) -> Heard: ...

    def press(self, title: str) -> Heard: ...


class OnTheWebsite:
    def __init__(self, citizen: Citizen) -> None:
        self._citizen = citizen

    def say(self, text: str) -> Heard:
        return self._heard(self._citizen.say(text))

    def press(self, title: str) -> Heard:
        return self._heard(self._citizen.press(title))

    @staticmethod
    def _heard(reply: Any) -> Heard:
        return words(to_plain(reply.text)), reply.titles


class _OnAStandIn:
    """A channel's stand-in, by its control API."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, trust_env=False, timeout=DEADLINE)
        self._heard = 0
        self.last: Any = None

    def _control(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._http.request(method, f"/_control{path}", json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def _next(self) -> Any:
        """The next answer that arrived; one a turn. Beside it a busy machine may say that it takes longer."""
        answers: list[Any] = []

        def answered() -> bool:
            sent = [item["message"] for item in self._control("GET", "")["sent"]]
            answers[:] = [message for message in sent if self._words(message) not in PLAIN_NOTICES][self._heard :]
            return bool(answers)

        wait_until(answered)
        assert len(answers) == 1, "more than one bubble in a turn"
        self._heard += 1
        self.last = answers[0]
        return self.last

    @staticmethod
    def _words(message: dict[str, Any]) -> str:
        """The text of a message, on either stand-in."""
        content = message.get("interactive", {}).get("body", message).get("text", "")
        return str(content["body"] if isinstance(content, dict) else content)


class OnTelegram(_OnAStandIn):
    def say(self, text: str) -> Heard:
        self._control("POST", "/say", {"chat": CHAT, "text": text})
        return self._read()

    def press(self, title: str) -> Heard:
        (data,) = [button["callback_data"] for button in self._keys() if button["text"] == title]
        body = {"chat": CHAT, "message_id": self.last["message_id"], "data": data}
        self._control("POST", "/press", body)
        return self._read()

    def _read(self) -> Heard:
        text = self._next()["text"]
        return words(text), [button["text"] for button in self._keys()]

    def _keys(self) -> list[dict[str, Any]]:
        rows = (self.last.get("reply_markup") or {}).get("inline_keyboard") or []
        return [button for row in rows for button in row]


class OnWhatsApp(_OnAStandIn):
    def say(self, text: str) -> Heard:
        return self._send({"type": "text", "text": {"body": text}})

    def press(self, title: str) -> Heard:
        """The button or the row; where it is a numbered line, its number is typed."""
        if self.last["type"] == "text":
            number = self._numbered(self.last["text"]["body"])[1].index(title) + 1
            return self.say(str(number))
        kind = "list_reply" if self.last["interactive"]["type"] == "list" else "button_reply"
        (option,) = [option for option in self._options() if title in (option["title"], option.get("description"))]
        return self._send({"type": "interactive", "interactive": {"type": kind, kind: option}})

    def _send(self, message: dict[str, Any]) -> Heard:
        self._control("POST", "/say", {"wa_id": PHONE, "message": message})
        arrived = self._next()
        if arrived["type"] == "interactive":
            body = arrived["interactive"]["body"]["text"]
            titles = [option.get("description") or option["title"] for option in self._options()]
        else:
            body, titles = self._numbered(arrived["text"]["body"])
        return words(body.replace("*", "")), titles

    def _options(self) -> list[dict[str, Any]]:
        action = self.last["interactive"]["action"]
        if "buttons" in action:
            return [button["reply"] for button in action["buttons"]]
        return [row for section in action["sections"] for row in section["rows"]]

    @staticmethod
    def _numbered(body: str) -> tuple[str, list[str]]:
        """The text without the numbered choices at its end, and those."""
        text, found, lines = body.partition("\n\nResponda com o número da opção:\n")
        return (text, [line.partition(". ")[2] for line in lines.split("\n")]) if found else (body, [])


def words(text: str) -> list[str]:
    return re.findall(r"[\w@./-]*\w", text)


def test_the_same_conversation_on_each_channel(everywhere: WholeSystem) -> None:
    addresses = {channel.name: everywhere.parts.page(channel) for channel in everywhere.parts.channels}
    voices: dict[str, Voice] = {
        "website": OnTheWebsite(everywhere.citizen()),
        "telegram": OnTelegram(addresses["telegram"]),
        "whatsapp": OnWhatsApp(addresses["whatsapp"]),
    }
    for line in DIALOGUE:
        heard = {
            name: voice.press(line[2:]) if line.startswith("> ") else voice.say(line) for name, voice in voices.items()
        }
        said, titles = heard["website"]
        assert said, line
        for name in ("telegram", "whatsapp"):
            assert heard[name] == (said, titles), f"{line}: {name} differs"
