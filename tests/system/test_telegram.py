"""The whole system with the stand-in of Telegram, as `GUICHE_SANDBOX_CHANNELS=1 make serve` runs it: it polls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from bot.markdown import to_plain
from tests.citizen import wait_until
from tests.whole_system import WholeSystem


class Chat:
    """A person on Telegram."""

    def __init__(self, url: str, chat: int) -> None:
        self.chat = chat
        self._http = httpx.Client(base_url=f"{url}/_control", trust_env=False, timeout=20)

    def close(self) -> None:
        self._http.close()

    def say(self, text: str) -> dict[str, Any]:
        """Writes, and waits for the answer: its message."""
        return self._after("say", chat=self.chat, text=text)

    def send(self, **content: Any) -> dict[str, Any]:
        return self._after("say", chat=self.chat, content=content)

    def press(self, message: dict[str, Any], title: str) -> dict[str, Any]:
        data = {button["text"]: button["callback_data"] for row in rows(message) for button in row}[title]
        return self._after("press", chat=self.chat, message_id=message["message_id"], data=data)

    def _after(self, what: str, **body: Any) -> dict[str, Any]:
        before = len(self.said())
        self._http.post(f"/{what}", json=body).raise_for_status()
        wait_until(lambda: len([line for line in self.said()[before:] if "está demorando" not in line["text"]]))
        return self.said()[-1]

    def said(self) -> list[dict[str, Any]]:
        lines: list[dict[str, Any]] = self._http.get(f"/chat/{self.chat}").json()["lines"]
        return [line for line in lines if line["from"]["is_bot"]]


def rows(message: dict[str, Any]) -> list[list[dict[str, Any]]]:
    found: list[list[dict[str, Any]]] = message.get("reply_markup", {}).get("inline_keyboard", [])
    return found


def titles(message: dict[str, Any]) -> list[str]:
    return [button["text"] for row in rows(message) for button in row]


@pytest.fixture
def chat(everywhere: WholeSystem, request: pytest.FixtureRequest) -> Iterator[Chat]:
    channel = next(channel for channel in everywhere.parts.channels if channel.name == "telegram")
    person = Chat(everywhere.parts.page(channel), 9000 + abs(hash(request.node.name)) % 10**6)
    yield person
    person.close()


def test_the_same_words_and_buttons_arrive_as_on_the_website(everywhere: WholeSystem, chat: Chat) -> None:
    citizen = everywhere.citizen()
    for text in ("esqueci minha senha", "passo a passo", "como assino um documento?", "PMP 2023/500100"):
        web, telegram = citizen.say(text), chat.say(text)
        assert telegram["text"] == to_plain(web.text)
        assert titles(telegram) == web.titles


def test_start_speaks_and_a_deep_link_opens_its_topic(chat: Chat) -> None:
    assert "Guichê" in chat.say("/start")["text"]
    assert "vista" in chat.say("/start vista")["text"].lower()
    assert titles(chat.say("/menu"))


def test_a_button_is_pressed_and_its_keyboard_goes(chat: Chat) -> None:
    asked = chat.say("quero recuperar a senha")
    pressed = titles(asked)[0]
    answer = chat.press(asked, pressed)
    assert answer["message_id"] != asked["message_id"]
    wait_until(lambda: not any(rows(line) for line in chat.said() if line["message_id"] == asked["message_id"]))


def test_a_voice_message_is_answered_truly(chat: Chat) -> None:
    voice = {"file_id": "f", "file_unique_id": "u", "duration": 3}
    assert "Ainda não ouço áudios" in chat.send(voice=voice)["text"]
