"""The webhook: who may post, what is stored once, who is who."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.responses import JSONResponse

from bot.app import create_app
from bot.channels.whatsapp import limits
from bot.channels.whatsapp.marks import to_whatsapp
from bot.channels.whatsapp.signature import sign
from bot.desk import FrontDesk
from bot.messages import LoginOffer
from bot.settings import SettingsError
from bot.store import StoreUnavailable, logins
from bot.store.retention import delete_old
from sandbox.whatsapp.webhooks import Webhooks
from tests.bot.conftest import MakeSettings, OpenDesk
from tests.bot.support.assistant import StandIn
from tests.bot.support.serving import DEADLINE, until
from tests.bot.whatsapp.conftest import APP_SECRET, NUMBER, VERIFY_TOKEN, Meta, body_of
from tests.bot.whatsapp.front_desk import Book, settings

PATH = "/whatsapp/webhook"
WA, OTHER = "5519987650001", "5519987650002"


@pytest.fixture
async def desk(open_desk: OpenDesk, meta: Meta) -> AsyncIterator[FrontDesk]:
    async with open_desk(meta.port, **settings(meta)) as (_, opened):
        yield opened


@pytest.fixture
async def http(desk: FrontDesk, meta: Meta) -> AsyncIterator[httpx.AsyncClient]:
    url = f"http://127.0.0.1:{meta.port}"
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=DEADLINE) as client:
        yield client


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return Book(tmp_path / "state" / "guiche.db")


def a_post(**changes: Any) -> bytes:
    message = {"from": WA, "id": "wamid.A", "timestamp": str(int(time.time())), "type": "text", "text": {"body": "oi"}}
    value = {"metadata": {"phone_number_id": NUMBER}, "messages": [message], **changes}
    entry = {"id": "1", "changes": [{"field": "messages", "value": value}]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


def signed(body: bytes, secret: str = APP_SECRET) -> dict[str, str]:
    return {"Content-Type": "application/json", "X-Hub-Signature-256": sign(secret, body)}


# Setting it up


async def test_meta_verifies_the_webhook(desk: FrontDesk, meta: Meta) -> None:
    assert await Webhooks(meta.fake.account.webhook_url, APP_SECRET, NUMBER).verify(VERIFY_TOKEN)


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"hub.mode": "subscribe", "hub.verify_token": "wrong", "hub.challenge": "1"},
        {"hub.mode": "subscribe", "hub.verify_token": "é", "hub.challenge": "1"},
        {"hub.mode": "unsubscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "1"},
        {"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN},
    ],
)
async def test_nobody_else_verifies_it(query: dict[str, str], http: httpx.AsyncClient) -> None:
    answer = await http.get(PATH, params=query)
    assert answer.status_code == 403
    assert "1" not in answer.text


async def test_without_settings_there_is_no_channel(desk_url: str) -> None:
    async with httpx.AsyncClient(base_url=desk_url, trust_env=False) as client:
        assert (await client.get(PATH)).status_code == 404
        assert (await client.post(PATH)).status_code == 404


@pytest.mark.parametrize("missing", ["token", "app_secret", "verify_token", "phone_number_id"])
def test_half_configured_is_refused(missing: str, make_settings: MakeSettings, meta: Meta) -> None:
    with pytest.raises(SettingsError, match=f"GUICHE_WHATSAPP_{missing.upper()}"):
        create_app(make_settings(**settings(meta, **{f"whatsapp_{missing}": None})))


# Who may post


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "application/json"}, 403),
        ({**signed(a_post()), "X-Hub-Signature-256": ""}, 403),
        ({**signed(a_post()), "X-Hub-Signature-256": "sha256=" + "0" * 64}, 403),
        ({**signed(a_post()), "X-Hub-Signature-256": signed(a_post())["X-Hub-Signature-256"].upper()}, 403),
        ({**signed(a_post()), "X-Hub-Signature-256": signed(a_post())["X-Hub-Signature-256"][7:]}, 403),
        ({**signed(a_post()), "X-Hub-Signature-256": "sha256=é"}, 403),
        (signed(a_post(), "another secret"), 403),
        (signed(a_post() + b" "), 403),
        ({**signed(a_post()), "Content-Type": "text/plain"}, 415),
    ],
)
async def test_who_is_not_meta_is_refused(
    headers: dict[str, str], status: int, http: httpx.AsyncClient, book: Book
) -> None:
    raw = {name: value.encode() for name, value in headers.items()}
    assert (await http.post(PATH, content=a_post(), headers=raw)).status_code == status
    assert book.rows("SELECT * FROM inbox") == []


async def test_the_signature_is_of_the_raw_body(http: httpx.AsyncClient, book: Book) -> None:
    body = json.dumps(json.loads(a_post().replace(b'"oi"', '"açúcar 😀"'.encode())), indent=3).encode()
    assert (await http.post(PATH, content=body, headers=signed(body))).status_code == 200
    assert len(book.rows("SELECT * FROM inbox")) == 1


async def test_too_large_is_refused_before_it_is_read(http: httpx.AsyncClient) -> None:
    body = b"x" * (limits.WEBHOOK_BYTES + 1)
    assert (await http.post(PATH, content=body, headers=signed(body))).status_code == 413


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"object": "instagram"}', b"\xff\xfe"])
async def test_what_cannot_be_read_is_a_dead_letter_and_not_asked_for_again(
    body: bytes, http: httpx.AsyncClient, book: Book
) -> None:
    for _ in range(2):
        assert (await http.post(PATH, content=body, headers=signed(body))).status_code == 200
    (letter,) = book.rows("SELECT * FROM dead_letters")
    assert (letter["kind"], letter["conversation"], letter["reason"]) == ("unread", "whatsapp", "Unreadable")


async def test_another_number_s_messages_are_not_ours(http: httpx.AsyncClient, book: Book) -> None:
    body = a_post(metadata={"phone_number_id": "999"})
    assert (await http.post(PATH, content=body, headers=signed(body))).status_code == 200
    assert book.rows("SELECT * FROM inbox") == []


async def test_what_cannot_be_stored_is_posted_again(
    http: httpx.AsyncClient, desk: FrontDesk, meta: Meta, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: object, **__: object) -> None:
        raise StoreUnavailable("locked")

    with monkeypatch.context() as patched:
        patched.setattr(desk.store.database, "write", gone)
        body = a_post()
        assert (await http.post(PATH, content=body, headers=signed(body))).status_code == 503
        await meta.say("oi")
    await until(lambda: meta.texts(WA))
    assert meta.texts(WA)[0].endswith("1: oi")


# Once, in order


async def test_a_message_is_answered(desk: FrontDesk, meta: Meta) -> None:
    wamid = await meta.say("oi")
    await until(lambda: meta.sent(WA))
    (message,) = meta.sent(WA)
    assert message["to"] == WA
    assert body_of(message).endswith("1: oi")
    assert meta.fake.number.read == [wamid]


async def test_a_second_delivery_is_not_answered_again(desk: FrontDesk, meta: Meta, stand_in: StandIn) -> None:
    posted = [meta.say("oi", id="wamid.SAME") for _ in range(5)]
    await asyncio.gather(*posted)
    await meta.say("tchau")
    await until(lambda: len(meta.sent(WA)) == 2)
    assert [body["text"] for body in stand_in.seen] == ["oi", "tchau"]


async def test_one_post_with_many_messages_of_many_people(desk: FrontDesk, meta: Meta) -> None:
    people = [f"55199876500{number:02d}" for number in range(6)]
    now = str(int(time.time()))
    entries = []
    for person in people:
        meta.fake.number.person(person, None).last_inbound = time.time()
        messages = [
            {"from": person, "id": f"wamid.{person}.{n}", "timestamp": now, "type": "text", "text": {"body": f"m{n}"}}
            for n in range(3)
        ]
        value = {"metadata": {"phone_number_id": NUMBER}, "messages": messages}
        entries.append({"id": "1", "changes": [{"field": "messages", "value": value}]})
    assert await meta.post({"object": "whatsapp_business_account", "entry": entries}) == 200
    await until(lambda: len(meta.sent()) == 18)
    for person in people:
        assert [text.split("\n")[-1] for text in meta.texts(person)] == ["1: m0", "2: m1", "3: m2"]


async def test_a_burst_while_the_first_is_being_answered_is_answered_in_order(
    desk: FrontDesk, meta: Meta, stand_in: StandIn
) -> None:
    stand_in.hold = asyncio.Event()
    for number in range(6):
        await meta.say(f"m{number}")
    stand_in.hold.set()
    await until(lambda: len(meta.sent(WA)) == 6)
    assert [text.split("\n")[-1] for text in meta.texts(WA)] == [f"{n + 1}: m{n}" for n in range(6)]


async def test_what_is_older_than_a_day_is_ignored(desk: FrontDesk, meta: Meta, stand_in: StandIn) -> None:
    await meta.say("velha", at=time.time() - 86_401)
    await meta.say("nova", at=time.time() - 86_000)
    await until(lambda: meta.sent(WA))
    assert [body["text"] for body in stand_in.seen] == ["nova"]


async def test_who_sends_too_much_is_told_once(open_desk: OpenDesk, meta: Meta, stand_in: StandIn) -> None:
    async with open_desk(meta.port, **settings(meta), session_rate="3/day") as (_, desk):
        for number in range(8):
            await meta.say(f"m{number}")
        await until(lambda: len(meta.sent(WA)) == 4)
        assert len(stand_in.seen) == 3
        assert desk.sentences.errors.too_many in meta.texts(WA)


async def test_when_all_together_send_too_much_each_is_told_once(
    open_desk: OpenDesk, meta: Meta, stand_in: StandIn
) -> None:
    async with open_desk(meta.port, **settings(meta), global_rate="2/day") as (_, desk):
        for number in range(4):
            await meta.say(f"m{number}")
        await meta.say("oi", OTHER)
        await until(lambda: meta.texts(OTHER) == [desk.sentences.errors.too_busy])
        await until(lambda: len(meta.sent(WA)) == 3)
        assert len(stand_in.seen) == 2


async def test_a_second_delivery_counts_against_nobody(open_desk: OpenDesk, meta: Meta, stand_in: StandIn) -> None:
    async with open_desk(meta.port, **settings(meta), session_rate="2/day"):
        for _ in range(6):
            await meta.say("oi", id="wamid.SAME")
        await meta.say("tchau")
        await until(lambda: len(meta.sent(WA)) == 2)
        assert [body["text"] for body in stand_in.seen] == ["oi", "tchau"]


async def test_what_waited_while_the_desk_was_away_is_answered_whole(
    open_desk: OpenDesk, meta: Meta, stand_in: StandIn
) -> None:
    """Written one each five seconds, and posted all at once: nobody was too fast."""
    now = time.time()
    async with open_desk(meta.port, **settings(meta), session_rate="10/second;90/minute", global_rate="10/second"):
        for number in range(13):
            await meta.say(f"m{number}", at=now - 300 + 5 * number)
        await until(lambda: len(stand_in.seen) == 13)
        await until(lambda: len(meta.sent(WA)) == 13)
        assert all(": m" in said for said in meta.texts(WA))


async def test_what_was_written_too_fast_is_refused_also_when_it_waited(
    open_desk: OpenDesk, meta: Meta, stand_in: StandIn
) -> None:
    at = int(time.time()) - 300
    async with open_desk(meta.port, **settings(meta), session_rate="3/minute") as (_, desk):
        for number in range(5):
            await meta.say(f"m{number}", at=at)
        await until(lambda: len(meta.sent(WA)) == 4)
        assert len(stand_in.seen) == 3
        assert desk.sentences.errors.too_many in meta.texts(WA)


# Who is who


async def test_a_person_without_a_phone_is_answered_by_user_id(desk: FrontDesk, meta: Meta) -> None:
    await meta.say("oi", wa_id=None, user_id="BR.1502576394655843")
    await until(meta.sent)
    (message,) = meta.sent()
    assert message["recipient"] == "BR.1502576394655843"
    assert "to" not in message


async def test_the_conversation_goes_on_when_the_user_id_becomes_known(
    desk: FrontDesk, meta: Meta, http: httpx.AsyncClient
) -> None:
    meta.fake.number.person(WA, "BR.1").last_inbound = time.time()
    await _post(http, wa_id=WA, bsuid=None, text="m0")
    await _post(http, wa_id=WA, bsuid="BR.1", text="m1")
    await _post(http, wa_id=None, bsuid="BR.1", text="m2")
    await until(lambda: len(meta.sent()) == 3)
    assert [text.split("\n")[-1] for text in meta.texts()] == ["1: m0", "2: m1", "3: m2"]
    assert [message.get("to") for message in meta.sent()] == [WA] * 3


async def test_two_names_that_turn_out_to_be_one_person_are_merged(
    desk: FrontDesk, meta: Meta, http: httpx.AsyncClient, book: Book
) -> None:
    meta.fake.number.person(WA, "BR.1").last_inbound = time.time()
    await _post(http, wa_id=WA, bsuid=None, text="m0")
    await _post(http, wa_id=None, bsuid="BR.1", text="n0")
    await until(lambda: len(meta.sent()) == 2)
    await _post(http, wa_id=WA, bsuid="BR.1", text="n1")
    await _post(http, wa_id=WA, bsuid=None, text="n2")
    await until(lambda: len(meta.sent()) == 4)
    assert [text.split("\n")[-1] for text in meta.texts()][2:] == ["2: n1", "3: n2"]
    assert book.rows("SELECT key, bsuid, wa_id, merged_into FROM whatsapp_people ORDER BY key") == [
        {"key": WA, "bsuid": None, "wa_id": None, "merged_into": "BR.1"},
        {"key": "BR.1", "bsuid": "BR.1", "wa_id": WA, "merged_into": None},
    ]


async def test_a_phone_that_comes_with_another_user_id_has_another_owner(
    desk: FrontDesk, meta: Meta, http: httpx.AsyncClient, book: Book
) -> None:
    """Nothing of the first owner's conversation goes on, and what was linked to it is not any more."""
    meta.fake.number.person(WA, "BR.1").last_inbound = time.time()
    await _post(http, wa_id=WA, bsuid="BR.1", text="m0")
    await until(lambda: len(meta.sent()) == 1)
    (conversation,) = book.rows("SELECT id FROM conversations")
    await desk.sessions.create(conversation["id"], "11144477735", "Ana", 600)
    meta.fake.number.person(None, "BR.2").last_inbound = time.time()
    meta.fake.number.people[-1].wa_id = WA
    meta.fake.number.people[0].wa_id = None
    await _post(http, wa_id=WA, bsuid="BR.2", text="n0")
    await until(lambda: len(meta.sent()) == 2)
    assert meta.texts()[-1].endswith("1: n0")
    assert book.rows("SELECT * FROM citizen_sessions") == []


@pytest.mark.parametrize("kind", ["user_changed_number", "user_changed_user_id"])
async def test_a_system_notice_ends_what_was_linked_and_says_nothing(
    kind: str, desk: FrontDesk, meta: Meta, book: Book
) -> None:
    await meta.say("oi")
    await until(meta.sent)
    (conversation,) = book.rows("SELECT id FROM conversations")
    await desk.sessions.create(conversation["id"], "11144477735", "Ana", 600)
    offer = LoginOffer("digest", "list_pendencies", "sealed", 600)
    await desk.store.database.write(
        lambda connection: logins.create(connection, conversation["id"], "whatsapp", offer, time.time())
    )
    await meta.send({"type": "system", "system": {"type": kind, "body": "x", "wa_id": "5519900000000"}})
    assert book.rows("SELECT * FROM citizen_sessions") == []
    (attempt,) = book.rows("SELECT status, reason, question FROM login_attempts")
    assert attempt == {"status": "ended", "reason": "changed", "question": None}
    assert len(book.rows("SELECT * FROM inbox")) == 1


async def test_names_are_forgotten_with_the_conversation(desk: FrontDesk, meta: Meta, book: Book) -> None:
    await meta.say("oi")
    await until(lambda: book.statuses() == ["delivered"])
    await desk.store.database.write(lambda connection: delete_old(connection, time.time() + 60, 100))
    assert book.rows("SELECT * FROM whatsapp_people") == book.rows("SELECT * FROM conversations") == []


async def _post(http: httpx.AsyncClient, *, wa_id: str | None, bsuid: str | None, text: str) -> None:
    message = {"id": f"wamid.{text}", "timestamp": str(int(time.time())), "type": "text", "text": {"body": text}}
    message |= {"from": wa_id} if wa_id else {}
    message |= {"from_user_id": bsuid} if bsuid else {}
    body = a_post(messages=[message])
    assert (await http.post(PATH, content=body, headers=signed(body))).status_code == 200


# What is not text

MEDIA: dict[str, dict[str, Any]] = {
    "voice": {"type": "audio", "audio": {"id": "1", "mime_type": "audio/ogg", "voice": True}},
    "image": {"type": "image", "image": {"id": "1", "mime_type": "image/jpeg"}},
    "video": {"type": "video", "video": {"id": "1", "mime_type": "video/mp4"}},
    "document": {"type": "document", "document": {"id": "1", "filename": "a.pdf"}},
    "sticker": {"type": "sticker", "sticker": {"id": "1"}},
    "location": {"type": "location", "location": {"latitude": -22.7, "longitude": -47.6}},
    "contact": {"type": "contacts", "contacts": [{"name": {"formatted_name": "x"}}]},
    "unsupported": {"type": "unsupported", "errors": [{"code": 131051}]},
    "order": {"type": "order", "order": {"catalog_id": "1", "product_items": []}},
    "form": {
        "type": "interactive",
        "interactive": {"type": "nfm_reply", "nfm_reply": {"response_json": "{}", "body": "Sent", "name": "flow"}},
    },
    "hologram": {"type": "hologram", "hologram": {"id": "1"}},
}


@pytest.mark.parametrize("kind", MEDIA)
async def test_is_answered_with_a_way_forward(kind: str, desk: FrontDesk, meta: Meta, stand_in: StandIn) -> None:
    await meta.send(MEDIA[kind])
    await until(lambda: meta.sent(WA))
    said = desk.sentences.about_media(kind)  # of what has no sentence of its own: the one for "other"
    assert meta.texts(WA)[0].endswith(to_whatsapp(said))
    assert stand_in.seen == []


async def test_a_template_s_button_says_its_words(desk: FrontDesk, meta: Meta, stand_in: StandIn) -> None:
    await meta.send({"type": "button", "button": {"payload": "X", "text": "Quero ver"}})
    await until(lambda: meta.texts(WA) and meta.texts(WA)[0].endswith("1: Quero ver"))
    assert stand_in.seen[0].get("payload") is None


async def test_a_button_that_is_pressed_much_later_says_that_it_expired(
    desk: FrontDesk, meta: Meta, stand_in: StandIn, book: Book
) -> None:
    buttons = [{"title": "Sim", "payload": {"intent": "affirm", "entities": {}}}]
    stand_in.script = lambda body: JSONResponse(StandIn.answer(body, text="Quer?", buttons=buttons))
    await meta.say("oi")
    await until(lambda: meta.sent(WA))
    reply = meta.sent(WA)[0]["interactive"]["action"]["buttons"][0]["reply"]
    book.change("UPDATE buttons SET created_at = created_at - 31 * 86400")
    await meta.send({"type": "interactive", "interactive": {"type": "button_reply", "button_reply": reply}})
    await until(lambda: meta.texts(WA)[1:] == [to_whatsapp(desk.sentences.button_expired)])
    assert len(stand_in.seen) == 1


async def test_a_caption_is_answered(desk: FrontDesk, meta: Meta, stand_in: StandIn) -> None:
    await meta.send({"type": "image", "image": {"id": "1", "caption": "não abre"}})
    await until(lambda: meta.sent(WA))
    assert desk.sentences.media.caption in meta.texts(WA)[0]
    assert meta.texts(WA)[0].endswith("1: não abre")


async def test_a_sticker_in_a_conversation_is_no_question(desk: FrontDesk, meta: Meta) -> None:
    """Each answer is billed, and a sticker after an answer is a thank-you."""
    await meta.say("oi")
    await until(lambda: len(meta.sent(WA)) == 1)
    await meta.send(MEDIA["sticker"])
    await meta.say("e agora?")
    await until(lambda: len(meta.sent(WA)) == 2)
    assert meta.texts(WA)[-1] == "2: e agora?"


async def test_a_reaction_gets_silence(desk: FrontDesk, meta: Meta, book: Book) -> None:
    for reaction in ({"message_id": "wamid.x", "emoji": "👍"}, {"message_id": "wamid.x"}):
        await meta.send({"type": "reaction", "reaction": reaction})
    await meta.say("oi")
    await until(lambda: meta.sent(WA))
    assert len(book.rows("SELECT * FROM inbox")) == 1


async def test_a_cpf_is_neither_needed_nor_kept(desk: FrontDesk, meta: Meta, stand_in: StandIn, book: Book) -> None:
    await meta.say("meu cpf é 111.444.777-35, e agora?")
    await until(lambda: meta.sent(WA))
    said = meta.texts(WA)[0]
    assert desk.sentences.redacted.document in said
    assert desk.sentences.redacted.still_in_app in said
    assert "111.444" not in json.dumps([stand_in.seen, book.rows("SELECT * FROM inbox"), book.replies()])


async def test_a_text_of_more_than_a_thousand_characters_is_handled_and_said(desk: FrontDesk, meta: Meta) -> None:
    await meta.say("x" * 70_000)
    await until(lambda: meta.sent(WA))
    assert "mais de 1.000 caracteres" in meta.texts(WA)[0]
