"""Who can sign in: people of the sandbox portal, with the trust level of their account."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.portal.build import ALPHANUMERIC_COMPANY, BUSY, COMPANY, IDLE, NEWCOMER, VISITOR
from sandbox.portal.world import Person


@dataclass(frozen=True, slots=True)
class Account:
    """One account; ``company``: the company whose certificate signs in, beside the person who holds it.

    ``represents``: the companies that the API lists for the person.
    """

    key: str
    person: Person
    level: str
    note: str
    company: Person | None = None
    represents: tuple[Person, ...] = ()

    @property
    def title(self) -> str:
        return f"{self.person.name}, por {self.company.name}" if self.company else self.person.name

    @property
    def email(self) -> str:
        return f"{self.key}@cidadao.example"


ACCOUNTS = {
    account.key: account
    for account in (
        Account("busy", BUSY, "gold", "conta ouro: muitas pendências e processos"),
        Account("idle", IDLE, "silver", "conta prata: um processo, nenhuma pendência"),
        Account("newcomer", NEWCOMER, "silver", "conta prata: nada no portal"),
        Account("visitor", VISITOR, "silver", "conta prata: vista de processo liberada"),
        Account("bronze", NEWCOMER, "bronze", "conta bronze: nível baixo demais para dados pessoais"),
        Account("owner", IDLE, "silver", "conta prata: representa uma empresa", represents=(COMPANY,)),
        Account(
            "partner",
            NEWCOMER,
            "silver",
            "conta prata: representa duas empresas",
            represents=(COMPANY, ALPHANUMERIC_COMPANY),
        ),
        Account("company", IDLE, "gold", "certificado digital da empresa", COMPANY, (COMPANY,)),
        Account("company-letters", IDLE, "gold", "certificado digital da empresa", ALPHANUMERIC_COMPANY),
    )
}
