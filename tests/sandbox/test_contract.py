"""Schemathesis asks the sandbox whatever docs/portal-openapi.yml allows, and things that it does not."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from openapi_spec_validator import validate
from openapi_spec_validator.readers import read_from_filename
from schemathesis.specs.openapi.checks import negative_data_rejection

from sandbox.portal.app import TOKEN
from sandbox.portal.build import BUSY, EXAMPLE

CONTRACT = Path(__file__).parents[2] / "docs" / "portal-openapi.yml"
schema = schemathesis.openapi.from_path(CONTRACT)


def test_the_contract_is_valid_openapi() -> None:
    document, _ = read_from_filename(str(CONTRACT))

    validate(document)


@schema.parametrize()
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_sandbox_keeps_its_contract(case: schemathesis.Case, address: str, client: httpx.Client) -> None:
    headers = {"Authorization": client.headers["Authorization"]}
    if case.path == TOKEN:
        headers = {"Authorization": "Basic Z3VpY2hlOnMzY3JldA=="}

    # Unknown query parameters are ignored on purpose, which that check takes for accepted nonsense;
    # real nonsense is in test_api.py.
    case.call_and_validate(base_url=address, headers=headers, excluded_checks=[negative_data_rejection])


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/processos", dict(zip(("sgOrgaoProcesso", "anoProcesso", "nuProcesso"), EXAMPLE, strict=True))),
        ("/processos/interessado", {}),
        ("/processos/1/documentos", {}),
        ("/pendencias", {}),
        ("/pendencias/7001", {}),
        ("/vistas", {}),
    ],
)
def test_answers_with_content_keep_the_contract_too(
    client: httpx.Client, path: str, params: dict[str, str | int]
) -> None:
    answer = client.get(f"/solarbpm-integracao{path}", params=params, headers={"X-Cpf-Cnpj": BUSY.document})
    assert answer.status_code == 200

    operation = path.replace("/1/", "/{id}/").replace("/7001", "/{id}")
    schema[f"/solarbpm-integracao{operation}"]["GET"].validate_response(answer)
