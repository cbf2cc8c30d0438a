"""The records of the made-up city and how they are found. `build.py` fills them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Person:
    """A citizen (CPF) or a company (CNPJ)."""

    document: str
    name: str

    @property
    def is_company(self) -> bool:
        """Has a CNPJ."""
        return len(self.document) == 14


@dataclass(frozen=True, slots=True)
class Movement:
    """One step of a process."""

    at: dt.datetime
    title: str
    text: str
    place: str


@dataclass(frozen=True, slots=True)
class Process:
    """A process, with everything that only its parties may see."""

    id: int
    agency: str
    year: int
    number: int
    type: str
    classification: str
    subject: str
    opened: dt.date
    received: dt.date | None
    current_agency: str
    current_unit: str | None
    situation: str
    secret: bool
    movements: tuple[Movement, ...]
    parties: tuple[Person, ...]
    documents: tuple[str, ...]

    @property
    def reference(self) -> str:
        """As the portal writes it: `PMP 2023/500100`."""
        return f"{self.agency} {self.year}/{self.number}"


@dataclass(frozen=True, slots=True)
class Pendency:
    """Something that a party has to do."""

    id: int
    person: Person
    process: Process
    type: str
    created: dt.date
    deadline: dt.date | None
    open: bool
    instructions: str


@dataclass(frozen=True, slots=True)
class GrantedView:
    """A view of a process that was granted to somebody who is no party."""

    id: int
    person: Person
    process: Process
    granted: dt.date
    expires: dt.date


@dataclass(slots=True)
class World:
    """All of it, as of `today`."""

    today: dt.date
    people: list[Person] = field(default_factory=list)
    processes: list[Process] = field(default_factory=list)
    pendencies: list[Pendency] = field(default_factory=list)
    views: list[GrantedView] = field(default_factory=list)

    def find(self, agency: str, year: int, number: int) -> list[Process]:
        """Every process with that number, in whatever classification."""
        return [item for item in self.processes if (item.agency, item.year, item.number) == (agency, year, number)]

    def process(self, identifier: int) -> Process | None:
        """By the backend's own id."""
        return next((item for item in self.processes if item.id == identifier), None)

    def processes_of(self, document: str) -> list[Process]:
        """Those in which the person is a party, newest first."""
        mine = [item for item in self.processes if is_party(item, document)]
        return sorted(mine, key=lambda item: (item.opened, item.id), reverse=True)

    def pendencies_of(self, document: str) -> list[Pendency]:
        """Nearest deadline first, those without one last."""
        mine = [item for item in self.pendencies if item.person.document == document]
        return sorted(mine, key=lambda item: (item.deadline is None, item.deadline or item.created, item.id))

    def views_of(self, document: str) -> list[GrantedView]:
        """Newest first."""
        mine = [item for item in self.views if item.person.document == document]
        return sorted(mine, key=lambda item: (item.granted, item.id), reverse=True)

    def may_see_everything(self, process: Process, document: str | None) -> bool:
        """A party, or somebody with a granted view in force."""
        if document is None:
            return False
        granted = any(view.process.id == process.id and view.expires >= self.today for view in self.views_of(document))
        return granted or is_party(process, document)


def is_party(process: Process, document: str) -> bool:
    """Whether that person is one of the interested parties."""
    return any(party.document == document for party in process.parties)
