"""The cost grows with the length of the text, not faster: ten times the text, about ten times the work."""

from time import process_time

import pytest

from assistant.process_reference import AgencyIndex, find_parts, find_reference

SHORT, TIMES = 800, 10
MOST = 30.0  # a quadratic step would cost 100 times; measured: 5 to 13
ENOUGH = 0.002  # seconds; below this the clock says more about the machine than about the text
NASTY = [
    "a", "0", "1/", "1-", "1.111.", "5 ", "12,", "1a", "_", ":", "º", "(19) ", "r$ 5", "500 ", "12 do ", "2023 ",
    "2023/", "2023-", "2023 de ", "ano ", "nº ", "número ", "rua ", "rua 5, ", "lei 5, ", "cinco ", "meia ", "mil ",
    "dois mil ", "barra ", "agua ", "da agua, ", "prefeitura ", "prefeiturra 5 ", "não é 5, ", "s.e.m.", "p m ", "se ",
    "a@", "www.a ", "500100:::::(", "x.", "\u200b", "ｱ", "½", "111.444.", "PMP 2023/500100 e ", "processo ",
    "prosessu 5 ", "da prefeitura 5 pessoas ", "oi tudo bem ", "5 de ",
    "5o", "1ol", "12, ", "processos 12, 13 e ", "15 000/", "prefeitura de x ", "ppm 1/", "3 de 10 ", "hoje é 5, ",
]  # fmt: skip


def cost(text: str, index: AgencyIndex) -> float:
    """CPU seconds, the best of two."""
    spent = []
    for _ in range(2):
        start = process_time()
        find_reference(text, index)
        find_parts(text, index, "number")
        spent.append(process_time() - start)
    return min(spent)


@pytest.mark.parametrize("piece", NASTY)
def test_ten_times_the_text_is_about_ten_times_the_work(piece: str, index: AgencyIndex) -> None:
    text = (piece * SHORT)[:SHORT]
    short = cost(text, index)
    long = cost(text * TIMES, index)
    assert long <= max(short, ENOUGH) * MOST


def test_a_reference_at_the_end_of_a_long_text_is_found(index: AgencyIndex) -> None:
    reference = find_reference("oi tudo bem com vocês " * 2_000 + "processo PMP 2023/500100", index)
    assert reference is not None
    assert (reference.agency, reference.year, reference.number) == ("PMP", 2023, "500100")
