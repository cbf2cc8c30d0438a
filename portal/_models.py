"""What the portal backend tells, as typed, immutable values.

English inside Guichê, the backend's Portuguese names on the wire: each `rename` below is the place where a city's own
field names go (docs/conectar-o-portal.md). Fields that we do not know are ignored; a known one that is missing or has
another type makes the whole answer a BrokenAnswer, because half an answer about somebody's process is a wrong one.
"""

from __future__ import annotations

import datetime as dt
import re

import msgspec


class Movement(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={"at": "dtMovimento", "title": "dsTitulo", "text": "dsTexto", "place": "nmLocal"},
):
    """One step of a process. `text` and `place` may be absent."""

    at: dt.datetime
    title: str
    text: str | None = None
    place: str | None = None


class Party(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={"name": "nmInteressado", "document": "nuCpfCnpj", "role": "tpInteressado"},
):
    """An interested party. For someone who is none, the backend masks both name and document."""

    name: str
    document: str
    role: str | None = None


class Process(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={
        "id": "idProcesso",
        "agency": "sgOrgaoProcesso",
        "year": "anoProcesso",
        "number": "nuProcesso",
        "reference": "nuProcessoFormatado",
        "type": "tpProcesso",
        "classification": "dsClassificacao",
        "subject": "dsAssunto",
        "opened": "dtAbertura",
        "received": "dtRecebimento",
        "opening_agency": "sgOrgaoAbertura",
        "current_agency": "sgOrgaoAtual",
        "current_unit": "nmUnidadeAtual",
        "situation": "dsSituacao",
        "movements": "movimentos",
        "parties": "interessados",
    },
):
    """A process as whoever asked may see it. `movements` come newest first, whatever the backend's order."""

    id: int
    agency: str
    year: int
    number: int
    reference: str
    type: str
    classification: str
    subject: str
    opened: dt.date
    received: dt.date | None = None
    opening_agency: str
    current_agency: str
    current_unit: str | None = None
    situation: str
    movements: tuple[Movement, ...] = ()
    parties: tuple[Party, ...] = ()

    @property
    def seen_whole(self) -> bool:
        """Whether whoever asked sees all of it: the backend masks the parties' documents to everybody else."""
        return bool(self.parties) and all(_WHOLE_DOCUMENT.fullmatch(party.document) for party in self.parties)

    def latest_movements(self, count: int) -> tuple[Movement, ...]:
        """The last `count` movements, newest first."""
        return tuple(sorted(self.movements, key=lambda movement: _comparable(movement.at), reverse=True)[:count])


class ProcessSummary(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={
        "id": "idProcesso",
        "reference": "nuProcessoFormatado",
        "type": "tpProcesso",
        "subject": "dsAssunto",
        "opened": "dtAbertura",
        "current_agency": "sgOrgaoAtual",
        "current_unit": "nmUnidadeAtual",
        "situation": "dsSituacao",
    },
):
    """A line of the list of somebody's own processes."""

    id: int
    reference: str
    type: str
    subject: str
    opened: dt.date
    current_agency: str
    current_unit: str | None = None
    situation: str


class Pendency(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={
        "id": "idPendencia",
        "type": "tpPendencia",
        "process": "nuProcessoFormatado",
        "subject": "dsAssunto",
        "created": "dtCriacao",
        "deadline": "dtPrazo",
        "situation": "stPendencia",
        "instructions": "dsInstrucao",
    },
):
    """Something that a party has to do. `type` is one of PENDENCY_TYPES, or a city's own; `situation` OPEN or FINISHED.

    `instructions` come only when one pendency is asked for.
    """

    id: int
    type: str
    process: str
    subject: str | None = None
    created: dt.date
    deadline: dt.date | None = None
    situation: str
    instructions: str | None = None

    def __post_init__(self) -> None:
        _check_word(self.situation, (OPEN, FINISHED))

    @property
    def open(self) -> bool:
        """Still to be done."""
        return _same(self.situation, OPEN)

    @property
    def is_signature(self) -> bool:
        """Answered by signing, not by attaching or writing."""
        return self.type == SIGNATURE


class GrantedView(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={
        "id": "idVista",
        "process": "nuProcessoFormatado",
        "granted": "dtConcessao",
        "expires": "dtExpiracao",
        "situation": "stVista",
    },
):
    """A granted view ("vista") of somebody else's process. `situation` is ACTIVE or EXPIRED."""

    id: int
    process: str
    granted: dt.date
    expires: dt.date
    situation: str

    def __post_init__(self) -> None:
        _check_word(self.situation, (ACTIVE, EXPIRED))

    @property
    def active(self) -> bool:
        """In force, says the backend."""
        return _same(self.situation, ACTIVE)


class Document(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={"id": "idDocumento", "name": "nmDocumento", "type": "tpDocumento", "added": "dtInclusao"},
):
    """A document of a process, by name: its content never passes through Guichê."""

    id: int
    name: str
    type: str | None = None
    added: dt.date


class Page[Item](msgspec.Struct, frozen=True, kw_only=True):
    """The first items of a list, and how many there are in all. Without items there is nothing: `total` is 0 then."""

    items: tuple[Item, ...]
    total: int


# A word beside these would have to be taken for one of them, and "nothing is open" must never be a guess.
OPEN, FINISHED = "Aberta", "Finalizada"
ACTIVE, EXPIRED = "Ativo", "Expirado"
# The five that public evidence shows (the portal's own words, so that a citizen finds them there).
SIGNATURE = "Assinatura de documentos"
PENDENCY_TYPES = (
    SIGNATURE,
    "Verificar informações",
    "Comunique-se",
    "Análise de documentos",
    "Complementar dados",
)


_WHOLE_DOCUMENT = re.compile(r"\d{3}\.?\d{3}\.?\d{3}-?\d{2}|[\dA-Z]{2}\.?[\dA-Z]{3}\.?[\dA-Z]{3}/?[\dA-Z]{4}-?\d{2}")


def _check_word(word: str, known: tuple[str, ...]) -> None:
    """Raises ValueError, which msgspec makes a ValidationError that names the place."""
    if not any(_same(word, name) for name in known):
        raise ValueError(f"Expected the situation {' or '.join(known)}")


def _same(word: str, name: str) -> bool:
    return word.strip().casefold() == name.casefold()


def _comparable(moment: dt.datetime) -> dt.datetime:
    """Naive and aware moments side by side: Brazil's official time stands for a missing zone."""
    return moment if moment.tzinfo else moment.replace(tzinfo=BRASILIA)


# Official time since daylight saving ended in 2019 (Decreto 9.772).
BRASILIA = dt.timezone(dt.timedelta(hours=-3), "BRT")
