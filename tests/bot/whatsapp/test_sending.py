"""What becomes of an answer on its way: accepted, refused, put off, or of unknown outcome; statuses in any order."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.responses import JSONResponse
from structlog.testing import capture_logs

from bot import metrics
from bot.channels.whatsapp import limits, sender
from bot.channels.whatsapp.callback import Carried, carried
from bot.channels.whatsapp.errors import name
from bot.channels.whatsapp.marks import to_whatsapp
from bot.desk import FrontDesk
from bot.markdown import to_plain
from bot.store.dead_letters import Name, retry
from tests.bot.conftest import OpenDesk
from tests.bot.support.assistant import StandIn
from tests.bot.support.browser import Browser
from tests.bot.support.serving import until
from tests.bot.whatsapp.conftest import Meta, body_of
from tests.bot.whatsapp.front_desk import Book, settings

WA, OTHER = "5519987650001", "5519987650002"


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return Book(tmp_path / "state" / "guiche.db")


@pytest.fixture
async def desk(open_desk: OpenDesk, meta: Meta) -> AsyncIterator[FrontDesk]:
    changes = settings(meta, whatsapp_probe_seconds=0.5, uncertain_seconds=1.0)
    async with open_desk(meta.port, **changes) as (_, opened):
        yield opened


# Through a solution provider


@pytest.mark.parametrize("whole", [True, False], ids=["address of its own", "Meta's paths"])
async def test_address_version_and_header_are_the_provider_s(open_desk: OpenDesk, meta: Meta, whole: bool) -> None:
    """The stand-in refuses another header, a token that is put otherwise in it, and another version."""
    account = replace(meta.fake.account, auth_header="D360-API-KEY", version="v25.0")
    meta.fake.account = account
    url = f"{meta.url}/v25.0/{account.phone_number_id}/messages" if whole else meta.url
    own = {"whatsapp_api_url": url, "whatsapp_api_version": "v25.0", "whatsapp_auth_header": "D360-API-KEY"}
    async with open_desk(meta.port, **settings(meta, **own)):
        await meta.say("oi")
        await until(lambda: meta.sent(WA))
        await until(lambda: meta.fake.number.read)


@pytest.mark.parametrize(
    "other", [{"whatsapp_api_version": "v24.0"}, {"whatsapp_auth_header": "X-Key"}, {"whatsapp_token": "another"}]
)
async def test_the_stand_in_takes_no_other(open_desk: OpenDesk, meta: Meta, book: Book, other: dict[str, str]) -> None:
    async with open_desk(meta.port, **settings(meta, **other)):
        await meta.say("oi")
        await until(lambda: [row for row in book.replies() if row["error"]])
        assert meta.sent() == []


async def test_how_fast_the_number_may_send_is_a_setting(open_desk: OpenDesk, meta: Meta) -> None:
    """20 a second where the app is used beside it, 1,000 after an upgrade: the fourth waits for three places."""
    async with open_desk(meta.port, **settings(meta), whatsapp_messages_per_second=2):
        started = asyncio.get_running_loop().time()
        for number in range(4):
            await meta.say("oi", f"551998765002{number}")
        await until(lambda: len(meta.sent()) == 4)
        assert asyncio.get_running_loop().time() - started >= 1.5


# One bubble, with its buttons


def offer(stand_in: StandIn, text: str, *titles: str) -> None:
    buttons = [{"title": title, "payload": {"intent": "sign", "entities": {"n": title}}} for title in titles]

    def script(body: dict[str, object]) -> JSONResponse | None:
        if body["text"] != "menu":
            return None
        return JSONResponse(StandIn.answer(body, text=text, buttons=buttons))

    stand_in.script = script


async def test_a_reply_button_says_what_it_means(desk: FrontDesk, meta: Meta, stand_in: StandIn) -> None:
    offer(stand_in, "Escolha:", "Assinar", "Outro")
    await meta.say("menu")
    await until(lambda: meta.sent(WA))
    interactive = meta.sent(WA)[0]["interactive"]
    assert interactive["type"] == "button"
    reply = interactive["action"]["buttons"][1]["reply"]
    await meta.send({"type": "interactive", "interactive": {"type": "button_reply", "button_reply": reply}})
    await until(lambda: len(meta.sent(WA)) == 2)
    assert stand_in.seen[-1]["payload"] == {"intent": "sign", "entities": {"n": "Outro"}}


async def test_a_list_row_says_what_it_means(desk: FrontDesk, meta: Meta, stand_in: StandIn) -> None:
    offer(stand_in, "Escolha:", *(f"Assunto {number}" for number in range(6)))
    await meta.say("menu")
    await until(lambda: meta.sent(WA))
    row = meta.sent(WA)[0]["interactive"]["action"]["sections"][0]["rows"][4]
    await meta.send({"type": "interactive", "interactive": {"type": "list_reply", "list_reply": row}})
    await until(lambda: len(meta.sent(WA)) == 2)
    assert stand_in.seen[-1]["payload"]["entities"] == {"n": "Assunto 4"}


async def test_a_typed_number_says_what_it_means(desk: FrontDesk, meta: Meta, stand_in: StandIn) -> None:
    offer(stand_in, "Escolha. " * 200, "Assinar", "Outro")
    await meta.say("menu")
    await until(lambda: meta.sent(WA))
    assert meta.texts(WA)[0].endswith("1. Assinar\n2. Outro")
    await meta.say("2")
    await until(lambda: len(meta.sent(WA)) == 2)
    assert stand_in.seen[-1]["payload"]["entities"] == {"n": "Outro"}


async def test_a_button_of_another_conversation_is_not_one(desk: FrontDesk, meta: Meta, stand_in: StandIn) -> None:
    offer(stand_in, "Escolha:", "Assinar")
    await meta.say("menu")
    await until(lambda: meta.sent(WA))
    reply = meta.sent(WA)[0]["interactive"]["action"]["buttons"][0]["reply"]
    stolen = {"type": "interactive", "interactive": {"type": "button_reply", "button_reply": reply}}
    await meta.send(stolen, OTHER)
    await until(lambda: meta.sent(OTHER))
    assert to_plain(desk.sentences.button_unknown) in meta.texts(OTHER)[0].replace("*", "")
    assert len(stand_in.seen) == 1


async def test_a_very_long_answer_is_several_messages(desk: FrontDesk, meta: Meta, stand_in: StandIn) -> None:
    long = "\n\n".join(f"Parágrafo {number}. " + "palavra " * 40 for number in range(30))
    offer(stand_in, long, "Assinar")
    await meta.say("menu")
    await until(lambda: len(meta.sent(WA)) == 3)
    await until(lambda: {row["status"] for row in Book(desk.settings.state_dir / "guiche.db").replies()} != {"ready"})
    assert meta.texts(WA)[-1].endswith("1. Assinar")
    parts = [carried(message["biz_opaque_callback_data"]) for message in meta.sent(WA)]
    assert [(part.part, part.last) for part in parts if part] == [(0, False), (1, False), (2, True)]


async def test_a_slow_answer_shows_typing_and_comes_once(desk: FrontDesk, meta: Meta, stand_in: StandIn) -> None:
    stand_in.hold = asyncio.Event()
    wamid = await meta.say("oi")
    await until(lambda: meta.fake.number.read == [wamid])
    assert meta.sent(WA) == []
    stand_in.hold.set()
    await until(lambda: meta.sent(WA))
    await meta.say("tchau")
    await until(lambda: len(meta.sent(WA)) == 2)
    assert len(meta.fake.number.read) == 2


async def test_an_answer_that_takes_longer_than_a_notice_elsewhere_is_one_bubble(
    open_desk: OpenDesk, meta: Meta, stand_in: StandIn
) -> None:
    """On the website the citizen is told that it takes longer; on WhatsApp "typing" tells it, and nothing is billed."""
    async with open_desk(meta.port, **settings(meta), notice_after=0.5) as (url, desk), Browser(url) as browser:
        stand_in.hold = asyncio.Event()
        wamid = await meta.say("oi")
        reference = await browser.send("oi")
        await until(lambda: browser.texts(reference) == [desk.sentences.delayed])  # later by then on WhatsApp too
        assert (meta.sent(WA), meta.fake.number.read) == ([], [wamid])
        stand_in.hold.set()
        await until(lambda: meta.sent(WA))
        await meta.say("tchau")
        await until(lambda: meta.texts(WA)[-1].endswith("2: tchau"))
        assert len(meta.sent(WA)) == 2
        assert desk.sentences.delayed not in meta.texts(WA)


async def test_where_typing_is_about_to_vanish_the_citizen_is_told(
    desk: FrontDesk, meta: Meta, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = desk.deliverer.sender("whatsapp")
    assert own is not None
    assert own.notice_after == limits.NOTICE_SECONDS
    assert limits.TYPING_SECONDS - 5 <= limits.NOTICE_SECONDS < limits.TYPING_SECONDS
    monkeypatch.setattr(own, "notice_after", 0.3)
    stand_in.hold = asyncio.Event()
    await meta.say("oi")
    await until(lambda: meta.texts(WA) == [to_whatsapp(desk.sentences.delayed)])
    stand_in.hold.set()
    await until(lambda: len(meta.sent(WA)) == 2)


async def test_a_sticker_in_a_conversation_is_marked_as_read_and_nobody_seems_to_type(
    desk: FrontDesk, meta: Meta
) -> None:
    """It gets silence, and typing would stand there for 25 seconds."""
    await meta.say("oi")
    await until(lambda: meta.sent(WA))
    wamid = await meta.send({"type": "sticker", "sticker": {"id": "1"}})
    await until(lambda: wamid in meta.fake.number.read)
    asked = {item["message_id"]: "typing_indicator" in item for item in meta.fake.requests if "message_id" in item}
    assert list(asked.values()) == [True, False]


async def test_typing_that_fails_hinders_nothing(desk: FrontDesk, meta: Meta) -> None:
    await meta.fault("error", code=131009, reads=True)
    await meta.say("oi")
    await until(lambda: meta.sent(WA))


# Not accepted


@pytest.mark.parametrize("fault", [{"kind": "error", "code": 130429}, {"kind": "status", "status": 429}])
async def test_throughput_puts_everybody_off_and_loses_nothing(
    fault: dict[str, object], desk: FrontDesk, meta: Meta, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "FIRST_THROTTLE", 0.2)
    await meta.control("POST", "/faults", {**fault, "times": 2})
    await meta.say("oi")
    await until(lambda: len(meta.sent(WA)) == 1)
    await until(lambda: book.statuses() == ["delivered"])
    assert book.replies()[0]["attempts"] == 0  # being put off is no failure


async def test_pair_rate_puts_one_person_off(desk: FrontDesk, meta: Meta, book: Book) -> None:
    await meta.fault("error", code=131056, to=WA)
    await meta.say("oi")
    await meta.say("oi", OTHER)
    await until(lambda: meta.sent(OTHER))
    await until(lambda: next(row["error"] for row in book.replies()) == "PutOff:pair_rate_131056")
    assert book.replies()[0]["status"] == "ready"
    assert 4 < book.replies()[0]["due_at"] - time.time() <= 6
    assert meta.sent(WA) == []


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "error", "code": 131000},
        {"kind": "error", "code": 131016},
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 503},
    ],
)
async def test_meta_s_own_trouble_is_tried_again(
    fault: dict[str, object], desk: FrontDesk, meta: Meta, book: Book
) -> None:
    await meta.control("POST", "/faults", fault)
    await meta.say("oi")
    await until(lambda: book.statuses() == ["delivered"])
    assert len(meta.sent(WA)) == 1


@pytest.mark.parametrize("code", [100, 131008, 131009, 131021, 131026, 131047, 131050, 131031, 131042, 132001, 3, 200])
async def test_what_never_will_arrive_is_a_dead_letter_with_its_reason(
    code: int, desk: FrontDesk, meta: Meta, book: Book
) -> None:
    await meta.fault("error", code=code)
    await meta.say("oi")
    await until(book.reasons)
    assert book.statuses() == ["failed"]
    assert book.reasons()[0].endswith(f"_{code}")
    await meta.say("e agora?")  # the next message of the same person is answered
    await until(lambda: meta.sent(WA))
    assert [text.split("\n")[-1] for text in meta.texts(WA)] == ["2: e agora?"]


async def test_a_reply_outside_the_window_is_not_sent(
    desk: FrontDesk, meta: Meta, book: Book, stand_in: StandIn
) -> None:
    stand_in.hold = asyncio.Event()
    await meta.say("oi", at=time.time() - 86_398)
    await until(lambda: stand_in.running)
    (kept,) = book.rows("SELECT last_inbound_at FROM conversations")
    assert abs(kept["last_inbound_at"] - (time.time() - 86_398)) < 5  # Meta's time of the message, not ours
    book.change("UPDATE conversations SET last_inbound_at = last_inbound_at - 60")
    stand_in.hold.set()
    await until(book.reasons)
    assert book.reasons() == ["Refused:window_closed"]
    assert [request for request in meta.fake.requests if request.get("status") != "read"] == []


async def test_a_refused_token_stops_sending_until_it_works_and_loses_nothing(
    desk: FrontDesk, meta: Meta, book: Book
) -> None:
    await meta.settings(token_valid=False)
    for number in range(4):
        await meta.say("oi", f"551998765001{number}")
    await until(lambda: len([row for row in book.replies() if row["error"]]) == 4)
    tried = [request for request in meta.fake.requests if request.get("status") != "read"]
    assert meta.sent() == []
    assert set(book.statuses()) == {"ready"}
    assert len(tried) <= 4
    await meta.settings(token_valid=True)
    await until(lambda: len(meta.sent()) == 4)
    await until(lambda: set(book.statuses()) == {"delivered"})
    assert book.reasons() == []


@pytest.mark.parametrize("code", [190, 131042, 10])
async def test_operators_are_told_of_what_only_they_can_mend(code: int, desk: FrontDesk, meta: Meta) -> None:
    with capture_logs() as logs:
        await meta.fault("error", code=code)
        await meta.say("oi")
        await until(lambda: [line for line in logs if line["event"] == "whatsapp_needs_operator"])
    (line,) = [line for line in logs if line["event"] == "whatsapp_needs_operator"]
    assert line["log_level"] == "error"
    assert line["reason"] == name(code)


# Nobody knows


@pytest.mark.parametrize("kind", ["accept_then_reset", "accept_then_nonsense"])
async def test_an_unknown_outcome_is_settled_by_the_status(kind: str, desk: FrontDesk, meta: Meta, book: Book) -> None:
    await meta.fault(kind)
    await meta.say("oi")
    await until(lambda: book.statuses() == ["delivered"])
    assert book.replies()[0]["external_id"] == meta.fake.number.sent[0].wamid
    assert len(meta.sent(WA)) == 1


async def test_a_status_before_the_answer_to_the_request(desk: FrontDesk, meta: Meta, book: Book) -> None:
    await meta.fault("accept_then_hang")
    await meta.say("oi")
    await until(lambda: book.statuses() == ["delivered"])


@pytest.mark.parametrize("kind", ["reset", "accept_then_reset"])
async def test_without_a_status_it_becomes_a_dead_letter_and_is_never_sent_again(
    kind: str, desk: FrontDesk, meta: Meta, book: Book
) -> None:
    await meta.settings(statuses=[])
    await meta.fault(kind)
    await meta.say("oi")
    await until(lambda: book.statuses() == ["uncertain"])
    await meta.say("e agora?")  # it does not wait behind the uncertain one
    await until(lambda: book.statuses() == ["uncertain", "sent"])
    await until(lambda: time.time() > book.replies()[0]["due_at"])
    await desk.deliverer.keep_house()
    assert book.statuses() == ["failed", "sent"]
    assert book.reasons() == ["OutcomeUnknown"]
    assert [text.split("\n")[-1] for text in meta.texts(WA)].count("1: oi") == (kind == "accept_then_reset")


async def test_a_gateway_time_out_is_never_sent_again(desk: FrontDesk, meta: Meta, book: Book) -> None:
    await meta.fault("status", status=504)
    await meta.say("oi")
    await until(lambda: book.statuses() == ["uncertain"])
    assert len([request for request in meta.fake.requests if request.get("status") != "read"]) == 1


# Several messages of one turn


def long_answer(stand_in: StandIn) -> None:
    """Three messages long."""
    text = "\n\n".join(f"Parágrafo {number}. " + "palavra " * 40 for number in range(30))
    offer(stand_in, text, "Assinar")


@pytest.mark.parametrize("kind", ["accept_then_reset", "accept_then_nonsense"])
async def test_a_status_tells_of_an_early_part_and_the_rest_follows(
    kind: str, desk: FrontDesk, meta: Meta, book: Book, stand_in: StandIn
) -> None:
    long_answer(stand_in)
    await meta.fault(kind)
    await meta.say("menu")
    await until(lambda: book.statuses() == ["delivered"])
    assert len(meta.sent(WA)) == 3
    assert len(set(meta.texts(WA))) == 3
    assert book.reasons() == []


async def test_a_status_of_an_early_part_that_comes_after_it_was_given_up_takes_the_dead_letter_back(
    desk: FrontDesk, meta: Meta, book: Book, stand_in: StandIn
) -> None:
    long_answer(stand_in)
    await meta.settings(statuses=[])
    await meta.fault("accept_then_reset")
    await meta.say("menu")
    await until(lambda: book.statuses() == ["uncertain"])
    await until(lambda: time.time() > book.replies()[0]["due_at"])
    await desk.deliverer.keep_house()
    assert book.reasons() == ["OutcomeUnknown"]
    assert await meta.status(meta.fake.number.sent[0].wamid, "delivered") == 200
    await until(lambda: book.statuses() == ["sent"])
    assert len(set(meta.texts(WA))) == 3
    assert book.reasons() == []


async def test_without_a_status_of_an_early_part_the_rest_is_not_sent_and_it_is_a_dead_letter(
    desk: FrontDesk, meta: Meta, book: Book, stand_in: StandIn
) -> None:
    long_answer(stand_in)
    await meta.settings(statuses=[])
    await meta.fault("reset")
    await meta.say("menu")
    await until(lambda: book.statuses() == ["uncertain"])
    await until(lambda: time.time() > book.replies()[0]["due_at"])
    await desk.deliverer.keep_house()
    assert (book.statuses(), book.reasons(), meta.sent(WA)) == (["failed"], ["OutcomeUnknown"], [])


async def test_an_early_part_that_failed_later_is_sent_again_from_there_by_an_operator(
    desk: FrontDesk, meta: Meta, book: Book, stand_in: StandIn
) -> None:
    long_answer(stand_in)
    await meta.settings(statuses=[])
    await meta.say("menu")
    await until(lambda: book.statuses() == ["sent"])
    second = meta.fake.number.sent[1].wamid
    assert await meta.status(second, "failed", 131026) == 200
    assert book.reasons() == ["undeliverable_131026"]
    name = Name("outbox", book.replies()[0]["id"])
    await desk.store.database.write(lambda connection: retry(connection, [name]))
    await until(lambda: book.statuses() == ["sent"])
    first, middle, last, *again = meta.texts(WA)
    assert again == [middle, last]
    assert first not in again


async def test_what_failed_later_can_be_sent_again(desk: FrontDesk, meta: Meta, book: Book) -> None:
    await meta.fault("fail_later", code=131026)
    await meta.say("oi")
    await until(book.reasons)
    name = Name("outbox", book.replies()[0]["id"])
    await desk.store.database.write(lambda connection: retry(connection, [name]))
    await until(lambda: book.statuses() == ["delivered"])
    assert len(meta.sent(WA)) == 2


# Statuses


async def test_statuses_out_of_order_never_go_back(desk: FrontDesk, meta: Meta, book: Book) -> None:
    await meta.settings(statuses=[])
    await meta.say("oi")
    await until(lambda: book.statuses() == ["sent"])
    wamid = meta.fake.number.sent[0].wamid
    for status, then in [("read", "read"), ("delivered", "read"), ("sent", "read"), ("failed", "read")]:
        assert await meta.status(wamid, status, 131026 if status == "failed" else None) == 200
        assert book.statuses() == [then]
    assert book.reasons() == []


async def test_a_status_twice_and_one_of_the_future(desk: FrontDesk, meta: Meta, book: Book) -> None:
    await meta.say("oi")
    await until(lambda: book.statuses() == ["delivered"])
    wamid = meta.fake.number.sent[0].wamid
    for status in ("delivered", "warehoused", "played", "read", "read"):
        assert await meta.status(wamid, status) == 200
    assert book.statuses() == ["read"]


async def test_failed_later_is_a_dead_letter(desk: FrontDesk, meta: Meta, book: Book) -> None:
    await meta.fault("fail_later", code=131026)
    await meta.say("oi")
    await until(book.reasons)
    assert book.reasons() == ["undeliverable_131026"]
    assert book.statuses() == ["failed"]
    assert len(meta.sent(WA)) == 1


async def test_metrics_count_what_happens(desk: FrontDesk, meta: Meta, book: Book) -> None:
    names = ("received", "answered", "refused", "retried", "dead")
    before = [metrics.MESSAGES.labels("whatsapp", name)._value.get() for name in names]
    await meta.fault("error", code=131000)
    await meta.say("oi")
    await until(lambda: book.statuses() == ["delivered"])
    await meta.fault("fail_later", code=131026)
    await meta.say("e agora?")
    await until(book.reasons)
    await meta.say("velha", at=time.time() - 90_000)
    after = [metrics.MESSAGES.labels("whatsapp", name)._value.get() for name in names]
    assert [new - old for new, old in zip(after, before, strict=True)] == [2, 2, 1, 1, 1]


async def test_a_status_of_another_conversation_s_rows_changes_nothing(desk: FrontDesk, meta: Meta, book: Book) -> None:
    """A database that was made anew counts from one again: only the conversation's random name tells rows apart."""
    await meta.settings(statuses=[])
    await meta.say("oi")
    await until(lambda: book.statuses() == ["sent"])
    (row,) = book.replies()
    forged = {"id": "wamid.OLD", "status": "failed", "biz_opaque_callback_data": f"another:{row['id']}:0/1"}
    assert await meta.post(meta.fake.webhooks.change(statuses=[forged])) == 200
    assert book.statuses() == ["sent"]


def test_callback_data() -> None:
    one = Carried("abc_-1", [12, 15], 0, 2)
    assert (str(one), carried(str(one)), one.last) == ("abc_-1:12,15:0/2", one, False)
    assert Carried("abc", [12], 1, 2).last
    assert len(str(Carried("c" * 64, list(range(10**17, 10**17 + 40)), 0, 1))) <= 512
    for foreign in (None, "", "x", "abc:", "abc:1", "abc:1,:0/1", "a b:1:0/1", "abc:１:0/1"):
        assert carried(foreign) is None


async def test_what_meta_explains_is_logged_without_what_it_may_quote(desk: FrontDesk, meta: Meta) -> None:
    said = "Recipient 5519987650001 (Ana) is not on WhatsApp, or 'meu segredo' is too long"
    with capture_logs() as logs:
        await meta.fault("error", code=131026, details=said)
        await meta.say("oi")
        await until(lambda: [line for line in logs if line["event"] == "whatsapp_rejected"])
        await meta.fault("fail_later", code=131049, details=said)
        await meta.say("e agora?")
        await until(lambda: [line for line in logs if line["event"] == "whatsapp_message_failed"])
    told = [line for line in logs if line["event"] in ("whatsapp_rejected", "whatsapp_message_failed")]
    assert [(line["reason"], line["details"]) for line in told] == [
        ("undeliverable_131026", "Recipient … … is not on WhatsApp, or … is too long"),
        ("held_back_by_meta_131049", "Recipient … … is not on WhatsApp, or … is too long"),
    ]


async def test_bodies_are_within_the_limits(desk: FrontDesk, meta: Meta) -> None:
    await meta.say("oi")
    await until(lambda: meta.sent(WA))
    assert len(body_of(meta.sent(WA)[0])) < 1024
