"""Whatever is posted to the webhook, with a right signature or without: never a 500."""

from __future__ import annotations

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
from tests.bot.support.serving import free_port
from tests.bot.whatsapp.conftest import APP_SECRET, NUMBER, TOKEN, VERIFY_TOKEN

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
    st.sampled_from(["wamid.1", "5519987650001", "BR.1", "failed", "read", "sent", "x:1", "\x00", "\ud800", "a" * 300]),
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
BODIES = st.one_of(POSTS.map(lambda post: json.dumps(post).encode("utf-8", "surrogatepass")), st.binary(max_size=200))


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
    headers = {"Content-Type": "application/json", "X-Hub-Signature-256": sign(APP_SECRET, body)}
    assert client.post(PATH, content=body, headers=headers).status_code == 200


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
