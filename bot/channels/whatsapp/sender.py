"""Sends what was said on WhatsApp: one bubble a turn, at Meta's pace, while Meta's window is open, and never twice.

A request whose outcome is unknown is not made again (``on_unknown``): its status webhook tells, or it becomes a dead
letter. The outbox ids travel with the message, so that a status finds its rows also when its id never reached us.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, Literal

import structlog

from bot.channels.whatsapp import limits
from bot.channels.whatsapp.callback import Carried
from bot.channels.whatsapp.client import Busy, CloudApi, MaybeSent, Rejected, WhatsAppError
from bot.channels.whatsapp.errors import OPERATOR, Meaning, meaning, name
from bot.channels.whatsapp.gate import TokenGate
from bot.channels.whatsapp.pace import Pace
from bot.channels.whatsapp.people import CHANNEL, People
from bot.channels.whatsapp.render import Content, render
from bot.delivery import Delivery, OutcomeUnknown, Progress, PutOff, Refused, TryAgain
from bot.sentences import Sentences
from bot.turn import STICKER

_log = structlog.get_logger(__name__)

SHORT_WAIT = 1.0
"""A wait for the pace that is shorter is slept through; a longer one frees the worker."""
FIRST_THROTTLE, LONGEST_THROTTLE = 2.0, 60.0
READ_SECONDS = 2.0
"""How long an answer waits for its question to be marked as read: typing that is shown after the answer would stay."""


class WhatsAppSender:
    """See bot.delivery.sender.Sender."""

    channel = CHANNEL
    on_unknown: Literal["repeat_once", "wait"] = "wait"
    typing_after = 0.0
    typing_every: float | None = None
    notice_after: float | None = limits.NOTICE_SECONDS

    def __init__(self, api: CloudApi, people: People, sentences: Sentences, pace: Pace, gate: TokenGate) -> None:
        self._api = api
        self._people = people
        self._sentences = sentences
        self._pace = pace
        self._gate = gate
        self._throttled = 0
        self._throttled_until = 0.0
        self._reads: dict[str, asyncio.Task[None]] = {}

    async def send(self, delivery: Delivery, progress: Progress) -> None:
        await self._read_first(delivery.in_reply_to)
        if delivery.last_inbound_at is not None and time.time() > delivery.last_inbound_at + limits.WINDOW_SECONDS:
            raise Refused("window_closed")
        recipient = await self._people.recipient(delivery.external_key)
        if recipient is None:
            raise Refused("no_address")
        rows = [row.id for row in delivery.rows]
        contents = self._render(delivery)
        for part in range(delivery.rows[0].part, len(contents)):
            last = part == len(contents) - 1
            marks = {"biz_opaque_callback_data": str(Carried(delivery.conversation, rows, part, len(contents)))}
            await self._gate.pass_through()
            await self._wait_for_turn(delivery.external_key)
            await progress.sending(rows, part)
            wamid = await self._request({**recipient, **contents[part], **marks}, delivery.external_key)
            await progress.sent(rows, part, wamid if last else None, last=last)

    async def typing(self, external_key: str, reply_to: str, kind: str | None) -> None:
        """Marks the message as read, which is also how typing is shown; once, and never given up half-way.

        No typing after a sticker: in a conversation it gets silence (bot/turn.py), else its answer is there at once.
        """
        if self._gate.closed or not reply_to.startswith("wamid."):  # a digest: see channel.py
            return
        task = self._reads.get(reply_to)
        if task is None:
            task = self._reads[reply_to] = asyncio.create_task(self._mark_read(reply_to, typing=kind != STICKER))
            task.add_done_callback(lambda _: self._reads.pop(reply_to, None))
        await asyncio.shield(task)

    async def close(self) -> None:
        for task in list(self._reads.values()):
            task.cancel()
        await asyncio.gather(*self._reads.values(), return_exceptions=True)

    def _render(self, delivery: Delivery) -> list[Content]:
        """A notice that was overtaken by its answer is not said any more; the buttons are the last that were given."""
        bodies = [row.body for row in delivery.rows]
        notices = (self._sentences.delayed, self._sentences.delayed_again)
        if any(body.text not in notices for body in bodies):
            bodies = [body for body in bodies if body.text not in notices]
        buttons = next((body.buttons for body in reversed(bodies) if body.buttons), [])
        words = self._sentences.whatsapp
        return render([body.text for body in bodies], buttons, words.options, words.list_button)

    async def _mark_read(self, message_id: str, *, typing: bool) -> None:
        try:
            await self._api.mark_read(message_id, typing=typing)
        except WhatsAppError as error:  # a courtesy: the answer comes all the same
            _log.info("whatsapp_not_marked_read", error=str(error))

    async def _read_first(self, message_id: str | None) -> None:
        task = self._reads.get(message_id or "")
        if task is not None:
            await asyncio.wait([task], timeout=READ_SECONDS)

    async def _wait_for_turn(self, person: str) -> None:
        """Returns when a message may leave; raises PutOff when that is not soon."""
        if (wait := self._throttled_until - time.monotonic()) > 0:
            raise PutOff(wait, "throttled")
        while (wait := self._pace.wait(person)) > 0:
            if wait > SHORT_WAIT:
                raise PutOff(wait, "pace")
            await asyncio.sleep(wait)

    async def _request(self, message: dict[str, Any], person: str) -> str:
        try:
            wamid = await self._api.send(message)
        except Rejected as error:
            raise self._rejected(error, person) from None
        except Busy as error:
            raise (self._put_off(error.retry_after) if error.throttled else TryAgain(str(error))) from None
        except MaybeSent as error:
            raise OutcomeUnknown(str(error)) from None
        self._throttled = 0
        self._gate.open()
        return wamid

    def _rejected(self, error: Rejected, person: str) -> Exception:
        code = error.code
        if code in OPERATOR:
            _log.error("whatsapp_needs_operator", reason=name(code), details=error.details)
        else:
            _log.info("whatsapp_rejected", reason=name(code), details=error.details)
        match meaning(code):
            case Meaning.TOKEN:
                return PutOff(self._gate.close(), name(code))
            case Meaning.THROTTLED:
                return self._put_off(None)
            case Meaning.PAIR:
                self._pace.borrowed_all(person)
                return PutOff(limits.PAIR_SECONDS, name(code))
            case Meaning.TRANSIENT:
                return TryAgain(name(code))
            case Meaning.NEVER:
                return Refused(name(code))

    def _put_off(self, seconds: float | None) -> PutOff:
        """Too much from this number: everybody waits, longer each time."""
        pause = seconds or min(FIRST_THROTTLE * 2**self._throttled, LONGEST_THROTTLE)
        self._throttled += 1
        self._throttled_until = time.monotonic() + pause
        return PutOff(pause, "throttled")
