"""Reads the tables beside it: one row a line, "#" for remarks, "expected = message"."""

from pathlib import Path

HERE = Path(__file__).parent


def rows(name: str) -> list[str]:
    """The lines of a table, without remarks and blank lines."""
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.startswith(("# ", "## "))]


def expected_rows(name: str) -> list[tuple[str, str]]:
    """(expected, message) of each row."""
    return [(expected, text) for expected, _, text in (row.partition(" = ") for row in rows(name))]
