"""Every kind of update gets the right polite answer, or silence; none crashes."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from telegram import Bot

from bot.channels.telegram.commands import Commands
from bot.channels.telegram.updates import Meaning, Reader
from bot.markdown import to_plain
from bot.messages import Inbound
from tests.bot.support.assistant import StandIn
from tests.bot.support.serving import until
from tests.bot.telegram.conftest import PERSON, TOKEN, OpenTelegram, Telegram
from tests.bot.telegram.test_facts import _scalar, message, post, say

FILE = {"file_id": "f", "file_unique_id": "u", "file_size": 10}
PHOTO = {"photo": [{**FILE, "width": 10, "height": 10}]}
PLACE = {"latitude": -22.7, "longitude": -47.3}
CONTENT: dict[str, tuple[dict[str, Any], str]] = {
    "voice": ({"voice": {**FILE, "duration": 3}}, "Ainda não ouço áudios"),
    "audio": ({"audio": {**FILE, "duration": 3}}, "Ainda não ouço áudios"),
    "photo": (PHOTO, "ainda não vejo imagens"),
    "video": ({"video": {**FILE, "width": 1, "height": 1, "duration": 1}}, "não assisto a vídeos"),
    "video_note": ({"video_note": {**FILE, "length": 1, "duration": 1}}, "não assisto a vídeos"),
    "animation": (
        {"animation": {**FILE, "width": 1, "height": 1, "duration": 1}, "document": FILE},
        "não assisto a vídeos",
    ),
    "document": ({"document": FILE}, "não abro arquivos"),
    "sticker": (
        {"sticker": {**FILE, "type": "regular", "width": 1, "height": 1, "is_animated": False, "is_video": False}},
        "figurinha",
    ),
    "location": ({"location": PLACE}, "Recebi a localização"),
    "venue": ({"location": PLACE, "venue": {"location": PLACE, "title": "t", "address": "a"}}, "Recebi a localização"),
    "contact": ({"contact": {"phone_number": "1", "first_name": "A"}}, "Recebi o contato"),
    "poll": (
        {
            "poll": {
                "id": "1",
                "question": "Qual?",
                "options": [{"text": "a", "voter_count": 0, "persistent_id": "1"}],
                "total_voter_count": 0,
                "is_closed": False,
                "is_anonymous": True,
                "type": "regular",
                "allows_multiple_answers": False,
                "allows_revoting": True,
                "members_only": False,
            }
        },
        "esse tipo de conteúdo",
    ),
    "game": (
        {"game": {"title": "Jogo", "description": "d", "photo": [{**FILE, "width": 1, "height": 1}]}},
        "esse tipo de conteúdo",
    ),
    "story": ({"story": {"id": 1, "chat": {"id": 9, "type": "private"}}}, "esse tipo de conteúdo"),
    "paid_media": (
        {"paid_media": {"star_count": 1, "paid_media": [{"type": "preview", "width": 1, "height": 1}]}},
        "esse tipo de conteúdo",
    ),
    "checklist": (
        {"checklist": {"title": "Lista", "tasks": [{"id": 1, "text": "um"}]}},
        "esse tipo de conteúdo",
    ),
    "invoice": (
        {
            "invoice": {
                "title": "t",
                "description": "d",
                "start_parameter": "s",
                "currency": "BRL",
                "total_amount": 100,
            }
        },
        "esse tipo de conteúdo",
    ),
    "dice": ({"dice": {"emoji": "🎲", "value": 1}}, "esse tipo de conteúdo"),
    "something newer than the library": ({"hologram": {"size": 1}}, "esse tipo de conteúdo"),
    "something that the library cannot read": ({"poll": {"id": "1"}}, "esse tipo de conteúdo"),
}


@pytest.mark.parametrize("kind", CONTENT)
async def test_what_is_no_text_is_answered_truly_with_a_way_forward(
    open_telegram: OpenTelegram, telegram: Telegram, stand_in: StandIn, kind: str
) -> None:
    content, words = CONTENT[kind]
    async with open_telegram():
        await telegram.say(**content)
        (arrived,) = await telegram.expect(1)
    assert words in arrived["text"]
    assert "menu" in arrived["text"]
    assert stand_in.seen == []


async def test_a_caption_is_answered_like_a_text(
    open_telegram: OpenTelegram, telegram: Telegram, stand_in: StandIn
) -> None:
    async with open_telegram():
        await telegram.say(**PHOTO, caption="como assino isto?")
        (arrived,) = await telegram.expect(1)
    assert "Não abri o arquivo" in arrived["text"]
    assert arrived["text"].endswith("1: como assino isto?")


async def test_words_are_answered_also_beside_what_the_library_cannot_read(
    open_telegram: OpenTelegram, telegram: Telegram, stand_in: StandIn
) -> None:
    """A new version of the API may change any part of a message; the words stay where they are."""
    other = {"message_id": 3, "date": 1, "chat": {"id": PERSON, "type": "private"}, "poll": {"id": "1"}}
    async with open_telegram():
        await telegram.say("como assino?", reply_to_message=other)
        await telegram.expect(1)
        await telegram.say(photo="none", caption="e isto?")
        await telegram.expect(2)
    assert [body["text"] for body in stand_in.seen] == ["como assino?", "e isto?"]


async def test_an_edited_message_is_told_that_it_was_not_read(
    open_telegram: OpenTelegram, telegram: Telegram, stand_in: StandIn
) -> None:
    async with open_telegram() as (url, _):
        await telegram.say("oi")
        await telegram.expect(1)
        update = message(77, 1, text="oi, corrigido")
        assert await post(url, {"update_id": 77, "edited_message": {**update["message"], "edit_date": 1}}) == 200
        await telegram.expect(2)
        assert "só leio a primeira versão" in (await telegram.texts())[1]
    assert [body["text"] for body in stand_in.seen] == ["oi"]


async def test_an_edited_caption_is_like_an_edited_text(
    open_telegram: OpenTelegram, telegram: Telegram, stand_in: StandIn
) -> None:
    async with open_telegram() as (url, _):
        await telegram.say(**PHOTO, caption="como assino isto?")
        await telegram.expect(1)
        update = message(77, 1, **PHOTO, caption="como assino aquilo?")
        assert await post(url, {"update_id": 77, "edited_message": {**update["message"], "edit_date": 1}}) == 200
        await telegram.expect(2)
        assert "só leio a primeira versão" in (await telegram.texts())[1]
    assert [body["text"] for body in stand_in.seen] == ["como assino isto?"]


async def test_a_text_of_more_than_a_thousand_characters_is_handled_and_said(
    open_telegram: OpenTelegram, telegram: Telegram, stand_in: StandIn
) -> None:
    """Telegram takes 4,096 characters in one message."""
    async with open_telegram():
        await telegram.say("x" * 1_001)
        (arrived,) = await telegram.expect(1)
        assert "mais de 1.000 caracteres" in arrived["text"]
        await telegram.say("x" * 4_096)
        await telegram.expect(2)
        await telegram.say("y" * 1_000)
        await telegram.expect(3)
    assert [body["text"] for body in stand_in.seen] == ["y" * 1_000]


async def test_a_button_that_is_pressed_much_later_says_that_it_expired(
    open_telegram: OpenTelegram, telegram: Telegram, stand_in: StandIn
) -> None:
    say(stand_in, text="Quer?", buttons=[{"title": "Sim", "payload": {"intent": "affirm", "entities": {}}}])
    async with open_telegram() as (_, desk):
        await telegram.say("oi")
        (asked,) = await telegram.expect(1)
        old = text("UPDATE buttons SET created_at = created_at - 31 * 86400")
        await desk.store.database.write(lambda connection: connection.execute(old))
        await telegram.press(asked, "Sim")
        await telegram.expect(2)
        assert await telegram.texts() == ["Quer?", to_plain(desk.sentences.button_expired)]
    assert len(stand_in.seen) == 1


async def test_who_blocks_the_bot_gets_nothing_that_waits(open_telegram: OpenTelegram, telegram: Telegram) -> None:
    await telegram.fault("error", code=429, description="Too Many Requests: retry after 60", retry_after=60)
    async with open_telegram() as (_, desk):
        await telegram.say("oi")
        await until(lambda: _scalar(desk, "SELECT count(*) FROM outbox WHERE due_at > 1", 1))
        await telegram.call("block", chat=PERSON, blocked=True)
        await until(lambda: _scalar(desk, "SELECT count(*) FROM outbox WHERE status = 'dropped'", 1))


def group(**content: Any) -> dict[str, Any]:
    update = message(5, 1, **content)
    update["message"]["chat"] = {"id": -100, "type": "supergroup", "title": "Bairro"}
    return update


MEMBER = {"status": "member", "user": {"id": 123456, "is_bot": True, "first_name": "G"}}
SILENT: dict[str, dict[str, Any]] = {
    "group": group(text="oi"),
    "command in a group": group(text="/start@guiche_bot"),
    "photo in a group": group(**PHOTO),
    "added to a group": group(new_chat_members=[{"id": 123456, "is_bot": True, "first_name": "G"}]),
    "channel post": {
        "update_id": 5,
        "channel_post": {"message_id": 1, "date": 1, "chat": {"id": -5, "type": "channel", "title": "t"}, "text": "oi"},
    },
    "edited photo": {"update_id": 5, "edited_message": message(5, 1, **PHOTO)["message"]},
    "pinned message": message(5, 1, pinned_message=message(4, 2)["message"]),
    "another bot": {
        "update_id": 5,
        "message": {**message(5)["message"], "from": {"id": 9, "is_bot": True, "first_name": "B"}},
    },
    "inline query": {
        "update_id": 5,
        "inline_query": {"id": "1", "from": message(1)["message"]["from"], "query": "x", "offset": ""},
    },
    "let in again": {
        "update_id": 5,
        "my_chat_member": {
            "chat": {"id": PERSON, "type": "private"},
            "from": message(1)["message"]["from"],
            "date": 1,
            "old_chat_member": {**MEMBER, "status": "kicked", "until_date": 0},
            "new_chat_member": MEMBER,
        },
    },
    "put out of a group": {
        "update_id": 5,
        "my_chat_member": {
            "chat": {"id": -100, "type": "group", "title": "t"},
            "from": message(1)["message"]["from"],
            "date": 1,
            "old_chat_member": MEMBER,
            "new_chat_member": {**MEMBER, "status": "kicked", "until_date": 0},
        },
    },
    "a kind that nobody knows": {"update_id": 5, "telepathy": {"thought": 1}},
}


@pytest.fixture
def reader() -> Reader:
    commands = Commands({"vista": "Pedir vista", "register": "Criar conta"})
    return Reader(Bot(TOKEN), "123456", commands)


@pytest.mark.parametrize("kind", SILENT)
def test_what_is_not_said_to_the_bot_by_a_person_is_met_with_silence(reader: Reader, kind: str) -> None:
    assert reader.read(SILENT[kind]) == Meaning()


def inbound(reader: Reader, text: str) -> Inbound:
    found = reader.read(message(5, text=text)).inbound
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "words", "topic"),
    [
        ("/start", "/start", "greet"),
        ("/start@guiche_bot", "/start@guiche_bot", "greet"),
        ("/START", "/START", "greet"),
        ("/ajuda", "/ajuda", "help"),
        ("/menu", "/menu", "help"),
        ("/cancelar", "/cancelar", "cancel"),
        ("/start vista", "Pedir vista", "vista"),
        ("/start register", "Criar conta", "register"),
        ("/start restart", "/start restart", "greet"),
        ("/start vista{}", "/start vista{}", "greet"),
        ("/start " + "x" * 65, "/start " + "x" * 65, "greet"),
        ("/restart", "/restart", None),
        ('/vista{"a": 1}', '/vista{"a": 1}', None),
        ("/menu de ontem", "/menu de ontem", None),
        ("oi", "oi", None),
        ("/", "/", None),
    ],
)
def test_commands_and_deep_links_open_what_is_known_and_nothing_else(
    reader: Reader, text: str, words: str, topic: str | None
) -> None:
    found = inbound(reader, text)
    assert (found.text, found.topic, found.button) == (words, topic, None)


async def test_a_deep_link_reaches_the_assistant_as_its_topic(
    open_telegram: OpenTelegram, telegram: Telegram, stand_in: StandIn
) -> None:
    async with open_telegram():
        await telegram.say("/start vista")
        await telegram.expect(1)
        await telegram.say("/start consulta_secreta")
        await telegram.expect(2)
        await telegram.say("/restart")
        await telegram.expect(3)
    asked = [(body["text"], body.get("payload", {}).get("intent")) for body in stand_in.seen]
    assert asked == [("Pedir vista", "vista"), ("/start consulta_secreta", "greet"), ("/restart", None)]


async def test_a_button_that_looks_like_a_topic_is_none(
    open_telegram: OpenTelegram, telegram: Telegram, stand_in: StandIn
) -> None:
    """Only a message may ask for a topic, and only for one of the help center's."""
    async with open_telegram():
        await telegram.say("oi")
        (asked,) = await telegram.expect(1)
        for data in ("topic:vista", "/vista"):
            await telegram.call("press", chat=PERSON, message_id=asked["message_id"], data=data)
        await telegram.expect(3)
    assert [body["text"] for body in stand_in.seen] == ["oi"]


@pytest.mark.parametrize("chat", [{"id": -100, "type": "group", "title": "t"}, {"id": 8, "type": "private"}, None])
def test_a_callback_from_elsewhere_is_only_acknowledged(reader: Reader, chat: dict[str, Any] | None) -> None:
    query: dict[str, Any] = {
        "id": "12",
        "from": {"id": PERSON, "is_bot": False, "first_name": "A"},
        "chat_instance": "1",
        "data": "abc",
    }
    if chat is not None:
        query["message"] = {"message_id": 1, "date": 0, "chat": chat}
    meaning = reader.read({"update_id": 5, "callback_query": query})
    assert meaning.inbound is None
    assert meaning.pressed is not None
    assert meaning.pressed.query == "12"
    assert meaning.pressed.message is None
