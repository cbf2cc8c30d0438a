"""The year and the number of a process, as people write them when they are asked for."""

from __future__ import annotations

import re
import unicodedata

FIRST_YEAR = 1950
# Digits, their dots of thousands, and nothing else of a group.
_GROUP = re.compile(r"\d(?:[\d.]*\d)?")
_LONGEST = 200


def read_year(text: str, this_year: int) -> str | None:
    """Four digits from FIRST_YEAR to this year, or two of them ("23", "98"); None when it is no such year."""
    group = _only_group(text)
    if group is None:
        return None
    year = int(group)
    if len(group) == 2:
        year += 2000 if 2000 + year <= this_year else 1900
    elif len(group) != 4:
        return None
    return str(year) if FIRST_YEAR <= year <= this_year else None


def read_number(text: str) -> str | None:
    """One to nine digits without dots and leading zeros; None for none, zero, more, or several numbers."""
    group = _only_group(text)
    number = group.lstrip("0") if group else ""
    return number if 0 < len(number) <= 9 else None


def _only_group(text: str) -> str | None:
    """The digits of the only group of digits there is, whatever Unicode's way of writing them."""
    groups = _GROUP.findall(unicodedata.normalize("NFKC", text[:_LONGEST]))
    if len(groups) != 1:
        return None
    digits = groups[0].replace(".", "")
    return "".join(str(int(digit)) for digit in digits)
