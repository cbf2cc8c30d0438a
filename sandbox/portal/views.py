"""Records as the API shows them: JSON with the backend's field names, and less of it for a stranger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.portal.documents import formatted, masked, masked_name

if TYPE_CHECKING:
    import datetime as dt

    from sandbox.portal.world import GrantedView, Movement, Pendency, Process

Json = dict[str, Any]


def process(item: Process, *, everything: bool) -> Json:
    """Parties masked and movements without their text, unless the viewer may see everything."""
    return summary(item) | {
        "sgOrgaoProcesso": item.agency,
        "anoProcesso": item.year,
        "nuProcesso": item.number,
        "dsClassificacao": item.classification,
        "dtRecebimento": _day(item.received),
        "sgOrgaoAbertura": item.agency,
        "movimentos": [_movement(step, everything=everything) for step in item.movements],
        "interessados": [
            {
                "nmInteressado": party.name if everything else masked_name(party.name),
                "nuCpfCnpj": formatted(party.document) if everything else masked(party.document),
                "tpInteressado": "Pessoa jurídica" if party.is_company else "Pessoa física",
            }
            for party in item.parties
        ],
    }


def summary(item: Process) -> Json:
    """A line of a list."""
    return {
        "idProcesso": item.id,
        "nuProcessoFormatado": item.reference,
        "tpProcesso": item.type,
        "dsAssunto": item.subject,
        "dtAbertura": item.opened.isoformat(),
        "sgOrgaoAtual": item.current_agency,
        "nmUnidadeAtual": item.current_unit,
        "dsSituacao": item.situation,
    }


def pendency(item: Pendency, *, detail: bool = False) -> Json:
    """With its instructions when it is asked for by itself."""
    shown: Json = {
        "idPendencia": item.id,
        "tpPendencia": item.type,
        "nuProcessoFormatado": item.process.reference,
        "dsAssunto": item.process.subject,
        "dtCriacao": item.created.isoformat(),
        "dtPrazo": _day(item.deadline),
        "stPendencia": "Aberta" if item.open else "Finalizada",
    }
    return shown | {"dsInstrucao": item.instructions} if detail else shown


def view(item: GrantedView, today: dt.date) -> Json:
    """Expires at the end of its last day."""
    return {
        "idVista": item.id,
        "nuProcessoFormatado": item.process.reference,
        "dtConcessao": item.granted.isoformat(),
        "dtExpiracao": item.expires.isoformat(),
        "stVista": "Ativo" if item.expires >= today else "Expirado",
    }


def documents(item: Process) -> list[Json]:
    """By name: there is no file behind them."""
    return [
        {
            "idDocumento": item.id * 100 + position,
            "nmDocumento": f"{name}.pdf",
            "tpDocumento": name,
            "dtInclusao": item.opened.isoformat(),
        }
        for position, name in enumerate(item.documents, start=1)
    ]


def _movement(step: Movement, *, everything: bool) -> Json:
    return {
        "dtMovimento": step.at.isoformat(),
        "dsTitulo": step.title,
        "dsTexto": step.text if everything else None,
        "nmLocal": step.place,
    }


def _day(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None
