"""Whatever is posted to the webhook, with a right signature or without: never a 500."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from bot.app import create_app
from bot.channels.whatsapp.signature import sign
from bot.settings import Settings
from tests.bot.conftest import ROOT
from tests.bot.support.counts import counted
from tests.bot.support.serving import free_port
from tests.bot.whatsapp.conftest import APP_SECRET, NUMBER, TOKEN, VERIFY_TOKEN
from tests.bot.whatsapp.test_inbound import SILENT, TYPES, post

type Json = dict[str, Any]
PATH = "/whatsapp/webhook"
NAMES = st.sampled_from(
    ["from", "from_user_id", "id", "timestamp", "type", "text", "body", "interactive", "button_reply", "list_reply",
     "nfm_reply", "title", "button", "payload", "image", "audio", "caption", "location", "contacts", "reaction",
     "order", "system", "unsupported", "errors", "code", "context", "wa_id", "user_id", "group_id", "status",
     "biz_opaque_callback_data", "user_changed_number"]
)  # fmt: skip
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=60),
    NAMES,
    st.just(str(int(time.time()))),
    st.sampled_from(
        ["wamid.1", "5519987650001", "BR.1", "failed", "read", "sent", "x:1:0/1", "\x00", "\ud800", "a" * 300]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.one_of(NAMES, st.text(max_size=8)), inner)),
    max_leaves=12,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=8)
MESSAGES = OBJECTS.map(lambda found: {"from": "5519987650001", "id": "wamid.F", **found})
VALUE = st.fixed_dictionaries(
    {"metadata": st.one_of(st.just({"phone_number_id": NUMBER}), VALUES)},
    optional={
        "messages": st.one_of(st.lists(MESSAGES, max_size=3), VALUES),
        "statuses": st.one_of(st.lists(OBJECTS, max_size=3), VALUES),
        "contacts": VALUES,
        "errors": VALUES,
    },
)
POSTS = st.one_of(
    st.lists(VALUE, max_size=2).map(
        lambda values: {
            "object": "whatsapp_business_account",
            "entry": [{"changes": [{"field": "messages", "value": value} for value in values]}],
        }
    ),
    VALUES,
    st.fixed_dictionaries({"object": st.just("whatsapp_business_account"), "entry": VALUES}),
)


def real_posts() -> list[Json]:
    """One of each kind that Meta's reference shows (test_inbound.py), to our number and of this hour."""
    now = str(int(time.time()))
    data = {"id": "wamid.s", "timestamp": now, "recipient_id": "5519987650001", "biz_opaque_callback_data": "c:1,2:0/2"}
    failed = {"status": "failed", "errors": [{"code": 131047, "error_data": {"details": "24 hours"}}]}
    told: list[Json] = [{**data, "status": name} for name in ("sent", "delivered", "read", "played")]
    said = [message for message, _ in TYPES.values()]
    system = [
        {"type": "system", "system": {"body": "x", "wa_id": "5519900000000", "type": kind}}
        for kind in ("user_changed_number", "user_changed_user_id")
    ]
    posts: list[Json] = []
    for message in (*said, *SILENT.values(), *system):
        posts.append(json.loads(post([message])))
    for status in (*told, {**data, **failed}):
        posts.append(json.loads(post([], statuses=[status])))
    posts.append(json.loads(post(said[:4], statuses=told)))
    for found in posts:
        value = found["entry"][0]["changes"][0]["value"]
        value["metadata"]["phone_number_id"] = NUMBER
        for message in value["messages"]:
            message["timestamp"] = now
    return posts


REAL = real_posts()


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every field and item in a payload: its container and its key there."""
    inside = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    return [found for key, item in inside for found in [(value, key), *places(item)]]


@st.composite
def mutated(draw: st.DrawFn) -> Json:
    """A real payload with up to four fields changed, taken away or added, or whole parts of it repeated."""
    payload: Json = copy.deepcopy(draw(st.sampled_from(REAL)))
    for _ in range(draw(st.integers(0, 4))):
        known = places(payload)
        if not known:
            break
        holder, key = known[draw(st.integers(0, len(known) - 1))]
        match draw(st.sampled_from(["change", "take away", "add", "repeat"])):
            case "change":
                holder[key] = draw(VALUES)
            case "take away":
                del holder[key]
            case "add" if isinstance(holder, dict):
                holder[draw(NAMES)] = draw(VALUES)
            case _ if isinstance(holder, list):
                holder.append(copy.deepcopy(holder[key]))
    return payload


BODIES = st.one_of(
    st.one_of(mutated(), mutated(), POSTS).map(lambda post: json.dumps(post).encode("utf-8", "surrogatepass")),
    st.binary(max_size=200),
)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder: Path = tmp_path_factory.mktemp("fuzz")
    values: dict[str, Any] = {
        "state_dir": folder,
        "data_dir": ROOT / "data",
        "rasa_secret": "nobody is there",
        "rasa_url": f"http://127.0.0.1:{free_port()}",
        "session_rate": "100000/second",
        "global_rate": "100000/second",
        "whatsapp_token": TOKEN,
        "whatsapp_app_secret": APP_SECRET,
        "whatsapp_verify_token": VERIFY_TOKEN,
        "whatsapp_phone_number_id": NUMBER,
        "whatsapp_api_url": f"http://127.0.0.1:{free_port()}",
    }
    with TestClient(create_app(Settings(**values)), raise_server_exceptions=False) as opened:
        yield opened


@hypothesis_settings(max_examples=2_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=BODIES)
def test_signed(client: TestClient, body: bytes) -> None:
    assert client.post(PATH, content=body, headers=signed(body)).status_code == 200


def signed(body: bytes) -> dict[str, str]:
    return {"Content-Type": "application/json", "X-Hub-Signature-256": sign(APP_SECRET, body)}


def test_what_is_mutated_is_read_when_it_is_whole(client: TestClient) -> None:
    """Else the mutations would be of something that the channel does not look into."""
    received = counted("whatsapp", "received")
    for number, payload in enumerate(REAL):
        for message in payload["entry"][0]["changes"][0]["value"]["messages"]:
            message["id"] = f"{message['id']}.{number}"
        body = json.dumps(payload).encode()
        assert client.post(PATH, content=body, headers=signed(body)).status_code == 200
    assert counted("whatsapp", "received") - received == len(TYPES) + 4


HEADERS = st.dictionaries(
    st.sampled_from(["X-Hub-Signature-256", "Content-Type", "Content-Length", "X-Other"]),
    st.one_of(st.sampled_from(["application/json", "sha256=", "-1", "9" * 20, "x"]), st.text(max_size=40)).map(
        lambda value: value.encode("utf-8", "ignore").replace(b"\r", b"").replace(b"\n", b"")
    ),
)


@hypothesis_settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=st.binary(max_size=100), headers=HEADERS, query=st.dictionaries(st.text(max_size=16), st.text(max_size=16)))
def test_unsigned(client: TestClient, body: bytes, headers: dict[str, bytes], query: dict[str, str]) -> None:
    raw = {name.encode(): value for name, value in headers.items()}
    assert client.post(PATH, content=body, headers=raw).status_code in (403, 413, 415)
    assert client.get(PATH, params=query).status_code == 403
