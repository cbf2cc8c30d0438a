"""Plays a conversation with the running system and checks every reply."""

from __future__ import annotations

import datetime as dt
import re

from sandbox.portal import build
from sandbox.portal.world import Person
from tests.citizen import NOTICES, Citizen, Reply
from tests.dialogues.conversation import Dialogue, Expect, Turn
from tests.whole_system import WholeSystem

NOTICE = "Você fala com o **Guichê**, assistente virtual"
MAX_TITLE = 20
PATIENCE = 8.0
"""Seconds that a citizen waits for an answer of some kind (issue "Guichê answers")."""
_RAW = re.compile(r"\{\w+\}|utter_|action_|\bNone\b|\bnull\b")
"""What a template says when something was not filled in."""


class Player:
    """One citizen who says the lines of one conversation."""

    def __init__(self, system: WholeSystem, dialogue: Dialogue) -> None:
        self._system = system
        self._dialogue = dialogue
        self._citizen: Citizen = system.citizen()
        self._sent: dict[str, str] = {}
        self._script: list[str] = []
        self._last: Reply | None = None
        self._hurt = False

    def play(self) -> None:
        """Every turn in order; an AssertionError shows the conversation up to what went wrong."""
        try:
            for turn in self._dialogue.turns:
                self._turn(turn)
            if self._hurt:
                self._each_answered_once()
        except AssertionError as error:
            raise AssertionError(f"{error}\n\n" + "\n".join(self._script)) from None

    def _turn(self, turn: Turn) -> None:
        match turn:
            case Turn(citizen=str(text)):
                self._send(text * turn.times, button=False)
                self._hear(text * turn.times, turn.expect)
            case Turn(press=str(title)):
                self._send(title, button=True)
                self._hear(title, turn.expect)
            case Turn(writes=str(text)):
                self._send(text, button=False)
            case Turn(presses=str(title)):
                self._send(title, button=True)
            case Turn(answer=str(text)):
                self._hear(text, turn.expect)
            case Turn(notice=str(text)):
                said = self._citizen.first_word(self._sent[text])
                assert said in NOTICES, f"{said!r} was said where a notice was due"
            case _:
                self._stage(turn)

    def _stage(self, turn: Turn) -> None:
        """What happens beside the conversation."""
        self._script.append(f"({turn})")
        match turn:
            case Turn(fault="none"):
                self._system.clear_fault()
            case Turn(fault=dict(fault)):
                self._hurt = True
                self._system.set_fault(**fault)
            case Turn(kill=str(part)):
                self._hurt = True
                self._system.kill(part)
            case Turn(restart=str(part)):
                self._system.restart(part)
            case Turn(session="none"):
                self._system.sign_out(self._citizen)
            case Turn(session=str(who)):
                person = somebody(who)
                self._system.sign_in(self._citizen, person.document, person.name)
            case Turn(new_conversation=True):
                self._citizen.open(new=True)

    def _send(self, words: str, *, button: bool) -> None:
        self._script.append(f"> [{words}]" if button else f"> {words[:200]}")
        what = {"button": self._citizen.button(words)} if button else {"text": words}
        self._sent[words] = self._citizen.post(**what)

    def _hear(self, words: str, expect: Expect) -> None:
        reply = self._citizen.answer(self._sent.pop(words))
        self._script += [f"  ({notice})" for notice in reply.notices]
        self._script += [reply.text, f"  {reply.titles}" if reply.titles else ""]
        self._check_always(reply)
        _check(reply, expect)
        self._last = reply

    def _check_always(self, reply: Reply) -> None:
        """What is true of every reply in every conversation."""
        assert reply.text.strip(), "an empty reply"
        assert not (raw := _RAW.search(reply.text)), f"the citizen reads {raw[0]!r}"
        assert (NOTICE in reply.text) == (self._last is None), "the notice is said in the first reply, and only there"
        assert self._last is None or reply.text != self._last.text, "the same text twice in a row"
        assert all(len(title) <= MAX_TITLE for title in reply.titles), f"a button is too long: {reply.titles}"
        assert reply.seconds < PATIENCE or reply.notices, f"nothing was said for {reply.seconds:.1f} s"
        assert len(reply.notices) <= 1, "told twice that it takes longer"

    def _each_answered_once(self) -> None:
        """After what happened to the system: no message lost, none answered twice."""
        events = self._citizen.history()
        asked = [event["id"] for event in events if event["from"] == "citizen"]
        answered = [event["in_reply_to"] for event in events if event["from"] == "assistant" and event["final"]]
        assert asked == answered, "every message is answered, once, in its order"


def somebody(name: str) -> Person:
    """A person of the sandbox: one of the constants in sandbox/portal/build.py, or NO_DEADLINE, who has a pendency
    without one."""
    if name != "NO_DEADLINE":
        return getattr(build, name)
    world = build.build_world(dt.datetime.now(build.BRASILIA).date())
    few = (item for item in world.pendencies if item.open and item.person not in build.KNOWN_PEOPLE)
    return next(item.person for item in few if item.deadline is None)


def _check(reply: Reply, expect: Expect) -> None:
    missing = [words for words in expect.says if words not in reply.text]
    assert not missing, f"the reply does not say {missing}"
    assert not expect.says_one_of or any(words in reply.text for words in expect.says_one_of), (
        f"the reply says none of {expect.says_one_of}"
    )
    said = [words for words in expect.never if words in reply.text]
    assert not said, f"the reply says {said}"
    absent = [title for title in expect.buttons if title not in reply.titles]
    assert not absent, f"no buttons {absent} among {reply.titles}"
    if expect.exactly_buttons is not None:
        assert reply.titles == expect.exactly_buttons, f"the buttons are {reply.titles}"
