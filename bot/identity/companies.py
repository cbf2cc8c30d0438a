"""The companies of a person, as gov.br's API lists them: ``GET …/empresas/v2/empresas?filtrar-por-participante={cpf}``.

200 ``[{"cnpj": "11222333000181", "razaoSocial": "Construtora…", "dataCriacao": "YYYY-MM-DD HH:MM:SS"}]``; 404 where the
account has none.
"""

from __future__ import annotations

import re
from typing import Annotated

import httpx
import msgspec
from validate_docbr import CNPJ

from bot.identity.errors import ProviderDown
from bot.identity.masking import called_by_number
from bot.identity.sessions import Company

MAX_COMPANIES = 50
"""As many as a personal list shows; nobody chooses among more in a chat."""
MAX_NAME = 120


class _Listed(msgspec.Struct):
    cnpj: Annotated[str, msgspec.Meta(max_length=32)]
    name: str | None = msgspec.field(name="razaoSocial", default=None)


_decoder = msgspec.json.Decoder(list[_Listed])


def companies_in(answer: httpx.Response) -> tuple[Company, ...]:
    """Raises ProviderDown for an answer that is none."""
    if answer.status_code == httpx.codes.NOT_FOUND:
        return ()
    if not answer.is_success:
        raise ProviderDown(f"companies: status {answer.status_code}")
    try:
        listed = _decoder.decode(answer.content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ProviderDown("companies: not a list") from None
    found: dict[str, Company] = {}
    for item in listed:
        cnpj = re.sub(r"[^0-9A-Z]", "", item.cnpj.upper())
        if CNPJ().validate(cnpj):
            name = " ".join((item.name or "").split())[:MAX_NAME]
            found.setdefault(cnpj, Company(cnpj, name or called_by_number(cnpj)))
    return tuple(found.values())[:MAX_COMPANIES]
