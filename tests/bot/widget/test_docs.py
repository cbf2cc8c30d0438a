"""docs/widget.md tells of what there is, all of it and nothing else; what citizens read is in one table."""

import re
from pathlib import Path

import pytest

from bot.channels.web.api import WIDGET
from bot.settings import Settings

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "widget.md").read_text(encoding="utf-8")


def test_every_custom_property_is_documented() -> None:
    used = set(re.findall(r"var\((--guiche-[\w-]+)", (WIDGET / "widget.css").read_text(encoding="utf-8")))
    assert used == set(re.findall(r"`(--guiche-[\w-]+)`", TEXT))


@pytest.mark.parametrize("name", sorted(set(re.findall(r"GUICHE_(\w+)", TEXT))))
def test_every_setting_that_is_named_exists(name: str) -> None:
    assert name.lower() in Settings.model_fields


@pytest.mark.parametrize("name", sorted(path.name for path in WIDGET.glob("*.js") if path.name != "strings.js"))
def test_what_citizens_read_is_in_the_table_of_strings(name: str) -> None:
    """Portuguese is known by its accents: none is outside comments, but for the name."""
    source = (WIDGET / name).read_text(encoding="utf-8")
    code = "\n".join(re.sub(r"(^|\s)//.*$", "", line) for line in source.splitlines())
    assert re.findall(r"[\w ]*[à-üÀ-Ü][\w ]*", code.replace("Guichê", "")) == []
