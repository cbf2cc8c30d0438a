"""What signing in leaves behind: every table, log line and metric is read after a whole run with known data."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import httpx

from sandbox.identity.people import ACCOUNTS
from sandbox.identity.tokens import email_of
from sandbox.portal.build import BUSY
from tests.system.signing_in import Visitor, ask_for_link, parameter
from tests.whole_system import PARTS, WholeSystem

PASSWORD = "Girassol#2931"
CPF = (BUSY.document, "111.444.777-35", "111444777-35")


def clear(system: WholeSystem) -> dict[str, str]:
    """Everything that is kept or shown to operators: each table, each file, each part's log, the metrics."""
    kept: dict[str, str] = {}
    with closing(sqlite3.connect(f"file:{system.state_dir / 'guiche.db'}?mode=ro", uri=True)) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            kept[name] = str(database.execute(f'SELECT * FROM "{name}"').fetchall())  # noqa: S608
    for path in system.state_dir.rglob("*"):
        if path.is_file():
            kept[path.name] = path.read_bytes().decode("utf-8", errors="ignore")
    kept |= {f"log of {part}": system.log(part) for part in PARTS}
    metrics = httpx.get(f"{system.url}/metrics", trust_env=False)
    assert metrics.status_code == httpx.codes.OK
    kept["metrics"] = metrics.text
    return kept


def found(secrets: dict[str, str], kept: dict[str, str]) -> list[tuple[str, str]]:
    return [(place, name) for place, text in kept.items() for name, secret in secrets.items() if secret in text]


def test_after_a_whole_run_nothing_of_the_person_is_anywhere_in_clear(system: WholeSystem) -> None:
    citizen, visitor = system.citizen(), Visitor(system)
    citizen.say(f"minha senha é {PASSWORD}")
    link, _ = ask_for_link(citizen, "minhas pendências")
    begun = visitor.accept(link)
    authorize = begun.headers["location"]
    back = visitor.choose(authorize, "busy").headers["location"]
    shown = visitor.open(back)
    answer = citizen.say(shown.code).text
    assert "14 pendências" in answer
    processes = citizen.say("quais são os meus processos?").text

    cookies = {cookie.name: str(cookie.value) for cookie in visitor.http.cookies.jar}
    secrets = {
        **{f"CPF {number}": text for number, text in enumerate(CPF)},
        "masked CPF": "***.444.777-**",
        "name": BUSY.name,
        "e-mail": email_of(ACCOUNTS["busy"]),
        "password": PASSWORD,
        "link": link.rpartition("/")[2],
        "state": parameter(authorize, "state"),
        "nonce": parameter(authorize, "nonce"),
        "code of the provider": parameter(back, "code"),
        "cookie": cookies["guiche_entrar"],
        "welcome": "Pronto, Maria",
        "pendencies": "14 pendências",
        "processes": next(line for line in processes.splitlines() if "PMP " in line),
    }
    assert found(secrets, clear(system)) == []
    citizen.say("sair")
    afterwards = clear(system)
    assert found(secrets, afterwards) == []

    with closing(sqlite3.connect(f"file:{system.state_dir / 'guiche.db'}?mode=ro", uri=True)) as database:
        owned = (citizen.conversation,)
        assert database.execute("SELECT count(*) FROM citizen_sessions WHERE conversation = ?", owned).fetchone() == (
            0,
        )
        sealed = "SELECT count(*) FROM outbox WHERE conversation = ? AND secret IS NOT NULL"
        assert database.execute(sealed, owned).fetchone() == (0,)
        lines = database.execute(
            "SELECT event, subject FROM audit WHERE conversation = ? ORDER BY id", owned
        ).fetchall()
    events = [event for event, _ in lines]
    assert events[:3] == ["login_offered", "login_begun", "session_started"]
    assert events.count("session_read") >= 3
    assert events[-1] == "session_ended"
    subjects = {subject for event, subject in lines if event in ("session_started", "session_read")}
    assert len(subjects) == 1
    assert len(str(subjects.pop())) == 32
