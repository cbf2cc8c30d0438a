"""CPF and CNPJ numbers for made-up people: check digits, punctuation, and the mask that a stranger sees."""

from __future__ import annotations

import random
import string

_ALPHANUMERIC = string.digits + string.ascii_uppercase


def _check_digit(body: str, highest_weight: int) -> str:
    """Modulo 11 from the right with weights 2..highest; a character's value is its code minus that of "0"."""
    weights = [2 + position % (highest_weight - 1) for position in range(len(body))]
    rest = sum((ord(char) - 48) * weight for char, weight in zip(reversed(body), weights, strict=True)) % 11
    return "0" if rest < 2 else str(11 - rest)


def complete_cpf(nine: str) -> str:
    """The CPF that starts with these nine digits."""
    ten = nine + _check_digit(nine, 11)
    return ten + _check_digit(ten, 11)


def complete_cnpj(twelve: str) -> str:
    """The CNPJ that starts with these twelve characters, digits or (since July 2026) also capital letters."""
    thirteen = twelve + _check_digit(twelve, 9)
    return thirteen + _check_digit(thirteen, 9)


def random_cpf(rng: random.Random) -> str:
    """A valid CPF; never one of a single repeated digit."""
    return complete_cpf(f"{rng.randrange(10_000_000, 999_999_999):09d}")


def random_cnpj(rng: random.Random, *, alphanumeric: bool = False) -> str:
    """A valid CNPJ of a head office."""
    if not alphanumeric:
        return complete_cnpj(f"{rng.randrange(1_000_000, 99_999_999):08d}0001")
    return complete_cnpj("".join(rng.choices(_ALPHANUMERIC, k=7)) + rng.choice(string.ascii_uppercase) + "0001")


def formatted(document: str) -> str:
    """With the usual punctuation."""
    if len(document) == 11:
        return f"{document[:3]}.{document[3:6]}.{document[6:9]}-{document[9:]}"
    return f"{document[:2]}.{document[2:5]}.{document[5:8]}/{document[8:12]}-{document[12:]}"


def masked(document: str) -> str:
    """As the government shows it to strangers: `***.456.789-**`; of a CNPJ the root is hidden as well."""
    if len(document) == 11:
        return f"***.{document[3:6]}.{document[6:9]}-**"
    return f"**.***.***/{document[8:12]}-**"


def masked_name(name: str) -> str:
    """The first letter of each word."""
    return " ".join(word[0] + "***" for word in name.split())
