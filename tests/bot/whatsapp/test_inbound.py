"""Every inbound type of docs/platforms.md, as Meta's webhook reference shows it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.channels.whatsapp.inbound import Event, IdentityChanged, Message, Person, Status, events
from bot.channels.whatsapp.payloads import Unreadable, changes

WA, BSUID = "5519987650001", "BR.1502576394655843"
MEDIA = {"id": "1003383421387256", "mime_type": "image/jpeg", "sha256": "SfInY0gGKTsJlUWbwxC1k+FAD0FZHvzwfpvO0zX0GUI="}
BUTTON = "aB3_-x9ZqW12"


def post(messages: list[dict[str, Any]], **value: Any) -> bytes:
    contacts = [{"profile": {"name": "Ana"}, "wa_id": WA, "user_id": BSUID}]
    content = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": "1"}, "contacts": contacts, **value}
    content["messages"] = [
        {"from": WA, "from_user_id": BSUID, "id": f"wamid.{index}", "timestamp": "1779372805", **message}
        for index, message in enumerate(messages)
    ]
    entry = {"id": "102290129340398", "changes": [{"value": content, "field": "messages"}]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


def read(body: bytes) -> list[Event]:
    return [event for change in changes(body) for event in events(change)]


def only(message: dict[str, Any]) -> Event | None:
    found = read(post([message]))
    assert len(found) <= 1
    return found[0] if found else None


TYPES: dict[str, tuple[dict[str, Any], tuple[str | None, str | None, str | None]]] = {
    # name: message, (text, button, kind)
    "text": ({"type": "text", "text": {"body": "oi, tudo bem?"}}, ("oi, tudo bem?", None, None)),
    "text, a reply to another": (
        {"type": "text", "text": {"body": "sim"}, "context": {"from": "1", "id": "wamid.x"}},
        ("sim", None, None),
    ),
    "text, forwarded": ({"type": "text", "text": {"body": "x"}, "context": {"forwarded": True}}, ("x", None, None)),
    "text, empty": ({"type": "text", "text": {"body": ""}}, ("", None, None)),
    "interactive.button_reply": (
        {
            "type": "interactive",
            "interactive": {"type": "button_reply", "button_reply": {"id": BUTTON, "title": "Passo a passo"}},
        },
        (None, BUTTON, None),
    ),
    "interactive.list_reply": (
        {
            "type": "interactive",
            "interactive": {"type": "list_reply", "list_reply": {"id": BUTTON, "title": "PMP", "description": "x"}},
        },
        (None, BUTTON, None),
    ),
    "interactive.nfm_reply": (
        {
            "type": "interactive",
            "interactive": {"type": "nfm_reply", "nfm_reply": {"response_json": "{}", "body": "Sent", "name": "flow"}},
        },
        (None, None, "other"),
    ),
    "button": ({"type": "button", "button": {"payload": "X", "text": "Quero ver"}}, ("Quero ver", None, None)),
    "image": ({"type": "image", "image": MEDIA}, (None, None, "image")),
    "image with a caption": (
        {"type": "image", "image": {**MEDIA, "caption": "não abre"}},
        ("não abre", None, "image"),
    ),
    "audio": ({"type": "audio", "audio": {**MEDIA, "voice": False}}, (None, None, "voice")),
    "voice": ({"type": "audio", "audio": {**MEDIA, "voice": True}}, (None, None, "voice")),
    "video": ({"type": "video", "video": MEDIA}, (None, None, "video")),
    "document": ({"type": "document", "document": {**MEDIA, "filename": "a.pdf"}}, (None, None, "document")),
    "sticker": ({"type": "sticker", "sticker": {**MEDIA, "animated": False}}, (None, None, "sticker")),
    "location": (
        {"type": "location", "location": {"latitude": -22.7, "longitude": -47.6, "name": "x", "address": "y"}},
        (None, None, "location"),
    ),
    "contacts": ({"type": "contacts", "contacts": [{"name": {"formatted_name": "x"}}]}, (None, None, "contact")),
    "order": ({"type": "order", "order": {"catalog_id": "1", "product_items": []}}, (None, None, "other")),
    "unsupported 131051": (
        {"type": "unsupported", "errors": [{"code": 131051, "title": "Message type unknown"}]},
        (None, None, "other"),
    ),
    "unsupported 131060": ({"type": "unsupported", "errors": [{"code": 131060}]}, (None, None, "other")),
    "a type of the future": ({"type": "hologram", "hologram": {"id": "1"}}, (None, None, "other")),
    "no type": ({}, (None, None, "other")),
    "a text that is not one": ({"type": "text", "text": {"body": 7}}, (None, None, "other")),
}


@pytest.mark.parametrize("name", TYPES)
def test_type(name: str) -> None:
    message, (text, button, kind) = TYPES[name]
    event = only(message)
    assert isinstance(event, Message)
    assert (event.text, event.button, event.kind) == (text, button, kind)
    assert event.person == Person(BSUID, WA)
    assert event.at == 1779372805.0


SILENT = {
    "reaction": {"type": "reaction", "reaction": {"message_id": "wamid.y", "emoji": "👍"}},
    "removed reaction": {"type": "reaction", "reaction": {"message_id": "wamid.y"}},
    "edited message": {"type": "edit", "edit": {}},
    "deleted message": {"type": "revoke", "revoke": {"original_message_id": "wamid.z"}},
    "message of a group": {"type": "text", "text": {"body": "oi"}, "group_id": "Y2FwaV9ncm91cDox"},
    "system, unknown": {"type": "system", "system": {"body": "x", "type": "user_waved"}},
}


@pytest.mark.parametrize("name", SILENT)
def test_silence_after(name: str) -> None:
    assert only(SILENT[name]) is None


@pytest.mark.parametrize("kind", ["user_changed_number", "user_changed_user_id", "customer_identity_changed"])
def test_system_tells_that_the_identity_changed(kind: str) -> None:
    event = only({"type": "system", "system": {"body": "x", "wa_id": "5519900000000", "type": kind}})
    assert event == IdentityChanged(Person(BSUID, WA), 1779372805.0, phone=kind == "user_changed_number")


def test_the_user_id_where_the_phone_is_hidden() -> None:
    body = post([{"type": "text", "text": {"body": "oi"}}], contacts=[{"profile": {"username": "a"}, "user_id": BSUID}])
    body = body.replace(f'"from": "{WA}", '.encode(), b"")
    (event,) = read(body)
    assert isinstance(event, Message)
    assert event.person == Person(BSUID, None)


def test_the_phone_where_there_is_no_user_id() -> None:
    body = post([{"type": "text", "text": {"body": "oi"}}], contacts=[{"profile": {}, "wa_id": WA}])
    (event,) = read(body.replace(f'"from_user_id": "{BSUID}", '.encode(), b""))
    assert isinstance(event, Message)
    assert event.person == Person(None, WA)


def test_the_user_id_of_the_contact_beside_an_older_message() -> None:
    body = post([{"type": "text", "text": {"body": "oi"}}])
    (event,) = read(body.replace(f'"from_user_id": "{BSUID}", '.encode(), b""))
    assert isinstance(event, Message)
    assert event.person == Person(BSUID, WA)


def test_another_phone_s_contact_is_not_taken() -> None:
    body = post(
        [{"type": "text", "text": {"body": "oi"}}], contacts=[{"wa_id": "5519911112222", "user_id": "BR.9"}]
    ).replace(f'"from_user_id": "{BSUID}", '.encode(), b"")
    (event,) = read(body)
    assert isinstance(event, Message)
    assert event.person == Person(None, WA)


def test_several_entries_changes_and_messages_in_one_post_keep_their_order() -> None:
    one = json.loads(post([{"type": "text", "text": {"body": "a"}}, {"type": "text", "text": {"body": "b"}}]))
    two = json.loads(post([{"type": "text", "text": {"body": "c"}}]))
    one["entry"][0]["changes"].append({"field": "account_update", "value": {"messages": [{"id": "no"}]}})
    one["entry"][0]["changes"] += two["entry"][0]["changes"]
    one["entry"] += json.loads(post([{"type": "text", "text": {"body": "d"}}]))["entry"]
    found = read(json.dumps(one).encode())
    assert [event.text for event in found if isinstance(event, Message)] == ["a", "b", "c", "d"]


def test_one_odd_message_hides_no_other() -> None:
    body = post([{"type": "text", "text": {"body": "a"}}, {"type": ["x"], "from": {}, "id": 7}])
    odd = json.loads(body)
    odd["entry"][0]["changes"][0]["value"]["messages"] += ["what", None, 3]
    found = read(json.dumps(odd).encode())
    assert [event.text for event in found if isinstance(event, Message)] == ["a"]


def test_statuses() -> None:
    failed = {"id": "wamid.b", "status": "failed", "errors": [{"code": 131047}], "biz_opaque_callback_data": "x:1"}
    body = post([], statuses=[{"id": "wamid.a", "status": "read", "timestamp": "1"}, failed, {"status": "sent"}, 5])
    assert read(body) == [Status("wamid.a", "read", None, None), Status("wamid.b", "failed", "x:1", 131047)]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"x"', b"\xff", b'{"object": "page", "entry": []}', b"[" * 100_000, b"null"]
)
def test_what_is_no_webhook_of_whatsapp(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read(body)
