"""The tables of docs/understanding.md: each is written by the command that measures it, between two comments."""

import re
from pathlib import Path
from typing import Iterable, List, Sequence

PAGE = Path("docs/understanding.md")


class TablePlaceMissing(Exception):
    """The page has no place for the table: the comments that name it are gone."""


def write_table(name: str, rows: Iterable[Sequence[str]], page: Path = PAGE) -> None:
    """Replaces what stands between `<!-- table: NAME -->` and `<!-- end -->`. The first row is the head.

    Raises TablePlaceMissing."""
    text = page.read_text(encoding="utf-8")
    table = "\n".join(_markdown(list(rows)))
    place = re.compile(rf"(<!-- table: {re.escape(name)} -->\n).*?(<!-- end -->)", re.DOTALL)
    written, count = place.subn(lambda found: f"{found[1]}{table}\n{found[2]}", text)
    if count != 1:
        raise TablePlaceMissing(f"{page}: {name}")
    page.write_text(written, encoding="utf-8")


def _markdown(rows: List[Sequence[str]]) -> List[str]:
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return [lines[0], "|" + "---|" * len(rows[0]), *lines[1:]]
