"""What is left behind after people were served: nothing of theirs in clear, and no file of Rasa's."""

from __future__ import annotations

import os
import re
import sqlite3
import stat
from contextlib import closing
from datetime import datetime
from pathlib import Path

from bot.cli.paths import ROOT
from bot.private import CITY_TIME
from sandbox.portal.build import BUSY, EXAMPLE, SECRET, build_world
from sandbox.portal.catalog import SITUATIONS
from tests.whole_system import PARTS, RASA, WholeSystem

NAME = "Genoveva Quaresma de Albuquerque"
TYPED = {
    "CPF": "529.982.247-25",
    "CPF without marks": "39053344705",
    "CNPJ": "11.444.777/0001-61",
    "e-mail": "genoveva.q@exemplo.com.br",
    "card": "4111 1111 1111 1111",
    "password": "abacaxi123",
}
ASKED_BY_STRANGERS = (EXAMPLE, SECRET)
"""Processes that other citizens of these tests look up by their number."""
COMMON = {f"- Situação: {situation}" for situation in SITUATIONS}
"""Lines that many processes have, those looked up by strangers too."""
OTHERS_WRITE_HERE = {".git", ".venv", ".venv-rasa", ".tools", ".guiche", "__pycache__", ".hypothesis"}


def everything_kept(system: WholeSystem, home: Path) -> dict[Path, str]:
    """Each file's bytes as text: database, write-ahead log, the parts' logs, whatever lies in HOME and TMPDIR."""
    files = [path for folder in (system.state_dir, home) for path in folder.rglob("*") if path.is_file()]
    return {path: path.read_bytes().decode("utf-8", errors="ignore") for path in files}


def rows_of(system: WholeSystem, conversation: str) -> str:
    """Every row of every table that belongs to a conversation: its state, its outbox, its buttons, …"""
    with closing(sqlite3.connect(f"file:{system.state_dir / 'guiche.db'}?mode=ro", uri=True)) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = [row for table in tables for row in database.execute(f'SELECT * FROM "{table}"')]  # noqa: S608
    return "\n".join(str(row) for row in rows if conversation in row)


def found(secrets: list[str], kept: dict[Path, str]) -> list[tuple[str, str]]:
    return [(path.name, secret) for path, text in kept.items() for secret in secrets if secret in text]


def test_an_identified_citizen_leaves_nothing_in_clear(system: WholeSystem, home: Path) -> None:
    world = build_world(datetime.now(CITY_TIME).date())
    processes, pendencies = world.processes_of(BUSY.document), world.pendencies_of(BUSY.document)
    citizen = system.citizen()
    citizen.say("bom dia")
    session = system.sign_in(citizen, BUSY.document, NAME)

    shown = citizen.say("minhas pendências").text + "\n"
    shown += citizen.press(citizen.replies[-1].titles[0]).text + "\n"
    shown += citizen.press("Ver o processo").text + "\n"
    shown += citizen.press("Listar documentos").text + "\n"
    shown += citizen.say("quais são os meus processos?").text + "\n"
    shown += citizen.say("2").text + "\n"
    shown += citizen.say("documentos do meu processo").text + "\n"
    assert "O que pedem:" in shown
    assert "Interessados:" in shown
    assert ".pdf" in shown
    citizen.say("quero trocar o meu e-mail")
    while_signed_in = everything_kept(system, home), rows_of(system, citizen.conversation)
    system.sign_out(citizen)
    afterwards = everything_kept(system, home), rows_of(system, citizen.conversation)

    assert sum(item.type in shown for item in pendencies) >= 10
    assert sum(item.reference in shown for item in processes) >= 5
    private = [
        *(NAME, BUSY.name, BUSY.document, "111.444.777-35", session),
        *(line for line in shown.splitlines() if re.match(r"- |\d+\. |O que pedem", line) and line not in COMMON),
        *(title for reply in citizen.replies for title in reply.titles if re.match(r"\d+\. ", title)),
        *(item.reference for item in processes if (item.agency, item.year, item.number) not in ASKED_BY_STRANGERS),
    ]
    words = [*(item.type for item in pendencies), *(item.subject for item in processes), "vence"]
    for kept, rows in (while_signed_in, afterwards):
        assert found(private, kept) == []
        assert "trocar o meu e-mail" in rows
        assert [word for word in words if word in rows] == []


def test_after_signing_out_the_personal_answers_are_gone_for_the_citizen_too(system: WholeSystem) -> None:
    citizen = system.citizen()
    citizen.say("bom dia")
    system.sign_in(citizen, BUSY.document, NAME)
    shown = citizen.say("minhas pendências").text
    assert shown in [event["text"] for event in citizen.history()]
    system.sign_out(citizen)
    assert shown not in [event["text"] for event in citizen.history()]


def test_what_a_stranger_types_is_covered_before_it_is_kept(system: WholeSystem, home: Path) -> None:
    citizen = system.citizen()
    for text in (
        f"meu cpf é {TYPED['CPF']} e o email {TYPED['e-mail']}",
        f"cpf {TYPED['CPF without marks']}",
        f"o cnpj da firma: {TYPED['CNPJ']}",
        f"paguei com o cartão {TYPED['card']}",
        f"minha senha é {TYPED['password']}",
    ):
        citizen.say(text)
    plain = [value.translate({ord(mark): None for mark in ".-/ "}) for value in TYPED.values()]
    assert found([*TYPED.values(), *plain], everything_kept(system, home)) == []
    assert "[CPF]" in rows_of(system, citizen.conversation)


def test_the_logs_quote_nobody(system: WholeSystem) -> None:
    """Neither what is asked nor what is answered; a button, a broken text, and a failing turn included."""
    citizen = system.citizen()
    texts = ["meu papagaio Loro sumiu com o PMP 2023/500100", "quero vista do papagaio", "papagaio" * 2_000, "🦜" * 9]
    answers = [citizen.say(text).text for text in texts]
    for part in PARTS:
        log = system.log(part)
        assert "papagaio" not in log, part
        assert [answer for answer in answers if answer[:40] in log] == [], part


def test_rasa_writes_no_file_and_no_database_while_serving(system: WholeSystem, home: Path) -> None:
    citizen = system.citizen()
    citizen.say("oi")
    before = files(ROOT, home)
    for number in range(10):
        citizen.say("esqueci minha senha")
        citizen.say("passo a passo")
        citizen.say(f"PMP 2023/50010{number}")
    assert files(ROOT, home) == before
    assert written_by(system.parts.pid(RASA)) <= {str(system.parts.log(RASA))}


def files(*roots: Path) -> dict[str, int]:
    """Path -> time of the last change of every file; without what tools, or the tests themselves, write."""
    times = {}
    for root in roots:
        for folder, folders, names in os.walk(root):
            folders[:] = [name for name in folders if name not in OTHERS_WRITE_HERE and not name.endswith("_cache")]
            times |= {f"{folder}/{name}": os.lstat(f"{folder}/{name}").st_mtime_ns for name in names}
    return times


def written_by(pid: int) -> set[str]:
    """The regular files that a process has open for writing."""
    written = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            flags = int(Path(f"/proc/{pid}/fdinfo/{descriptor.name}").read_text().split()[3], 8)
            if stat.S_ISREG(descriptor.stat().st_mode) and flags & os.O_ACCMODE:
                written.add(os.readlink(descriptor))
        except OSError:  # it was closed while we looked
            continue
    return written
