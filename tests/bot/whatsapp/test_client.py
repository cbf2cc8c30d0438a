"""The client against the fake Cloud API, over real connections: what was surely not sent, and what nobody knows."""

from __future__ import annotations

import httpx
import pytest

from bot.channels.whatsapp import client as module
from bot.channels.whatsapp.client import Busy, CloudApi, MaybeSent, Rejected
from bot.channels.whatsapp.errors import NAMES, Meaning, harmless, meaning, name
from tests.bot.support.serving import free_port
from tests.bot.whatsapp.conftest import NUMBER, TOKEN, Meta

WA = "5519987650001"
HELLO = {"to": WA, "type": "text", "text": {"body": "oi"}}


@pytest.fixture(autouse=True)
def somebody_wrote(meta: Meta) -> None:
    meta.fake.number.person(WA, None).last_inbound = 4_000_000_000.0


async def test_a_message_is_accepted_and_named(api: CloudApi, meta: Meta) -> None:
    wamid = await api.send(HELLO)
    assert wamid.startswith("wamid.")
    assert meta.sent() == [{"messaging_product": "whatsapp", "recipient_type": "individual", **HELLO}]


async def test_read_and_typing(api: CloudApi, meta: Meta) -> None:
    await api.mark_read("wamid.x", typing=True)
    assert meta.fake.requests[-1]["typing_indicator"] == {"type": "text"}
    await api.mark_read("wamid.y", typing=False)
    assert "typing_indicator" not in meta.fake.requests[-1]
    assert meta.fake.number.read == ["wamid.x", "wamid.y"]


MEANINGS = {
    # code -> what happens with the message
    0: Meaning.TOKEN,
    190: Meaning.TOKEN,
    3: Meaning.NEVER,
    10: Meaning.NEVER,
    200: Meaning.NEVER,
    299: Meaning.NEVER,
    4: Meaning.THROTTLED,
    80007: Meaning.THROTTLED,
    130429: Meaning.THROTTLED,
    133016: Meaning.THROTTLED,
    131048: Meaning.NEVER,
    131064: Meaning.NEVER,
    131056: Meaning.PAIR,
    131000: Meaning.TRANSIENT,
    131016: Meaning.TRANSIENT,
    131008: Meaning.NEVER,
    131009: Meaning.NEVER,
    131021: Meaning.NEVER,
    131026: Meaning.NEVER,
    131030: Meaning.NEVER,
    131031: Meaning.NEVER,
    368: Meaning.NEVER,
    131037: Meaning.NEVER,
    131042: Meaning.NEVER,
    131047: Meaning.NEVER,
    131049: Meaning.NEVER,
    131050: Meaning.NEVER,
    131051: Meaning.NEVER,
    131052: Meaning.NEVER,
    131053: Meaning.NEVER,
    131057: Meaning.NEVER,
    131062: Meaning.NEVER,
    **dict.fromkeys((132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016), Meaning.NEVER),
    424242: Meaning.NEVER,
}


@pytest.mark.parametrize("code", MEANINGS)
async def test_error_code(code: int, api: CloudApi, meta: Meta) -> None:
    await meta.fault("error", code=code)
    with pytest.raises(Rejected) as caught:
        await api.send(HELLO)
    assert caught.value.code == code
    assert meaning(code) is MEANINGS[code]
    assert name(code).endswith(f"_{code}")
    assert meta.sent() == []


def test_every_code_that_has_a_name_is_in_the_table() -> None:
    assert set(NAMES) <= set(MEANINGS)


@pytest.mark.parametrize("status", [500, 503])
async def test_5xx_may_be_tried_again(status: int, api: CloudApi, meta: Meta) -> None:
    await meta.fault("status", status=status)
    with pytest.raises(Busy) as caught:
        await api.send(HELLO)
    assert not caught.value.throttled


@pytest.mark.parametrize("status", [502, 504])
async def test_a_gateway_that_lost_the_answer_leaves_it_open(status: int, api: CloudApi, meta: Meta) -> None:
    await meta.fault("status", status=status)
    with pytest.raises(MaybeSent):
        await api.send(HELLO)


async def test_429_without_a_code(api: CloudApi, meta: Meta) -> None:
    await meta.fault("status", status=429, retry_after=7)
    with pytest.raises(Busy) as caught:
        await api.send(HELLO)
    assert (caught.value.throttled, caught.value.retry_after) == (True, 7.0)


@pytest.mark.parametrize("status", [400, 403, 404])
async def test_a_refusal_without_a_code(status: int, api: CloudApi, meta: Meta) -> None:
    await meta.fault("status", status=status)
    with pytest.raises(Rejected) as caught:
        await api.send(HELLO)
    assert meaning(caught.value.code) is Meaning.NEVER


async def test_401_is_the_token_also_without_a_code(api: CloudApi, meta: Meta) -> None:
    await meta.fault("status", status=401)
    with pytest.raises(Rejected) as caught:
        await api.send(HELLO)
    assert meaning(caught.value.code) is Meaning.TOKEN


@pytest.mark.parametrize("kind", ["reset", "accept_then_reset", "accept_then_nonsense"])
async def test_an_answer_that_was_lost_leaves_it_open(kind: str, api: CloudApi, meta: Meta) -> None:
    await meta.fault(kind)
    with pytest.raises(MaybeSent):
        await api.send(HELLO)


@pytest.mark.parametrize("kind", ["hang", "accept_then_hang"])
async def test_a_time_out_leaves_it_open(kind: str, meta: Meta, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.3)
    await meta.fault(kind)
    async with CloudApi(TOKEN, NUMBER, url=meta.url, version="v26.0") as api:
        with pytest.raises(MaybeSent):
            await api.send(HELLO)


async def test_nobody_there_was_surely_not_sent() -> None:
    async with CloudApi(TOKEN, NUMBER, url=f"http://127.0.0.1:{free_port()}", version="v26.0") as api:
        with pytest.raises(Busy):
            await api.send(HELLO)


async def test_the_token_can_be_tried_without_sending(api: CloudApi, meta: Meta) -> None:
    assert await api.token_works() is True
    meta.fake.token_valid = False
    assert await api.token_works() is False
    with pytest.raises(Rejected):
        await api.send(HELLO)


async def test_a_provider_s_address_and_header(meta: Meta) -> None:
    async with CloudApi(
        "key", NUMBER, url="https://waba.example/v1/messages", version="v26.0", auth_header="D360-API-KEY"
    ) as api:
        request = api._http.build_request("POST", api._messages)
        assert str(request.url) == "https://waba.example/v1/messages"
        assert request.headers["d360-api-key"] == "key"
        assert "authorization" not in request.headers
        assert await api.token_works() is None


@pytest.mark.parametrize(
    ("details", "told"),
    [
        ("Recipient phone number not in allowed list", "Recipient phone number not in allowed list"),
        ("Param text['body'] must be at most 4096 characters", "Param text…] must be at most 4096 characters"),
        ('(#100) Invalid value: "meu CPF é 111.444.777-35"', "… Invalid value: …"),
        ("not closed: 'and so on", "not closed: …"),
        ("The user's number +5519987650001 or ana@exemplo.br", "The user's number … or …"),
        ("x " * 200, ("x " * 80).strip()),
        (None, ""),
        (7, ""),
    ],
)
def test_what_meta_explains_is_made_harmless(details: object, told: str) -> None:
    assert harmless(details).strip() == told


async def test_version_and_address_are_settings(meta: Meta) -> None:
    async with CloudApi(TOKEN, NUMBER, url=meta.url + "/", version="v25.0") as api:
        assert str(httpx.URL(api._messages)) == f"{meta.url}/v25.0/{NUMBER}/messages"
        assert api._http.headers["authorization"] == f"Bearer {TOKEN}"
