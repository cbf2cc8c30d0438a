"""Messages whose numbers are surely something else's: a look-up must not begin with them."""

import pytest

from assistant.process_reference import AgencyIndex, names_another


@pytest.mark.parametrize(
    "text",
    [
        "qual o valor da nota fiscal PMP 2023/500100?",
        "onde leio a lei 1234/2023 da prefeitura?",
        "quero consultar o edital 12/2024 da câmara",
        "o CEP da prefeitura é 13400-900?",
        "o telefone do semae é (19) 3403-9611?",
        "a prefeitura fica na rua Antônio Corrêa Barbosa, 2233?",
    ],
)
def test_the_numbers_of_something_else(text: str, index: AgencyIndex) -> None:
    assert names_another(text, index)


@pytest.mark.parametrize(
    "text",
    [
        "PMP 2023/500100",
        "nota fiscal 445/2022, processo PMP 2023/500100",
        "qual o processo da lei 12/2023?",
        "quero consultar um processo, meu telefone é (19) 3403-1000",
        "tel 3403-1000, quero saber o andamento",
        "quero consultar um processo da prefeitura de 2023",
        "tenho 3 pendências",
        "onde leio a lei?",
        "",
    ],
)
def test_a_process_is_spoken_of_or_there_is_no_number(text: str, index: AgencyIndex) -> None:
    assert not names_another(text, index)
