"""Text of the backend that goes into a sentence: strangers write subjects."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from actions.values import MAX_LENGTH, local_day, movement, plain
from portal import BRASILIA, Movement
from sandbox.portal.documents import complete_cnpj, complete_cpf, formatted


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Alvará de construção", "Alvará de construção"),
        ("Lote 10[A] {quadra}", "Lote 10(A) (quadra)"),
        ("**URGENTE**  _hoje_", "URGENTE hoje"),
        ("linha um\n\n- linha dois\t#", "linha um - linha dois"),
        ("clique em https://evil.example/x agora", "clique em ••• agora"),
        ("[clique](http://evil.example)", "(clique)(•••"),
        ("veja www.evil.example", "veja •••"),
        ("<b>negrito</b>", "b negrito /b"),
        ("requerido por 111.444.777-35", "requerido por •••"),
        ("CPF 11144477735.", "CPF •••."),
        ("empresa 12.ABC.345/01DE-35", "empresa •••"),
        ("processo 500100 de 2023, 1.234.567", "processo 500100 de 2023, 1.234.567"),
        ("texto\u202einvertido\u200b", "texto invertido"),
    ],
)
def test_text_is_made_plain(written: str, shown: str) -> None:
    assert plain(written) == shown


@given(st.text())
@example("://")
def test_any_text_becomes_one_bounded_line_without_markup(text: str) -> None:
    shown = plain(text)

    assert len(shown) <= MAX_LENGTH
    assert shown.isprintable()
    assert not set(shown) & set("*_`~\\<>#|[]{}")
    assert "://" not in shown


@given(st.text(max_size=40), st.integers(1, 10**9 - 1), st.text("0123456789ABCDEF", min_size=12, max_size=12))
def test_no_document_gets_through(around: str, nine: int, twelve: str) -> None:
    for document in (complete_cpf(f"{nine:09d}"), complete_cnpj(twelve)):
        for written in (document, formatted(document)):
            assert written not in plain(f"{around} {written} {around}")


def test_a_movement_is_dated_in_the_city() -> None:
    late = dt.datetime(2026, 1, 1, 1, 30, tzinfo=dt.UTC)

    assert local_day(late) == "31/12/2025"
    assert movement(Movement(at=late, title="Recebido", place="Setor A")) == "31/12/2025: Recebido (Setor A)"


@given(st.datetimes(), st.datetimes(timezones=st.just(BRASILIA)))
def test_a_moment_of_the_city_keeps_its_day(naive: dt.datetime, aware: dt.datetime) -> None:
    assert local_day(naive) == naive.strftime("%d/%m/%Y")
    assert local_day(aware) == aware.strftime("%d/%m/%Y")
