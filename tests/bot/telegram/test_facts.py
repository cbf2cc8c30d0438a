"""What Telegram promises and asks for (facts about the Bot API): one test for each."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, text
from telegram import Bot

from bot.channels.telegram import api, channel, limits
from bot.channels.telegram.channel import PATH
from bot.channels.telegram.commands import Commands
from bot.channels.telegram.updates import Reader
from bot.delivery import deliverer
from bot.desk import FrontDesk
from bot.messages import Body, ShownButton
from bot.store import OutboxRow, StoreUnavailable, outbox
from tests.bot.support.assistant import StandIn
from tests.bot.support.counts import all_counted, counted
from tests.bot.support.limits import sources_missing
from tests.bot.support.serving import until
from tests.bot.telegram.conftest import PERSON, SECRET, OpenTelegram, Telegram
from tests.bot.test_dead_letters import command

HEADERS = {"X-Telegram-Bot-Api-Secret-Token": SECRET, "Content-Type": "application/json"}


def message(update: int, number: int = 1, chat: int = PERSON, **content: Any) -> dict[str, Any]:
    person = {"id": chat, "is_bot": False, "first_name": "Ana"}
    return {
        "update_id": update,
        "message": {
            "message_id": number,
            "from": person,
            "chat": {"id": chat, "type": "private", "first_name": "Ana"},
            "date": 1_790_000_000,
            **(content or {"text": f"m{number}"}),
        },
    }


async def post(url: str, update: object, **headers: str) -> int:
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(url + PATH, content=json.dumps(update), headers=HEADERS | headers)
        return answer.status_code


async def inbox(desk: FrontDesk) -> list[tuple[Any, ...]]:
    query = text("SELECT text, kind, button, status FROM inbox ORDER BY id")
    rows = await desk.store.database.read(lambda connection: connection.execute(query).all())
    return [tuple(row) for row in rows]


# Refuse first.


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X-Telegram-Bot-Api-Secret-Token": ""}, 401),
        ({"X-Telegram-Bot-Api-Secret-Token": "wrong"}, 401),
        ({"X-Telegram-Bot-Api-Secret-Token": SECRET + "x"}, 401),
        ({"X-Telegram-Bot-Api-Secret-Token": SECRET.upper()}, 401),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
    ],
)
async def test_the_secret_header_and_the_type_are_checked_before_anything_is_read(
    open_telegram: OpenTelegram, headers: dict[str, str], status: int
) -> None:
    async with open_telegram() as (url, desk):
        assert await post(url, message(1), **headers) == status
        assert await inbox(desk) == []


async def test_the_secret_is_compared_in_constant_time(
    open_telegram: OpenTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    import hmac  # noqa: PLC0415

    compared: list[tuple[bytes, bytes]] = []
    real = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", lambda a, b: bool(compared.append((a, b))) or real(a, b))
    async with open_telegram() as (url, _):
        assert await post(url, message(1), **{"X-Telegram-Bot-Api-Secret-Token": "wrong"}) == 401
    assert (b"wrong", SECRET.encode()) in compared


async def test_an_update_that_is_too_large_is_refused(open_telegram: OpenTelegram) -> None:
    async with open_telegram() as (url, desk):
        assert await post(url, message(1, text="x" * limits.WEBHOOK_BODY)) == 413
        assert await inbox(desk) == []


async def test_what_is_no_json_is_refused(open_telegram: OpenTelegram) -> None:
    async with open_telegram() as (url, _), httpx.AsyncClient(trust_env=False) as client:
        for body in (b"", b"{", b"\xff\xfe", b"[" * 5_000):
            assert (await client.post(url + PATH, content=body, headers=HEADERS)).status_code == 422


async def test_without_a_token_the_channel_does_not_exist(desk_url: str) -> None:
    assert await post(desk_url, message(1)) == 404


# At least once, in any order, 200 after storing.


async def test_200_means_stored(open_telegram: OpenTelegram, stand_in: StandIn) -> None:
    stand_in.hold = asyncio.Event()  # nothing is answered yet
    async with open_telegram() as (url, desk):
        assert await post(url, message(1)) == 200
        assert await inbox(desk) == [("m1", None, None, "open")]
        stand_in.hold.set()


async def test_a_repeated_update_is_answered_once(
    open_telegram: OpenTelegram, telegram: Telegram, stand_in: StandIn
) -> None:
    async with open_telegram() as (url, desk):
        await telegram.say("oi")
        await telegram.expect(1)
        for _ in range(3):
            await post(url, message(5))
        await telegram.expect(2)
        await post(url, message(5))
        await post(url, message(6, 2))
        await telegram.expect(3)
        assert len(await inbox(desk)) == 3
        assert await telegram.texts() == ["1: oi", "2: m1", "3: m2"]


async def test_update_ids_that_begin_anew_after_a_quiet_week_lose_nothing(
    open_telegram: OpenTelegram, telegram: Telegram
) -> None:
    """They are random again then: a smaller one, and even one that was seen, is another message."""
    async with open_telegram() as (url, desk):
        assert await post(url, message(900, 1)) == 200
        assert await post(url, message(20, 2)) == 200
        assert await post(url, message(900, 3)) == 200
        assert [row[0] for row in await inbox(desk)] == ["m1", "m2", "m3"]


async def test_a_poison_update_is_a_dead_letter_and_holds_nothing_up(
    open_telegram: OpenTelegram, telegram: Telegram
) -> None:
    poison: list[object] = [
        None,
        [],
        "x",
        {},
        {"update_id": "1"},
        {"update_id": True},
        {"update_id": 2**70},
        {"update_id": 1, "message": 3},
        {"update_id": 1, "message": {"message_id": 1}},
        {"update_id": 1, "message": {"message_id": "x", "date": "y", "chat": {"id": 1, "type": "private"}}},
        {"update_id": 1, "callback_query": {"id": 5}},
        {"update_id": 1, "my_chat_member": {}},
    ]
    async with open_telegram() as (url, desk):
        before = counted("telegram", "dead")
        for update in poison * 2:  # each is repeated, and noted once
            assert await post(url, update) == 200
        assert await inbox(desk) == []
        query = text("SELECT kind, conversation, item_id, reason FROM dead_letters")
        letters = await desk.store.database.read(lambda connection: connection.execute(query).all())
        # Those that have an id are named by it: all are "1" here, so the first stands for them.
        assert {row.item_id for row in letters if row.item_id < 10} == {1}
        assert len(letters) == 8
        assert {(row.kind, row.conversation) for row in letters} == {("unread", "telegram")}
        assert {row.reason.split(":")[-1] for row in letters} == {"NoUpdateId", "message"}
        assert counted("telegram", "dead") == before + 8
        await telegram.say("oi")
        await telegram.expect(1)


async def test_an_unreadable_update_is_listed_and_can_only_be_let_go(
    open_telegram: OpenTelegram, telegram: Telegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_telegram(webhook=False) as (_, desk):
        await telegram.call("update", update_id=4711, message={"message_id": 1, "text": "meu segredo"})
        await until(lambda: _scalar(desk, "SELECT item_id FROM dead_letters", 4711))
        monkeypatch.setenv("GUICHE_STATE_DIR", str(desk.settings.state_dir))
        monkeypatch.delenv("GUICHE_DATABASE_URL", raising=False)
        _, listed = await command("list", "--text")
        assert re.search(r"^i4711 .* telegram  \w+Error:message ", listed, re.MULTILINE)
        assert "segredo" not in listed
        code, said = await command("retry", "i4711")
        assert (code, "nada dela foi guardado" in said) == (1, True)
        assert (await command("drop", "i4711"))[0] == 0
        await telegram.say("oi")
        await telegram.expect(1)


async def test_what_cannot_be_stored_is_delivered_again(
    open_telegram: OpenTelegram, telegram: Telegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anything but a 2xx makes Telegram repeat."""

    async def gone(*_: object, **__: object) -> None:
        raise StoreUnavailable("locked")

    async with open_telegram() as (url, desk):
        with monkeypatch.context() as patched:
            patched.setattr(desk.store.database, "write", gone)
            assert await post(url, message(1)) == 503
            assert await post(url, {"update_id": 2, "message": 3}) == 503  # a dead letter is stored too
            await telegram.say("oi")
        await telegram.expect(1)
        assert await telegram.texts() == ["1: oi"]


async def test_a_second_bot_s_update_of_the_same_number_is_another_message(
    open_telegram: OpenTelegram, telegram: Telegram
) -> None:
    """Updates are known by bot and update_id: a new bot on an old database may count from the same number."""
    async with open_telegram() as (url, desk):
        assert await post(url, message(900, 1)) == 200
        await until(lambda: _scalar(desk, "SELECT count(*) FROM inbox WHERE external_id LIKE '123456:900:%'", 1))
        reader = Reader(Bot("654321:another"), "654321", Commands({}))
        again = reader.read(message(900, 1)).inbound
        assert again is not None
        assert (await desk.receive(again)).inbox_id is not None
        assert (await desk.receive(again)).inbox_id is None


async def test_updates_of_one_chat_that_come_at_once_are_answered_one_by_one(
    open_telegram: OpenTelegram, telegram: Telegram, stand_in: StandIn
) -> None:
    stand_in.delay = 0.05
    async with open_telegram() as (url, _):
        await telegram.say("oi")
        await telegram.expect(1)
        await asyncio.gather(*(post(url, message(10 + n, 10 + n)) for n in range(3)))
        await telegram.expect(4)
        assert stand_in.overlaps == 0
        assert [said.split(":")[0] for said in await telegram.texts()] == ["1", "2", "3", "4"]


# Sends.


def say(stand_in: StandIn, **said: Any) -> None:
    """What the stand-in for Rasa answers from now on."""
    from starlette.responses import JSONResponse  # noqa: PLC0415

    stand_in.script = lambda body: JSONResponse(stand_in.answer(body, **said))


async def test_a_long_text_is_split_at_4096_after_entities_and_no_tag_breaks(
    open_telegram: OpenTelegram, telegram: Telegram, stand_in: StandIn
) -> None:
    words = " ".join(f"palavra{n}" for n in range(700))
    source = f"Começo.\n\n**{words}** fim & <fim> 😀"
    say(stand_in, text=source)
    async with open_telegram():
        await telegram.say("oi")
        first, second = await telegram.expect(2)
    assert max(limits.length(part["text"]) for part in (first, second)) <= 4096
    assert (first["text"] + " " + second["text"]).endswith(f"Começo.\n\n{words} fim & <fim> 😀")
    for part in (first, second):
        assert [entity["type"] for entity in part["entities"]] == ["bold", "bold"][: len(part["entities"])]


async def test_the_buttons_of_a_long_text_are_under_its_last_part(
    open_telegram: OpenTelegram, telegram: Telegram, stand_in: StandIn
) -> None:
    say(stand_in, text="palavra " * 700, buttons=[{"title": "Sim", "payload": {"intent": "affirm"}}])
    async with open_telegram():
        await telegram.say("oi")
        first, second = await telegram.expect(2)
    assert "reply_markup" not in first
    assert second["reply_markup"]["inline_keyboard"][0][0]["text"] == "Sim"


async def test_callback_data_is_opaque_and_fits_64_bytes(
    open_telegram: OpenTelegram, telegram: Telegram, stand_in: StandIn
) -> None:
    payload = {"intent": "consult_process", "entities": {"reference": "ação" * 30}}
    say(stand_in, text="Qual?", buttons=[{"title": "Educação", "payload": payload}])
    async with open_telegram():
        await telegram.say("oi")
        (asked,) = await telegram.expect(1)
        data = asked["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
        assert len(data.encode()) <= limits.CALLBACK_DATA_BYTES
        assert "consult" not in data
        stand_in.script = None
        await telegram.press(asked, "Educação")
        await telegram.expect(2)
        assert "(consult_process)" in (await telegram.texts())[1]


async def test_a_callback_is_always_answered_and_its_keyboard_goes(
    open_telegram: OpenTelegram, telegram: Telegram, stand_in: StandIn
) -> None:
    say(stand_in, text="Qual?", buttons=[{"title": "Sim", "payload": {"intent": "affirm"}}])
    async with open_telegram() as (url, _):
        await telegram.say("oi")
        (asked,) = await telegram.expect(1)
        update = await telegram.press(asked, "Sim")
        await post(url, update)  # delivered twice: answered as well, and no error
        # Data that nobody issued, an old message (test_courtesies.py: a query from a group): each spinner stops.
        await telegram.call("press", chat=PERSON, message_id=asked["message_id"], data='/restart{"a": 1}')
        await telegram.call("press", chat=PERSON, message_id=999_999, data="nothing")

        async def answered() -> bool:
            state = await telegram.state()
            return len(state["queries"]) == 3 and all(state["queries"].values())

        await until(answered)
        lines = (await telegram.http.get(f"/_control/chat/{PERSON}")).json()["lines"]
        await until(lambda: _no_keyboard(telegram, asked["message_id"]))
        assert len(lines) >= 2
        await telegram.expect(4)
        assert "Não reconheci essa opção" in " ".join(await telegram.texts())


async def _no_keyboard(telegram: Telegram, number: int) -> bool:
    lines = (await telegram.http.get(f"/_control/chat/{PERSON}")).json()["lines"]
    return all("reply_markup" not in line for line in lines if line["message_id"] == number)


async def test_typing_is_shown_while_a_slow_assistant_thinks_and_again_every_4_seconds(
    open_telegram: OpenTelegram, telegram: Telegram, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert limits.TYPING_SECONDS == 4
    stand_in.hold = asyncio.Event()
    async with open_telegram() as (_, desk):
        sender = desk.deliverer.sender("telegram")
        assert sender is not None
        assert sender.typing_every == limits.TYPING_SECONDS
        monkeypatch.setattr(sender, "typing_every", 0.2)
        await telegram.say("oi")

        async def shown() -> bool:
            return len((await telegram.state())["actions"]) >= 2

        await until(shown)
        stand_in.hold.set()
        await telegram.expect(1)


async def test_a_quick_answer_shows_no_typing(open_telegram: OpenTelegram, telegram: Telegram) -> None:
    async with open_telegram():
        await telegram.say("oi")
        await telegram.expect(1)
        assert (await telegram.state())["requests"].get("sendChatAction", 0) == 0


async def test_429_is_honoured_for_as_long_as_it_says(open_telegram: OpenTelegram, telegram: Telegram) -> None:
    await telegram.fault("error", code=429, description="Too Many Requests: retry after 2", retry_after=2)
    async with open_telegram(delivery_tries=1):
        started = asyncio.get_running_loop().time()
        await telegram.say("oi")
        await telegram.expect(1)
        assert asyncio.get_running_loop().time() - started >= 2
        assert (await telegram.state())["requests"]["sendMessage"] == 2


async def test_html_that_telegram_cannot_parse_is_sent_as_plain_text(
    open_telegram: OpenTelegram, telegram: Telegram, stand_in: StandIn
) -> None:
    say(stand_in, text="**Negrito** & <a>", buttons=[{"title": "Sim", "payload": {"intent": "affirm"}}])
    await telegram.fault("error", code=400, description="Bad Request: can't parse entities: Unsupported start tag")
    async with open_telegram():
        await telegram.say("oi")
        (arrived,) = await telegram.expect(1)
    assert arrived["text"].endswith("Negrito & <a>")
    assert "entities" not in arrived
    assert arrived["reply_markup"]["inline_keyboard"][0][0]["text"] == "Sim"


async def test_a_plain_text_with_addresses_of_buttons_is_split_too(
    open_telegram: OpenTelegram, telegram: Telegram
) -> None:
    """Where Telegram refuses a keyboard, its addresses are lines, and with them the text may be too long for one."""
    words = "palavra " * 500
    buttons = [
        ShownButton("a", "Entrar com GOV.BR", "https://guiche.example/entrar/" + "x" * 120),
        ShownButton("b", "Não"),
    ]
    await telegram.fault("error", code=400, description="Bad Request: BUTTON_URL_INVALID")
    async with open_telegram() as (_, desk):
        await telegram.say("oi")
        await telegram.expect(1)  # the plain text of the fault
        await telegram.fault("error", code=400, description="Bad Request: BUTTON_URL_INVALID")
        conversation = await desk.store.database.read(
            lambda c: c.execute(text("SELECT id FROM conversations")).scalar()
        )
        body = Body(text=words, buttons=buttons)

        def write(connection: Connection) -> OutboxRow:
            return outbox.write(
                connection,
                conversation=str(conversation),
                channel="telegram",
                author=outbox.ASSISTANT,
                in_reply_to="x",
                final=True,
                body=body,
                status=outbox.READY,
                now=1.0,
            )

        row = await desk.store.database.write(write)
        desk.wakeups.written(str(conversation), [row])
        _, first, second = await telegram.expect(3)
        assert max(limits.length(part["text"]) for part in (first, second)) <= 4096
        assert (first["text"] + " " + second["text"]).split() == [*words.split(), *_line(buttons[0]).split()]
        assert "reply_markup" not in first
        assert second["reply_markup"]["inline_keyboard"][0][0]["text"] == "Não"
        assert await _scalar(desk, "SELECT count(*) FROM dead_letters", 0)


def _line(button: ShownButton) -> str:
    return f"{button.title}: {button.url}"


async def test_a_chat_that_became_another_one_is_a_dead_letter(open_telegram: OpenTelegram, telegram: Telegram) -> None:
    """ChatMigrated: only groups become supergroups, and groups are not answered."""
    said = "Bad Request: group chat was upgraded to a supergroup chat"
    await telegram.fault("error", code=400, description=said, migrate_to_chat_id=-1001)
    async with open_telegram() as (_, desk):
        await telegram.say("oi")
        await until(lambda: _scalar(desk, "SELECT reason FROM dead_letters", "Refused:ChatMigrated"))


async def test_the_metrics_count_what_happens(open_telegram: OpenTelegram, telegram: Telegram) -> None:
    before = all_counted("telegram")
    async with open_telegram(session_rate="4/day") as (_, desk):
        await telegram.say("um")
        await telegram.expect(1)
        await telegram.fault("error", code=429, description="Too Many Requests: retry after 1", retry_after=1)
        await telegram.say("dois")
        await telegram.expect(2)
        await telegram.fault("status", code=502)
        await telegram.say("três")
        await telegram.expect(3)
        await telegram.fault("error", code=400, description="Bad Request: something new", times=2)
        await telegram.say("quatro")
        await until(lambda: _scalar(desk, "SELECT count(*) FROM dead_letters", 1))
        await telegram.say("cinco")
        await telegram.expect(4)  # that it was too much
    after = all_counted("telegram")
    assert {event: after[event] - before[event] for event in after} == {
        "received": 4,
        "answered": 4,
        "refused": 1,
        "retried": 2,
        "dead": 1,
    }


async def test_403_marks_the_chat_until_they_write_again(open_telegram: OpenTelegram, telegram: Telegram) -> None:
    await telegram.fault("error", code=403, description="Forbidden: bot was blocked by the user")
    async with open_telegram() as (_, desk):
        await telegram.say("oi")
        query = "SELECT count(*) FROM outbox WHERE status = 'dropped'"
        await until(lambda: _scalar(desk, query, 1))
        assert await _scalar(desk, "SELECT count(*) FROM conversations WHERE unreachable_at IS NOT NULL", 1)
        await telegram.say("voltei")
        await telegram.expect(1)
        assert await telegram.texts() == ["2: voltei"]
        assert await _scalar(desk, "SELECT count(*) FROM conversations WHERE unreachable_at IS NOT NULL", 0)
        assert await _scalar(desk, "SELECT count(*) FROM dead_letters", 0)


async def _scalar(desk: FrontDesk, query: str, expected: object) -> bool:
    return await desk.store.database.read(lambda connection: connection.execute(text(query)).scalar()) == expected


async def test_400_for_good_is_a_dead_letter_and_the_next_answer_arrives(
    open_telegram: OpenTelegram, telegram: Telegram
) -> None:
    await telegram.fault("error", code=400, description="Bad Request: something new", times=2)
    async with open_telegram() as (_, desk):
        await telegram.say("um")
        await until(lambda: _scalar(desk, "SELECT count(*) FROM dead_letters WHERE kind = 'outbox'", 1))
        await telegram.say("dois")
        await telegram.expect(1)
        assert await telegram.texts() == ["2: dois"]


@pytest.mark.parametrize(
    "fault", [{"kind": "status", "code": 502}, {"kind": "error", "code": 500}, {"kind": "status", "code": 503}]
)
async def test_5xx_is_tried_again(open_telegram: OpenTelegram, telegram: Telegram, fault: dict[str, Any]) -> None:
    await telegram.fault(**fault, times=2)
    async with open_telegram() as (_, desk):
        await telegram.say("oi")
        await telegram.expect(1)
        assert await telegram.texts() == ["1: oi"]
        assert await _scalar(desk, "SELECT count(*) FROM dead_letters", 0)


@pytest.mark.parametrize(("kind", "copies"), [("reset", 1), ("accept_then_reset", 2), ("accept_then_nonsense", 2)])
async def test_a_lost_connection_is_repeated_once(
    open_telegram: OpenTelegram, telegram: Telegram, kind: str, copies: int
) -> None:
    await telegram.fault(kind)
    async with open_telegram() as (_, desk):
        await telegram.say("oi")
        await telegram.expect(copies)
        await until(lambda: _scalar(desk, "SELECT count(*) FROM outbox WHERE status = 'sent'", 1))
        await telegram.say("e agora?")
        await telegram.expect(copies + 1)
        assert await telegram.texts() == ["1: oi"] * copies + ["2: e agora?"]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits half a second for Telegram's answers."""
    monkeypatch.setattr(channel, "Api", lambda token, url: api.Api(token, url, read_seconds=0.5))
    monkeypatch.setattr(deliverer, "REPEAT_DELAY", 0.1)


async def test_a_time_out_is_repeated_once_and_then_a_dead_letter(
    open_telegram: OpenTelegram, telegram: Telegram, impatient: None
) -> None:
    await telegram.fault("accept_then_hang", times=2)
    async with open_telegram() as (_, desk):
        await telegram.say("oi")
        await until(lambda: _scalar(desk, "SELECT reason FROM dead_letters", "OutcomeUnknown"))
        await telegram.say("e agora?")
        await telegram.expect(3)
        assert await telegram.texts() == ["1: oi", "1: oi", "2: e agora?"]


async def test_a_black_hole_loses_no_answer_that_was_on_its_way(
    open_telegram: OpenTelegram, telegram: Telegram, impatient: None
) -> None:
    """Nothing arrives and nothing is refused, for longer than two time-outs. Then all is there, once and in order."""
    people = range(7300, 7306)
    for method in ("sendMessage", "getMe"):
        await telegram.fault("hang", method=method, times=None)
    async with open_telegram() as (_, desk):
        for chat in people:
            await telegram.say("oi", chat)

        async def knocked() -> bool:
            asked = (await telegram.state())["requests"]
            return int(asked.get("getMe", 0)) >= 3 * len(people)

        await until(knocked, within=60)
        await telegram.http.delete("/_control/faults")
        for chat in people:
            await telegram.say("e agora?", chat)
            await telegram.expect(2, chat, within=60)
            assert await telegram.texts(chat) == ["1: oi", "2: e agora?"]
        assert await _scalar(desk, "SELECT count(*) FROM dead_letters", 0)


async def test_telegram_is_away_and_comes_back(open_telegram: OpenTelegram, telegram: Telegram) -> None:
    await telegram.settings(token_valid=False)
    async with open_telegram(webhook=False, public_url="https://guiche.example") as (url, desk):
        assert await post(url, message(1, 1)) == 200
        await until(lambda: _scalar(desk, "SELECT count(*) FROM outbox WHERE attempts > 0", 1))
        await telegram.call("block", chat=PERSON, blocked=False)  # they opened the chat
        await telegram.settings(token_valid=True)
        await telegram.expect(1)


async def test_where_telegram_is_strict_about_its_rates_all_arrives_once_and_in_order(
    open_telegram: OpenTelegram, telegram: Telegram
) -> None:
    """30 a second to all, 1 a second to a chat (exactly: test_pace.py). What jitter brings too early is a 429."""
    await telegram.settings(rates=True)
    people = range(8000, 8035)
    async with open_telegram(workers=32):
        await asyncio.gather(*(telegram.say("oi", chat) for chat in people))
        await asyncio.gather(*(telegram.say("de novo", chat) for chat in people))

        async def all_there() -> bool:
            return len((await telegram.state())["sent"]) >= 2 * len(people)

        await until(all_there, within=60)
        for chat in people:
            assert await telegram.texts(chat) == ["1: oi", "2: de novo"]


# Long polling.


async def test_without_a_public_address_it_polls_into_the_same_inbox(
    open_telegram: OpenTelegram, telegram: Telegram
) -> None:
    await telegram.api("setWebhook", url="https://somewhere.example/hook")  # as long as it is set, polling is refused
    await telegram.say("oi")
    async with open_telegram(webhook=False) as (_, desk):
        await telegram.expect(1)
        await telegram.say("tudo bem?")
        await telegram.expect(2)
        assert await telegram.texts() == ["1: oi", "2: tudo bem?"]
        assert len(await inbox(desk)) == 2
        await telegram.say("mais uma")
        await telegram.expect(3)
    # Confirmed: a front desk that starts anew gets none of them again.
    async with open_telegram(webhook=False) as (_, desk):
        await telegram.say("última")
        await telegram.expect(4)
        assert len(await inbox(desk)) == 4


async def test_polling_goes_on_after_telegram_was_away(open_telegram: OpenTelegram, telegram: Telegram) -> None:
    await telegram.fault("status", method="getUpdates", code=502, times=2)
    async with open_telegram(webhook=False):
        await telegram.say("oi")
        await telegram.expect(1)


async def test_an_update_is_not_confirmed_before_it_is_stored(
    open_telegram: OpenTelegram, telegram: Telegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_telegram(webhook=False) as (_, desk):
        real = desk.store.receive
        failures = [1, 1]

        async def receive(*args: Any, **kwargs: Any) -> Any:
            if failures:
                failures.pop()
                raise StoreUnavailable("gone")
            return await real(*args, **kwargs)

        monkeypatch.setattr(desk.store, "receive", receive)
        await telegram.say("oi")
        await telegram.expect(1)
        assert len(await inbox(desk)) == 1


def test_what_is_allowed_is_said_explicitly() -> None:
    """What was allowed last stays otherwise."""
    assert set(limits.ALLOWED_UPDATES) == {"message", "callback_query", "edited_message", "my_chat_member"}


def test_every_limit_names_its_source() -> None:
    assert sources_missing(limits, "PTB", "API", "Our own") == []
