"""Fills the made-up city: the same seed and day give the same city. The fixed records below are there in every one."""

from __future__ import annotations

import datetime as dt
import random
from itertools import count, cycle
from typing import TYPE_CHECKING

from sandbox.portal import catalog
from sandbox.portal.documents import random_cnpj, random_cpf
from sandbox.portal.world import GrantedView, Movement, Pendency, Person, Process, World

if TYPE_CHECKING:
    from collections.abc import Iterator

SEED = 20261122
BRASILIA = dt.timezone(dt.timedelta(hours=-3))

# People that tests and demonstrations may rely on. None of these documents was issued to show anything of anybody.
BUSY = Person("11144477735", "Maria Aparecida de Souza")  # a party of EXAMPLE; a pendency for each kind of deadline
IDLE = Person("52998224725", "João Batista Ferreira")  # one process, no pendency
NEWCOMER = Person("39053344705", "Rita de Cássia Prado")  # nothing at all
VISITOR = Person("86288366757", "Sebastião Nunes Vieira")  # an active view of EXAMPLE, an expired one of ANCIENT
COMPANY = Person("11222333000181", "Construtora Boa Vista Ltda")
ALPHANUMERIC_COMPANY = Person("12ABC34501DE35", "Padaria do Engenho Ltda")
KNOWN_PEOPLE = (BUSY, IDLE, NEWCOMER, VISITOR, COMPANY, ALPHANUMERIC_COMPANY)

# References that tests and demonstrations may rely on.
EXAMPLE = ("PMP", 2023, 500100)  # the one in the help center's own text
SEVERAL = ("SEMAE", 2024, 120045)  # three classifications
SECRET = ("PMP", 2022, 410077)  # BUSY is a party
BARE = ("FUMEP", 2025, 7)  # no unit, no movement
ANCIENT = ("IPASP", 1998, 312)  # archived

CITIZENS = 40
COMPANIES = 20
ALPHANUMERIC_COMPANIES = 8


def build_world(today: dt.date, seed: int = SEED) -> World:
    """A city as of `today`; every age and deadline is relative to it."""
    rng = random.Random(seed)  # noqa: S311  (repeatable data, no secret)
    world = World(today=today, people=_people(rng))
    ids = count(1)
    world.processes += _fixed_processes(today, ids)
    parties = [person for person in world.people if person not in (IDLE, NEWCOMER, VISITOR)]
    for agency, amount in catalog.PROCESSES.items():
        numbers = iter(rng.sample(range(100_001, 499_999), amount))
        for _ in range(amount):
            world.processes.append(
                _random_process(rng, parties, identifier=next(ids), agency=agency, number=next(numbers), today=today)
            )
    _add_pendencies(world, rng)
    _add_views(world, rng)
    return world


def _people(rng: random.Random) -> list[Person]:
    people = list(KNOWN_PEOPLE)
    companies = sum(person.is_company for person in people)
    names = [
        f"{first} {rng.choice(catalog.LAST_NAMES)} {last}"
        for last in catalog.LAST_NAMES
        for first in catalog.FIRST_NAMES
    ]
    for name in rng.sample(names, CITIZENS - (len(people) - companies)):
        people.append(Person(random_cpf(rng), name))
    businesses = [f"{name} {place} Ltda" for name in catalog.COMPANY_NAMES for place in catalog.COMPANY_PLACES]
    taken = {person.name for person in people}
    free = [name for name in businesses if name not in taken]
    for position, name in enumerate(rng.sample(free, COMPANIES - companies), start=1):
        people.append(Person(random_cnpj(rng, alphanumeric=position < ALPHANUMERIC_COMPANIES), name))
    return people


def _at(day: dt.date, hour: int = 10) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour, 30), BRASILIA)


def _fixed_processes(today: dt.date, ids: Iterator[int]) -> list[Process]:
    example_kind = catalog.KINDS["PMP"][0]
    projects, inspection = example_kind.units[1:]
    steps = (
        (dt.date(2023, 3, 14), "Processo aberto", "Requerimento protocolado pelo interessado.", "Protocolo Geral"),
        (dt.date(2023, 4, 3), "Encaminhado para análise", "Segue o projeto para análise.", projects),
        (dt.date(2023, 6, 20), "Comunique-se emitido", "Apresentar a planta corrigida.", projects),
        (dt.date(2023, 8, 2), "Documentos juntados", "Planta corrigida apresentada.", projects),
        (dt.date(2024, 2, 19), "Alvará emitido", "Alvará de construção emitido.", projects),
        (
            max(dt.date(2024, 3, 1), today - dt.timedelta(days=40)),
            "Habite-se solicitado",
            "Obra concluída.",
            inspection,
        ),
        (max(dt.date(2024, 3, 2), today - dt.timedelta(days=12)), "Vistoria agendada", "Vistoria marcada.", inspection),
    )

    def fixed(
        reference: tuple[str, int, int],
        kind: catalog.Kind,
        opened: dt.date,
        *parties: Person,
        unit: str | None,
        situation: str,
        classification: str | None = None,
        secret: bool = False,
        movements: tuple[Movement, ...] = (),
    ) -> Process:
        agency, year, number = reference
        return Process(
            id=next(ids),
            agency=agency,
            year=year,
            number=number,
            type=kind.type,
            classification=classification or kind.classification,
            subject=kind.subjects[0],
            opened=opened,
            received=opened,
            current_agency=agency,
            current_unit=unit,
            situation=situation,
            secret=secret,
            movements=movements,
            parties=parties,
            documents=catalog.DOCUMENTS,
        )

    received = (Movement(_at(dt.date(2024, 5, 6)), *catalog.MOVEMENTS[0], "Atendimento"),)
    water, bill = catalog.KINDS["SEMAE"]
    running, stored = "Em andamento", "Arquivado"
    return [
        fixed(
            EXAMPLE,
            example_kind,
            dt.date(2023, 3, 14),
            BUSY,
            COMPANY,
            unit=inspection,
            situation=running,
            movements=tuple(Movement(_at(day), title, text, place) for day, title, text, place in steps),
        ),
        fixed(
            SEVERAL,
            water,
            dt.date(2024, 5, 6),
            COMPANY,
            unit="Divisão de Obras e Redes",
            situation=running,
            movements=received,
        ),
        fixed(
            SEVERAL, bill, dt.date(2024, 5, 7), IDLE, unit="Divisão Comercial", situation="Deferido", movements=received
        ),
        fixed(
            SEVERAL,
            water,
            dt.date(2024, 5, 9),
            ALPHANUMERIC_COMPANY,
            unit=None,
            situation=stored,
            classification="Protocolo",
        ),
        fixed(
            SECRET,
            catalog.KINDS["PMP"][2],
            dt.date(2022, 9, 1),
            BUSY,
            unit="Procuradoria Geral",
            situation=running,
            secret=True,
        ),
        fixed(BARE, catalog.KINDS["FUMEP"][0], dt.date(2025, 2, 3), COMPANY, unit=None, situation=running),
        fixed(ANCIENT, catalog.KINDS["IPASP"][0], dt.date(1998, 7, 20), COMPANY, unit="Arquivo", situation=stored),
    ]


def _random_process(
    rng: random.Random, people: list[Person], *, identifier: int, agency: str, number: int, today: dt.date
) -> Process:
    kind = rng.choice(catalog.KINDS[agency])
    opened = today - dt.timedelta(days=rng.randrange(2, 2_400))
    situation = catalog.SITUATIONS[identifier % len(catalog.SITUATIONS)]
    movements = [Movement(_at(opened), "Processo aberto", "Requerimento protocolado.", kind.units[0])]
    day = opened
    for title, text in catalog.MOVEMENTS[: rng.randrange(len(catalog.MOVEMENTS) + 1)]:
        day += dt.timedelta(days=rng.randrange(1, 60))
        if day > today:
            break
        movements.append(Movement(_at(day, rng.randrange(8, 17)), title, text, rng.choice(kind.units)))
    return Process(
        id=identifier,
        agency=agency,
        year=opened.year,
        number=number,
        type=kind.type,
        classification=kind.classification,
        subject=rng.choice(kind.subjects),
        opened=opened,
        received=min(opened + dt.timedelta(days=1), today),
        current_agency=agency,
        current_unit=None if situation in catalog.FINAL_SITUATIONS else movements[-1].place,
        situation=situation,
        secret=identifier % 25 == 0,
        movements=tuple(movements),
        # Everybody gets a process before anybody gets a second one as the first party.
        parties=(people[identifier % len(people)], *rng.sample(people, rng.randrange(2))),
        documents=catalog.DOCUMENTS[: rng.randrange(1, len(catalog.DOCUMENTS) + 1)],
    )


def _add_pendencies(world: World, rng: random.Random) -> None:
    ids = count(7001)
    types = cycle(catalog.INSTRUCTIONS)

    def add(person: Person, days: int | None, still_open: bool) -> None:
        process = rng.choice(world.processes_of(person.document))
        kind = next(types)
        deadline = None if days is None else world.today + dt.timedelta(days=days)
        latest = min(world.today, deadline or world.today)
        world.pendencies.append(
            Pendency(
                id=next(ids),
                person=person,
                process=process,
                type=kind,
                created=latest - dt.timedelta(days=rng.randrange(1, 30)),
                deadline=deadline,
                open=still_open,
                instructions=catalog.INSTRUCTIONS[kind],
            )
        )

    for days in catalog.DEADLINES:
        add(BUSY, days, still_open=True)
    add(IDLE, -10, still_open=False)
    others = [person for person in world.people if person not in (BUSY, IDLE, NEWCOMER, VISITOR)]
    for position, (person, days) in enumerate(zip(cycle(others), cycle(catalog.DEADLINES), strict=False)):
        if position == 126:
            break
        add(person, days, still_open=position % 4 != 3)


def _add_views(world: World, rng: random.Random) -> None:
    ids = count(9001)

    def add(person: Person, process: Process, days_left: int) -> None:
        expires = world.today + dt.timedelta(days=days_left)
        world.views.append(GrantedView(next(ids), person, process, expires - dt.timedelta(days=30), expires))

    add(VISITOR, world.find(*EXAMPLE)[0], 20)
    add(VISITOR, world.find(*ANCIENT)[0], -45)
    people = [person for person in world.people if person not in KNOWN_PEOPLE]
    for position in range(24):
        person = people[position]
        foreign = [item for item in world.processes if person not in item.parties and not item.secret]
        add(person, rng.choice(foreign), rng.choice((0, 5, 12, 29)) if position % 2 else -rng.randrange(1, 200))
