"""`python -m portal`: a city's backend tried by hand."""

from __future__ import annotations

import json

import pytest

from portal import PortalSettings
from portal.__main__ import main
from sandbox.portal.faults import Fault, Faults


@pytest.fixture
def env(settings: PortalSettings) -> dict[str, str]:
    return {
        "PORTAL_URL": settings.url,
        "PORTAL_TOKEN_URL": settings.token_url,
        "PORTAL_CLIENT_ID": settings.client_id,
        "PORTAL_CLIENT_SECRET": settings.client_secret,
    }


def test_it_shows_what_a_stranger_sees_with_the_names_on_the_wire(
    env: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["PMP 2023/500100"], env) == 0

    shown = json.loads(capsys.readouterr().out)
    assert shown["nuProcessoFormatado"] == "PMP 2023/500100"
    assert shown["interessados"][0]["nmInteressado"] == "M*** A*** d*** S***"


def test_it_names_the_error(env: dict[str, str], faults: Faults, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["PMP 2023/999999"], env) == 1
    assert capsys.readouterr().err == "NotFound: NAO_ENCONTRADO\n"

    faults.set(Fault("wrong_shape"))
    assert main(["PMP 2023/500100"], env) == 1
    assert capsys.readouterr().err.startswith("BrokenAnswer: ")


@pytest.mark.parametrize("arguments", [[], ["500100"], ["PMP 2023/500100", "x"], ["--help"]])
def test_a_wrong_call_is_explained(
    env: dict[str, str], capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert main(arguments, env) == 2
    assert "usage" in capsys.readouterr().err


def test_a_missing_setting_is_named(env: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    del env["PORTAL_CLIENT_SECRET"]

    assert main(["PMP 2023/500100"], env) == 2
    assert capsys.readouterr().err == "PORTAL_CLIENT_SECRET is not set\n"
