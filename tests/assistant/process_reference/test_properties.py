"""Whatever people write: nothing raises, what is found is well-formed, and every form of a reference means the same."""

from collections.abc import Callable
from datetime import date, datetime, timezone

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from assistant.process_reference import AgencyIndex, Asked, find_parts, find_reference
from assistant.process_reference.years import EARLIEST_SHORT, bare_year, two_digit_year

from .spoken import digit_by_digit, in_words

ACRONYMS = ["PMP", "SEMAE", "IPASP", "FUMEP", "CAMARA", "SOLARBPM"]
ASKED: list[Asked | None] = ["agency", "year", "number", None]
PIECES = [
    *ACRONYMS, "água", "câmara", "prefeitura de", "processo", "nº", "número", "ano", "de", "do", "e", "é", "não", "/",
    "-", ".", ",", ":", "º", "%", "\n", " ", "  ", "2023", "23", "500100", "500.100", "0", "88", "1", "mil", "cento",
    "quinhentos", "um", "meia", "zero", "barra", "vinte", "nota fiscal", "lei", "rua", "R$", "dias", "@", "www.",
    "111.444.777-35", "12/03", "\u200b", "S", "E", "(", ")", "#", "x", "por cento", "ª", "²", "½", "é o", "milhões",
]  # fmt: skip
THIS_YEAR = datetime.now(tz=timezone.utc).year

agencies = st.sampled_from(ACRONYMS)
years = st.integers(1990, THIS_YEAR)
numbers = st.integers(1, 9_999_999)
messages = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(PIECES), max_size=25).map("".join),
    st.lists(st.sampled_from(PIECES), max_size=25).map(" ".join),
)
styles = st.sampled_from([str.upper, str.lower, str.title])


def widths(text: str) -> str:
    """ASCII digits and letters as full-width ones."""
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


def dotted(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def triple(text: str, index: AgencyIndex) -> tuple[str | None, int | None, str] | None:
    reference = find_reference(text, index)
    return None if reference is None else (reference.agency, reference.year, reference.number)


@settings(max_examples=300, deadline=None)
@given(text=messages)
def test_what_is_found_is_well_formed(text: str, index: AgencyIndex) -> None:
    reference = find_reference(text, index)
    if reference is None:
        return
    assert reference.agency in {None, *ACRONYMS}
    assert reference.year is None or 1900 <= reference.year <= 2099
    assert reference.number.isascii()
    assert reference.number.isdigit()
    assert not reference.number.startswith("0")
    assert len(reference.number) <= 9
    assert 0 <= reference.start < reference.end <= len(text)
    assert reference.rest >= 0
    assert find_reference(text, index) == reference


@settings(max_examples=300, deadline=None)
@given(text=messages, asked=st.sampled_from(ASKED))
def test_parts_are_well_formed_whatever_was_asked(text: str, asked: Asked | None, index: AgencyIndex) -> None:
    parts = find_parts(text, index, asked)
    assert parts.agency in {None, *ACRONYMS}
    assert parts.year is None or 1900 <= parts.year <= 2099
    assert parts.number is None or (parts.number.isdigit() and not parts.number.startswith("0"))
    assert parts.rest >= 0


@settings(max_examples=250, deadline=None)
@given(
    agency=agencies,
    year=years,
    number=numbers,
    style=styles,
    before=st.sampled_from(["", " ", "-", "/", ": ", "  ", "\u00a0", "\u200b ", ".", " nº "]),
    between=st.sampled_from(["/", "-", " / ", "|", "\\", "_", ".", " ", "\u2044", "\u2013", " - ", "/\u200b"]),
    zeros=st.integers(0, 4),
    dots=st.booleans(),
    wide=st.booleans(),
)
def test_the_portals_form_in_any_dress(
    *,
    agency: str,
    year: int,
    number: int,
    style: Callable[[str], str],
    before: str,
    between: str,
    zeros: int,
    dots: bool,
    wide: bool,
    index: AgencyIndex,
) -> None:
    digits = dotted(number) if dots else "0" * zeros + str(number)
    text = f"{style(agency)}{before}{year}{between}{digits}"
    assert triple(widths(text) if wide else text, index) == (agency, year, str(number))


@settings(max_examples=250, deadline=None)
@given(
    agency=agencies,
    year=years,
    number=numbers | st.integers(1, 99),
    style=styles,
    before=st.sampled_from(["", " ", "-", "/", ": ", "  ", "\u00a0", " nº "]),
    between=st.sampled_from(["/", "-", " / ", "|", "\\", "_", "\u2044", "\u2013", "/\u200b"]),
    zeros=st.integers(0, 3),
)
def test_the_portals_form_with_a_short_year(
    *,
    agency: str,
    year: int,
    number: int,
    style: Callable[[str], str],
    before: str,
    between: str,
    zeros: int,
    index: AgencyIndex,
) -> None:
    digits = "0" * zeros + str(number)
    # Who writes "IPASP 98/23" means the number 98 of 2023.
    assume(year >= 2000 or len(digits) != 2 or not two_digit_year(digits) or int(digits) >= EARLIEST_SHORT)
    assume(bare_year(digits) is None)  # "98/2023" is 98 of 2023
    assert triple(f"{style(agency)}{before}{year % 100:02}{between}{digits}", index) == (agency, year, str(number))


@settings(max_examples=200, deadline=None)
@given(
    agency=agencies,
    year=years,
    number=numbers,
    between=st.sampled_from(["/", "-", " / ", "|", " de ", ", de ", " do ano de ", " ano "]),
    frame=st.sampled_from(["{} {}", "processo {1} {0}", "processo nº {1} - {0}", "processo {1} do {0}", "{1} da {0}"]),
    short=st.booleans(),
)
def test_the_number_first(
    *, agency: str, year: int, number: int, between: str, frame: str, short: bool, index: AgencyIndex
) -> None:
    assume(bare_year(str(number)) is None)  # "2019/2021" can mean either
    assume(not short or (number > 99 and between in "/-"))
    pair = f"{number}{between}{year % 100:02}" if short else f"{number}{between}{year}"
    assert triple(frame.format(agency, pair), index) == (agency, year, str(number))


@settings(max_examples=300, deadline=None)
@given(year=years, number=numbers, spelled=st.booleans(), reverse=st.booleans())
def test_dictated_in_words(year: int, number: int, spelled: bool, reverse: bool, index: AgencyIndex) -> None:
    assume(bare_year(str(number)) is None)
    said = digit_by_digit(number) if spelled and number > 9 else in_words(number)
    text = f"{said} barra {in_words(year)}" if reverse else f"{in_words(year)} barra {said}"
    assert triple(f"processo {text}", index) == (None, year, str(number))


@settings(max_examples=200, deadline=None)
@given(number=st.integers(10, 9_999_999))
def test_a_bare_number_alone(number: int, index: AgencyIndex) -> None:
    expected = None if bare_year(str(number)) else (None, None, str(number))
    assert triple(str(number), index) == expected
    assert triple(f"é o {number}", index) == expected
    assert triple(f"processo nº {number}", index) == (None, None, str(number))


@settings(max_examples=100, deadline=None)
@given(year=st.integers(1950, THIS_YEAR), frame=st.sampled_from(["{}", "em {}", "de {}", "foi em {}", "ano {}"]))
def test_a_bare_year_is_none(year: int, frame: str, index: AgencyIndex) -> None:
    assert triple(frame.format(year), index) is None
    assert triple(frame.format(in_words(year)), index) is None
    assert find_parts(frame.format(year), index, "year").year == year


def shapes() -> st.SearchStrategy[str]:
    """Digits whose form says that they are something else."""
    digits = st.integers(0, 9).map(str)

    def pattern(form: str) -> st.SearchStrategy[str]:
        count = form.count("#")
        return st.lists(digits, min_size=count, max_size=count).map(lambda found: _filled(form, found))

    days = st.dates(date(1950, 1, 1), date(2030, 1, 1))
    return st.one_of(
        *(pattern(form) for form in ("###.###.###-##", "##.###.###/####-##", "#####-###", "##.###-###", "R$ #.###,##")),
        *(pattern(form) for form in ("(19) 9####-####", "+55 19 9####-####", "(19) 3###-####", "0800 ### ####")),
        *(pattern(form) for form in ("#######-##.2023.8.26.####", "##h", "#,##", "##%", "## por cento", "### reais")),
        *(
            days.map(lambda day, form=form: day.strftime(form))
            for form in ("%d/%m/%Y", "%d/%m", "%d-%m-%Y", "%Y-%m-%d")
        ),
        st.times().map(lambda time: time.strftime("%H:%M")),
        st.times().map(lambda time: time.strftime("%Hh%M")),
    )


def _filled(form: str, found: list[str]) -> str:
    left = iter(found)
    return "".join(next(left) if char == "#" else char for char in form)


@settings(max_examples=250, deadline=None)
@given(shape=shapes(), head=st.sampled_from(["", "é ", "oi, ", "o meu é ", "processo ", "anota aí: "]))
def test_other_shapes_are_no_reference(shape: str, head: str, index: AgencyIndex) -> None:
    assert triple(head + shape, index) is None


@settings(max_examples=200, deadline=None)
@given(shape=shapes(), agency=agencies, year=years, number=numbers)
def test_a_reference_after_another_shape_is_found(
    shape: str, agency: str, year: int, number: int, index: AgencyIndex
) -> None:
    assert triple(f"{shape}, processo {agency} {year}/{number}", index) == (agency, year, str(number))


@settings(max_examples=150, deadline=None)
@given(
    document=st.sampled_from(["nota fiscal", "NF", "edital", "lei", "decreto", "resolução", "portaria", "contrato"]),
    label=st.sampled_from([" ", " nº ", " n. ", " número "]),
    number=st.integers(1, 99_999),
    year=years,
)
def test_the_number_of_another_document_is_none(
    document: str, label: str, number: int, year: int, index: AgencyIndex
) -> None:
    for pair in (
        f"{number}/{year}",
        f"{dotted(number)}/{year}",
        f"{year}/{number}",
        f"{number} de {year}",
        f"{number}",
    ):
        assert triple(f"{document}{label}{pair}", index) is None
        assert triple(f"{document}{label}{pair}. Processo PMP 2023/7", index) == ("PMP", 2023, "7")


@settings(max_examples=100, deadline=None)
@given(days=st.integers(2, 400), unit=st.sampled_from(["dias", "meses", "anos", "pendências", "processos", "páginas"]))
def test_counts_are_no_reference(days: int, unit: str, index: AgencyIndex) -> None:
    for count in (str(days), in_words(days)):
        for frame in ("{} {}", "há {} {}", "tenho {} {}", "meu processo está há {} {} na prefeitura"):
            assert triple(frame.format(count, unit), index) is None


def test_next_year_is_still_a_year(index: AgencyIndex) -> None:
    following = THIS_YEAR + 1
    assert triple(f"500100/{following % 100}", index) == (None, following, "500100")
