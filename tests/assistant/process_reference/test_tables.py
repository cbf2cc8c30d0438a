"""What is a reference and what is not: tables of messages as people write them, and lines labelled by hand."""

import json

import pytest

from assistant.process_reference import AgencyIndex, find_reference

from .tables import HERE, expected_rows, rows

OUTSIDE = [json.loads(line) for line in (HERE / "outside.jsonl").read_text(encoding="utf-8").splitlines()]
# Characters that a table in a text file would not show.
UNSEEN = [
    ("PMP 2023 500100", "\uff30\uff2d\uff30\u3000\uff12\uff10\uff12\uff13\uff0f\uff15\uff10\uff10\uff11\uff10\uff10"),
    ("PMP 2023 500100", "PMP\u00a02023/500100"),
    ("PMP 2023 500100", "PMP\u20092023\u202f/\u2009500\u202f100"),
    ("PMP 2023 500100", "PMP\u200b 2023\u200b/\u200b500\u200b100"),
    ("PMP 2023 500100", "\ufeffPMP 2023/500100\u200e"),
    ("PMP 2023 500100", "P\u00adM\u00adP 2023/500100"),
    ("PMP 2023 500100", "PMP\t2023\t500100"),
    ("PMP 2023 500100", "PMP\n2023\n500100"),
    ("PMP 2023 500100", "pmp\r\nano 2023\r\nnumero 500100"),
    ("PMP 2023 500100", "PMP 2023\u2044500100"),
    ("PMP 2023 500100", "PMP 2023\u2215500100"),
    ("PMP 2023 500100", "PMP 2023\u2212500100"),
    ("PMP 2023 500100", "PMP 2023\u2011500100"),
    ("PMP 2023 500100", "\U0001d40f\U0001d40c\U0001d40f \U0001d7d0\U0001d7ce\U0001d7d0\U0001d7d1/500100"),
    ("PMP 2023 500100", "PMP \u0662\u0660\u0662\u0663/\u0665\u0660\u0660\u0661\u0660\u0660"),
    ("- - 500100", "5\ufe0f\u20e30\ufe0f\u20e30\ufe0f\u20e31\ufe0f\u20e30\ufe0f\u20e30\ufe0f\u20e3"),
    ("CAMARA 2024 12", "CA\u0302MARA 2024/12"),
    ("- 2023 500100", "processo \u2116 500100/2023"),
    ("- 2023 500100", "processo n\u02da 500.100/2023"),
]


def found(text: str, index: AgencyIndex) -> str:
    reference = find_reference(text, index)
    if reference is None:
        return "none"
    return f"{reference.agency or '-'} {reference.year or '-'} {reference.number}"


@pytest.mark.parametrize(("expected", "text"), [*expected_rows("positive.txt"), *UNSEEN])
def test_a_reference_is_found(expected: str, text: str, index: AgencyIndex) -> None:
    assert found(text, index) == expected


@pytest.mark.parametrize("text", rows("negative.txt"))
def test_something_else_is_no_reference(text: str, index: AgencyIndex) -> None:
    assert found(text, index) == "none"


@pytest.mark.parametrize("line", OUTSIDE, ids=lambda line: line["text"][:60])
def test_lines_of_other_people(line: dict, index: AgencyIndex) -> None:
    reference = find_reference(line["text"], index)
    seen = reference and {"agency": reference.agency, "year": reference.year, "number": reference.number}
    assert seen == line["process"]


def test_the_tables_are_large_enough() -> None:
    assert len(expected_rows("positive.txt")) >= 280
    assert len(rows("negative.txt")) >= 250
    assert len(OUTSIDE) >= 500


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("oi, quero ver o PMP 2023/500100, tá?", "PMP 2023/500100"),
        ("processo 500100 de 2023 da prefeitura", "500100 de 2023 da prefeitura"),
        ("é o quinhentos mil e cem", "quinhentos mil e cem"),
        ("\u200b\u200bé o PMP\u200b 2023/500100", "PMP\u200b 2023/500100"),
        ("½ o 500100", "500100"),
    ],
)
def test_the_span_is_the_part_of_the_original_text(text: str, part: str, index: AgencyIndex) -> None:
    reference = find_reference(text, index)
    assert reference is not None
    assert text[reference.start : reference.end] == part


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("PMP 2023/500100", 0),
        ("o processo é o 500100 de 2023 da prefeitura, por favor", 0),
        ("bom dia, como está o processo 500100?", 0),
        ("onde está o 500100?", 0),
        ("como anexo o comprovante no PMP 2023/500100?", 2),
        ("esqueci a senha, meu processo é 500100", 2),
    ],
)
def test_the_rest_counts_words_that_say_something_else(text: str, rest: int, index: AgencyIndex) -> None:
    reference = find_reference(text, index)
    assert reference is not None
    assert reference.rest == rest
