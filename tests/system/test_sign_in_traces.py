"""What signing in leaves behind: every table, log line and metric is read after a whole run with known data."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import create_engine, inspect, text

from sandbox.identity.people import ACCOUNTS
from sandbox.portal.build import BUSY
from tests.bot.support.postgres import cluster
from tests.citizen import Citizen
from tests.system.signing_in import Visitor, ask_for_link, parameter
from tests.whole_system import PARTS, WholeSystem, wait_until

PASSWORD = "Girassol#2931"
CPF = (BUSY.document, "111.444.777-35", "111444777-35")
MINE = "14 pendências"
SQLITE = "sqlite"


class Traces:
    """A system, and the database that it writes to."""

    def __init__(self, system: WholeSystem, database: str) -> None:
        self.system = system
        self._engine = create_engine(database)

    def close(self) -> None:
        self._engine.dispose()

    def rows(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        with self._engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query), values)]

    def clear(self) -> dict[str, str]:
        """Everything that is kept or shown to operators: each table, each file, each part's log, the metrics."""
        tables = inspect(self._engine).get_table_names()
        kept = {name: str(self.rows(f'SELECT * FROM "{name}"')) for name in tables}  # noqa: S608
        for path in self.system.state_dir.rglob("*"):
            if path.is_file():
                kept[path.name] = path.read_bytes().decode("utf-8", errors="ignore")
        kept |= {f"log of {part}": self.system.log(part) for part in PARTS}
        metrics = httpx.get(f"{self.system.url}/metrics", trust_env=False)
        assert metrics.status_code == httpx.codes.OK
        return {**kept, "metrics": metrics.text}

    def issued(self) -> list[dict[str, str]]:
        """The tokens that the provider gave out, and the verifiers that it was shown."""
        answer = httpx.get(f"{self.system.parts.identity_url}/_control/issued", trust_env=False)
        tokens: list[dict[str, str]] = answer.raise_for_status().json()
        return tokens


@pytest.fixture(scope="module", params=[SQLITE, "postgresql"])
def traces(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traces]:
    if request.param == SQLITE:
        system = request.getfixturevalue("system")
        with contextlib.closing(Traces(system, f"sqlite:///{system.state_dir / 'guiche.db'}")) as opened:
            yield opened
        return
    with cluster() as server:
        address = server.database()
        with WholeSystem(tmp_path_factory.mktemp("postgres"), GUICHE_DATABASE_URL=address) as running:
            driven = address.replace("postgresql://", "postgresql+psycopg://", 1)
            with contextlib.closing(Traces(running, driven)) as opened:
                yield opened


def found(secrets: dict[str, str], kept: dict[str, str]) -> list[tuple[str, str]]:
    return [(place, name) for place, text in kept.items() for name, secret in secrets.items() if secret in text]


def sign_in(citizen: Citizen, visitor: Visitor, back: str, *, code: bool) -> None:
    """From the provider's answer to the answer in the chat."""
    page = visitor.open(back)
    if code:
        assert MINE in citizen.say(page.code).text
        return
    visitor.confirm(page)
    wait_until(lambda: any(MINE in event["text"] for event in citizen.history()))


@pytest.mark.parametrize("code", [True, False], ids=["by the code", "without a code"])
def test_after_a_whole_run_nothing_of_the_person_is_anywhere_in_clear(traces: Traces, code: bool) -> None:
    system = traces.system
    citizen = system.citizen()
    visitor = Visitor(system, None if code else citizen)
    citizen.say(f"minha senha é {PASSWORD}")
    link, _ = ask_for_link(citizen, "minhas pendências")
    authorize = visitor.accept(link).headers["location"]
    back = visitor.choose(authorize, "busy").headers["location"]
    sign_in(citizen, visitor, back, code=code)
    processes = citizen.say("quais são os meus processos?").text

    cookies = {cookie.name: str(cookie.value) for cookie in visitor.http.cookies.jar}
    secrets = {
        **{f"CPF {number}": number_as_written for number, number_as_written in enumerate(CPF)},
        **traces.issued()[-1],
        "masked CPF": "***.444.777-**",
        "name": BUSY.name,
        "e-mail": ACCOUNTS["busy"].email,
        "password": PASSWORD,
        "link": link.rpartition("/")[2],
        "state": parameter(authorize, "state"),
        "nonce": parameter(authorize, "nonce"),
        "code of the provider": parameter(back, "code"),
        "cookie": cookies["guiche_entrar"],
        "welcome": "Pronto, Maria",
        "pendencies": MINE,
        "processes": next(line for line in processes.splitlines() if "PMP " in line),
    }
    assert min(len(secret) for secret in secrets.values()) > 8  # none is empty: each would be found
    assert found(secrets, traces.clear()) == []
    citizen.say("sair")
    assert found(secrets, traces.clear()) == []

    owned = {"conversation": citizen.conversation}
    sessions = "SELECT count(*) FROM citizen_sessions WHERE conversation = :conversation"
    assert traces.rows(sessions, **owned) == [(0,)]
    sealed = "SELECT count(*) FROM outbox WHERE conversation = :conversation AND secret IS NOT NULL"
    assert traces.rows(sealed, **owned) == [(0,)]


def test_the_audit_says_what_was_read_and_of_whom_and_never_who(traces: Traces) -> None:
    citizen = traces.system.citizen()
    link, _ = ask_for_link(citizen)
    citizen.say(Visitor(traces.system).sign_in(link).code)
    citizen.say("quais são os meus processos?")
    citizen.history()  # a reload shows what was kept once more
    citizen.say("sair")
    query = "SELECT event, subject, detail FROM audit WHERE conversation = :conversation ORDER BY id"
    lines = traces.rows(query, conversation=citizen.conversation)
    events = [event for event, _, _ in lines]
    assert events[:4] == ["login_offered", "login_begun", "login_code_shown", "session_started"]
    assert events[-1] == "session_ended"
    read = [detail for event, _, detail in lines if event == "session_read"]
    assert read == ["welcome", "list_pendencies", "list_processes"]
    shown = [detail for event, _, detail in lines if event == "answer_shown"]
    assert len(shown) >= 3
    assert all(detail.startswith("outbox ") for detail in shown)
    of_the_person = ("login_code_shown", "session_started", "session_read", "answer_shown")
    subjects = {subject for event, subject, _ in lines if event in of_the_person}
    assert len(subjects) == 1
    assert len(str(subjects.pop())) == 32
