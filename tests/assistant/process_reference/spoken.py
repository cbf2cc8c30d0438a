"""Numbers as people say them in Portuguese, for the tests."""

_UNITS = [
    "zero", "um", "dois", "três", "quatro", "cinco", "seis", "sete", "oito", "nove", "dez", "onze", "doze", "treze",
    "quatorze", "quinze", "dezesseis", "dezessete", "dezoito", "dezenove",
]  # fmt: skip
_TENS = ["", "", "vinte", "trinta", "quarenta", "cinquenta", "sessenta", "setenta", "oitenta", "noventa"]
_HUNDREDS = [
    "", "cento", "duzentos", "trezentos", "quatrocentos", "quinhentos", "seiscentos", "setecentos", "oitocentos",
    "novecentos",
]  # fmt: skip


def digit_by_digit(number: int) -> str:
    """ "cinco zero zero"."""
    return " ".join(_UNITS[int(digit)] for digit in str(number))


def in_words(number: int) -> str:
    """ "quinhentos mil e cem", up to 999,999,999."""
    if number < 20:
        return _UNITS[number]
    if number < 100:
        return _joined(_TENS[number // 10], number % 10, " e ")
    if number == 100:
        return "cem"
    if number < 1000:
        return _joined(_HUNDREDS[number // 100], number % 100, " e ")
    if number < 1_000_000:
        thousands, rest = divmod(number, 1000)
        return _joined("mil" if thousands == 1 else f"{in_words(thousands)} mil", rest, _and(rest))
    millions, rest = divmod(number, 1_000_000)
    return _joined("um milhão" if millions == 1 else f"{in_words(millions)} milhões", rest, " e ")


def _and(rest: int) -> str:
    return " e " if rest <= 100 or rest % 100 == 0 else " "


def _joined(head: str, rest: int, between: str) -> str:
    return head if rest == 0 else f"{head}{between}{in_words(rest)}"
