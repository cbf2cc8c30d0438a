"""The API: nothing without a token, no personal data for strangers, and errors that have a code."""

from __future__ import annotations

import httpx
import pytest

from sandbox.portal.app import API, TOKEN, build_app
from sandbox.portal.build import BUSY, EXAMPLE, IDLE, SECRET
from sandbox.portal.serving import running
from sandbox.portal.world import World

EXAMPLE_QUERY = {"sgOrgaoProcesso": "PMP", "anoProcesso": "2023", "nuProcesso": "500100"}
SECRET_QUERY = dict(zip(EXAMPLE_QUERY, map(str, SECRET), strict=True))
ME = {"X-Cpf-Cnpj": BUSY.document}


@pytest.mark.parametrize("path", ["/processos", "/pendencias", "/vistas", "/processos/1/documentos", "/nada"])
@pytest.mark.parametrize("header", [None, "Bearer", "Bearer wrong", "Basic Z3VpY2hlOnMzY3JldA=="])
def test_nothing_is_told_without_a_token(stranger: httpx.Client, path: str, header: str | None) -> None:
    answer = stranger.get(API + path, headers=({"Authorization": header} if header else {}) | ME)

    assert answer.status_code == 401
    assert answer.json() == {"error": "invalid_token"}


@pytest.mark.parametrize(
    ("auth", "grant", "status", "error"),
    [
        (("guiche", "wrong"), "client_credentials", 401, "invalid_client"),
        (("other", "s3cret"), "client_credentials", 401, "invalid_client"),
        (None, "client_credentials", 401, "invalid_client"),
        (("guiche", "s3cret"), "password", 400, "unsupported_grant_type"),
    ],
)
def test_tokens_are_for_the_client_only(
    stranger: httpx.Client, auth: tuple[str, str] | None, grant: str, status: int, error: str
) -> None:
    answer = stranger.post(TOKEN, data={"grant_type": grant}, auth=auth)

    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_a_token_ends(world: World) -> None:
    app = build_app(world, client_id="guiche", client_secret="s3cret", token_lifetime=0)
    with running(app) as url, httpx.Client(base_url=url) as client:
        token = client.post(TOKEN, data={"grant_type": "client_credentials"}, auth=("guiche", "s3cret")).json()
        answer = client.get(f"{API}/vistas", headers={"Authorization": f"Bearer {token['access_token']}"} | ME)

    assert answer.status_code == 401


def test_a_stranger_gets_no_personal_data_anywhere_in_the_answer(client: httpx.Client, world: World) -> None:
    for process in world.processes:
        reference = (process.agency, str(process.year), str(process.number))
        answer = client.get(f"{API}/processos", params=dict(zip(EXAMPLE_QUERY, reference, strict=True)))
        assert answer.status_code == (403 if process.secret else 200)
        assert not [
            party
            for party in process.parties
            if party.name in answer.text or party.document in answer.text or party.document[:3] + "." in answer.text
        ]
        assert "documentos" not in answer.text


def test_a_secret_process_tells_nothing_but_that_it_is_secret(client: httpx.Client) -> None:
    answer = client.get(f"{API}/processos", params=SECRET_QUERY, headers={"X-Cpf-Cnpj": IDLE.document})

    assert answer.status_code == 403
    assert answer.json() == {"codigo": "PROCESSO_SIGILOSO", "mensagem": "O processo é sigiloso"}


def test_not_found_reads_as_in_the_portal(client: httpx.Client) -> None:
    answer = client.get(f"{API}/processos", params=EXAMPLE_QUERY | {"nuProcesso": "1"})

    assert answer.status_code == 404
    assert answer.json() == {"codigo": "NAO_ENCONTRADO", "mensagem": "O processo/documento não foi encontrado"}


@pytest.mark.parametrize(
    ("path", "params", "headers"),
    [
        ("/processos", {}, {}),
        ("/processos", EXAMPLE_QUERY | {"nuProcesso": "500.100"}, {}),
        ("/processos", EXAMPLE_QUERY | {"sgOrgaoProcesso": "pmp"}, {}),
        ("/processos", EXAMPLE_QUERY, {"X-Cpf-Cnpj": "111"}),
        ("/pendencias", {}, {}),
        ("/pendencias", {"stPendencia": "Outra"}, ME),
        ("/pendencias", {"tamanhoPagina": "51"}, ME),
        ("/pendencias/um", {}, ME),
        ("/vistas", {"tamanhoPagina": "0"}, ME),
    ],
)
def test_a_senseless_question_is_refused(
    client: httpx.Client, path: str, params: dict[str, str], headers: dict[str, str]
) -> None:
    answer = client.get(API + path, params=params, headers=headers)

    assert (answer.status_code, answer.json()["codigo"]) == (400, "PARAMETRO_INVALIDO")


def test_somebody_elses_pendency_does_not_exist(client: httpx.Client, world: World) -> None:
    pendency = world.pendencies_of(BUSY.document)[0]
    mine = client.get(f"{API}/pendencias/{pendency.id}", headers=ME)
    theirs = client.get(f"{API}/pendencias/{pendency.id}", headers={"X-Cpf-Cnpj": IDLE.document})

    assert (mine.status_code, theirs.status_code) == (200, 404)


def test_documents_are_names_without_content(client: httpx.Client, world: World) -> None:
    process = world.find(*EXAMPLE)[0]
    answer = client.get(f"{API}/processos/{process.id}/documentos", headers=ME)

    assert {frozenset(item) for item in answer.json()["documentos"]} == {
        frozenset({"idDocumento", "nmDocumento", "tpDocumento", "dtInclusao"})
    }


def test_it_is_healthy(stranger: httpx.Client, world: World) -> None:
    assert stranger.get("/health").json() == {"status": "ok", "processes": len(world.processes)}


def test_faults_can_be_set_counted_and_cleared_over_http(client: httpx.Client) -> None:
    client.delete("/_control/fault")
    fault = {"kind": "status", "status": 503, "times": 1}
    assert client.put("/_control/fault", json=fault).status_code == 204

    statuses = [client.get(f"{API}/processos", params=EXAMPLE_QUERY).status_code for _ in range(2)]

    assert statuses == [503, 200]
    assert client.get("/_control").json()["requests"][f"{API}/processos"] == 2
    assert client.put("/_control/fault", json={"kind": "explode"}).status_code == 422


def test_tokens_can_be_revoked_over_http(client: httpx.Client) -> None:
    client.delete("/_control/tokens")

    assert client.get(f"{API}/vistas", headers=ME).status_code == 401


def test_without_the_switch_there_is_no_control(world: World) -> None:
    with running(build_app(world, client_id="guiche", client_secret="s3cret")) as url:
        assert httpx.get(f"{url}/_control").status_code == 404
        assert httpx.put(f"{url}/_control/fault", json={"kind": "hang"}).status_code == 404
