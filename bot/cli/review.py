"""`guiche review`: a person decides about what was not understood. Nothing is learned without one."""

import asyncio
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.cli.kept import NothingKept, kept_database
from bot.cli.paths import RASA_PYTHON, ROOT, rasa_environment, require_rasa
from bot.cli.terminal import Terminal
from bot.settings import SettingsError
from bot.store import StoreUnavailable, open_database
from bot.store.database import Database, Operation
from bot.store.review import Doubtful, decide, doubtful

ACCEPTED, RELABELLED, DISCARDED, REFUSED = "accepted", "relabelled", "discarded", "refused"
_MODULE = "assistant.review"


class ReviewerFailed(Exception):
    """The half of the review in Rasa's environment ended; the message is what it said."""


class Quit(Exception):
    """The person has had enough; what was decided stays decided."""


@dataclass(frozen=True, slots=True)
class Group:
    """Lines that mean much the same: the intent that the model takes them for, and each line with its copies."""

    intent: str
    lines: list[list[Doubtful]]


class Reviewer:
    """The boxed half: groups lines, and adds accepted ones to data/nlu.yml. Raises ReviewerFailed."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.titles: dict[str, str | None] = {}
        """Every intent that lines can be given, with its title where it has one; known after ``group``."""

    def group(self, lines: Sequence[Doubtful]) -> list[Group]:
        answer = self._ask({"group": [line.text for line in lines]})
        self.titles = {item["intent"]: item["title"] for item in answer["intents"]}
        return [
            Group(found["intent"], [[lines[place] for place in places] for places in found["places"]])
            for found in answer["groups"]
        ]

    def add(self, text: str, intent: str) -> str | None:
        """Why the line was refused, or None: it is in the file."""
        refused: str | None = self._ask({"add": {"text": text, "intent": intent}}).get("refused")
        return refused

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        pipe_in, pipe_out = self._process.stdin, self._process.stdout
        assert pipe_in is not None  # noqa: S101  (opened as pipes below)
        assert pipe_out is not None  # noqa: S101
        try:
            pipe_in.write(json.dumps(request) + "\n")
            pipe_in.flush()
            line = pipe_out.readline()
        except OSError:
            line = ""
        if not line:
            errors = self._process.stderr.read() if self._process.stderr else ""
            raise ReviewerFailed(errors.strip().rpartition("\n")[2])
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def reviewer(root: Path = ROOT) -> Iterator[Reviewer]:
    """The boxed half, running in the project at ``root``. Raises EnvironmentMissing."""
    require_rasa()
    with subprocess.Popen(  # noqa: S603
        [str(RASA_PYTHON), "-m", _MODULE],
        cwd=root,
        env=rasa_environment(os.environ) | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        try:
            yield Reviewer(process)
        finally:
            process.terminate()


class Review:
    """Shows the groups one by one and does what the person says."""

    def __init__(
        self,
        terminal: Terminal,
        helper: Reviewer,
        remember: Callable[[Sequence[Doubtful], str], None],
        read: Callable[[str], str] = input,
    ) -> None:
        self._terminal = terminal
        self._helper = helper
        self._remember = remember
        self._read = read
        self.added = 0

    def run(self, lines: Sequence[Doubtful]) -> None:
        """Returns when all is decided or the person quits."""
        groups = self._helper.group(lines)
        try:
            for number, group in enumerate(groups, start=1):
                self._group(group, number, len(groups))
        except Quit:
            return

    def _group(self, group: Group, number: int, total: int) -> None:
        count = sum(map(len, group.lines))
        self._terminal.say("review.group", number=number, total=total, topic=self._named(group.intent), count=count)
        for copies in group.lines:
            self._show(copies)
        answer = self._choose("review.ask_group", "review.answers_group")
        if answer == "one_by_one":
            for copies in group.lines:
                self._show(copies)
                self._do(self._choose("review.ask_line", "review.answers_line"), [copies], group.intent)
        else:
            self._do(answer, group.lines, group.intent)

    def _show(self, copies: Sequence[Doubtful]) -> None:
        how = copies[0].understood
        kind = self._terminal.text(f"review.{how.kind}")
        again = self._terminal.text("review.times", count=len(copies)) if len(copies) > 1 else ""
        self._terminal.say(
            "review.line", text=_printable(copies[0].text), kind=kind, percent=round(how.probability * 100), again=again
        )

    def _do(self, answer: str, lines: Sequence[Sequence[Doubtful]], suggested: str) -> None:
        if answer == "accept":
            self._learn(lines, suggested, ACCEPTED)
        elif answer == "relabel":
            self._learn(lines, self._ask_intent(), RELABELLED)
        elif answer == "discard":
            self._remember([line for copies in lines for line in copies], DISCARDED)

    def _learn(self, lines: Sequence[Sequence[Doubtful]], intent: str, decision: str) -> None:
        for copies in lines:
            refused = self._helper.add(copies[0].text, intent)
            if refused is not None:
                self._terminal.say("review.refused", text=_printable(copies[0].text), reason=refused)
            else:
                self.added += 1
            self._remember(copies, REFUSED if refused is not None else decision)

    def _ask_intent(self) -> str:
        """The intent that the person names, by its name or its title."""
        names = {name.casefold(): name for name in self._helper.titles}
        names |= {title.casefold(): name for name, title in self._helper.titles.items() if title}
        while True:
            given = self._ask("review.ask_intent").casefold()
            if given in names:
                return names[given]
            for name in self._helper.titles:
                self._terminal.say("review.intent", name=self._named(name))

    def _choose(self, question: str, answers: str) -> str:
        """What the person's letter stands for; anything else asks again."""
        letters = dict(pair.split("=") for pair in self._terminal.text(answers).split())
        while True:
            given = self._ask(question).casefold()
            if given in letters:
                if letters[given] == "quit":
                    raise Quit
                return letters[given]

    def _ask(self, question: str) -> str:
        try:
            return self._read(self._terminal.text(question)).strip()
        except (EOFError, KeyboardInterrupt):
            raise Quit from None

    def _named(self, intent: str) -> str:
        title = self._helper.titles.get(intent)
        return f"{title} ({intent})" if title else intent


def review(terminal: Terminal, limit: int, root: Path = ROOT) -> int:
    """The command: 0, or 1 when there is no database or the boxed half fails. Raises EnvironmentMissing."""
    try:
        url = kept_database()
        database = open_database(url, 1)
        lines = _run(database, lambda connection: doubtful(connection, limit))
        if not lines:
            terminal.say("review.nothing")
            return 0

        def remember(decided: Sequence[Doubtful], decision: str) -> None:
            _run(open_database(url, 1), lambda connection: decide(connection, decided, decision, time.time()))

        with reviewer(root) as helper:
            session = Review(terminal, helper, remember)
            session.run(lines)
    except NothingKept as error:
        terminal.complain("review.nothing_kept", database=error)
        return 1
    except (SettingsError, StoreUnavailable) as error:
        terminal.complain("review.no_database", reason=error)
        return 1
    except ReviewerFailed as error:
        terminal.complain("review.failed", reason=error)
        return 1
    terminal.say("review.added" if session.added else "review.none_added", count=session.added)
    return 0


def _printable(text: str) -> str:
    """On one line, and without what would steer the terminal."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _run[T](database: Database, operation: Operation[T]) -> T:
    """One transaction on a database opened for it: between two decisions a person may go for lunch."""

    async def run() -> T:
        await database.start()
        try:
            return await database.write(operation)
        finally:
            await database.close()

    return asyncio.run(run())
