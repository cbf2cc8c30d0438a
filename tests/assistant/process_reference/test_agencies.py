"""Recognising órgãos, and suggesting the nearest ones."""

import pytest

from assistant.content.city import Agency
from assistant.process_reference import AgencyIndex, find_parts, find_reference


def test_every_acronym_name_and_nickname_is_understood(agencies: list[Agency], index: AgencyIndex) -> None:
    for agency in agencies:
        for form in (agency.acronym, agency.name, *agency.nicknames):
            for text in (form, form.upper(), f"é da {form}"):
                assert find_parts(text, index, "agency").agency == agency.acronym, text
            reference = find_reference(f"{form} 2023/500100", index)
            assert reference is not None
            assert (reference.agency, reference.year, reference.number) == (agency.acronym, 2023, "500100")


@pytest.mark.parametrize(
    ("text", "nearest"),
    [("semasa", "SEMAE"), ("ipesp", "IPASP"), ("fumeb", "FUMEP"), ("prefeitinho", "PMP"), ("camera", "CAMARA")],
)
def test_the_nearest_agencies_come_first(text: str, nearest: str, index: AgencyIndex) -> None:
    suggestions = index.nearest(text)
    assert suggestions[0] == nearest
    assert len(suggestions) == len(set(suggestions)) <= 3


def test_nothing_in_common_suggests_nothing(index: AgencyIndex) -> None:
    assert index.nearest("xyzzy") == []
    assert index.nearest("") == []


def test_another_city_has_its_own_agencies() -> None:
    index = AgencyIndex(
        [Agency("SAÚDE", "Secretaria de Saúde", ["postinho"]), Agency("DAE", "Departamento de Água", [])]
    )
    for text in ("SAÚDE 2024/7", "saude2024/7", "processo 7/2024 do postinho", "secretaria da saude 7/2024"):
        reference = find_reference(text, index)
        assert reference is not None
        assert reference.agency == "SAUDE", text
    reference = find_reference("PMP 2024/7 DAE", AgencyIndex([]))
    assert reference is not None
    assert reference.agency is None
