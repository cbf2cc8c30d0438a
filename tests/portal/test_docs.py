"""docs/conectar-o-portal.md names every field, operation, error, setting and file that there is."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

import portal
from portal import _models
from portal._client import API

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "conectar-o-portal.md").read_text(encoding="utf-8")
MODELS = [model for model in vars(_models).values() if isinstance(model, type) and issubclass(model, msgspec.Struct)]
FIELDS = sorted(
    {
        (field.encode_name, field.name, "sim" if field.required else "não")
        for model in MODELS
        if model.__name__ != "Page"
        for field in msgspec.structs.fields(model)
    }
)


@pytest.mark.parametrize(("wire", "name", "required"), FIELDS)
def test_every_field_has_its_line(wire: str, name: str, required: str) -> None:
    assert f"| `{wire}` | `{name}` | {required} |" in PAGE


@pytest.mark.parametrize(
    "operation", [name for name in vars(portal.PortalClient) if re.match("(find|list|get)_", name)]
)
def test_every_operation_has_its_line(operation: str) -> None:
    assert re.search(rf"^\| `{operation}` \| `{API}/", PAGE, re.MULTILINE)


# The branches of the tree, and what is raised before anything is sent.
NOT_OF_A_BACKEND = {portal.PortalError, portal.Unavailable, portal.DefiniteAnswer, portal.ConfigurationError}
ERRORS = {kind for kind in vars(portal).values() if isinstance(kind, type) and issubclass(kind, portal.PortalError)}


@pytest.mark.parametrize("name", sorted(kind.__name__ for kind in ERRORS - NOT_OF_A_BACKEND))
def test_every_error_that_a_backend_can_cause_has_its_line(name: str) -> None:
    assert f"| `{name}` |" in PAGE


def test_every_setting_is_explained() -> None:
    for name in ("PORTAL_URL", "PORTAL_TOKEN_URL", "PORTAL_CLIENT_ID", "PORTAL_CLIENT_SECRET"):
        assert f"| `{name}` |" in PAGE


def test_every_file_that_is_named_exists() -> None:
    named = set(re.findall(r"`((?:portal|actions|sandbox|docs|data)/[\w/.-]+\.\w+)`", PAGE))

    assert len(named) >= 8
    assert [name for name in named if not (ROOT / name).is_file()] == []


def test_every_constant_that_is_named_exists() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "portal").glob("_*.py"))
    named = {name for name in re.findall(r"`([A-Z_]{5,}|_accepted)`", PAGE) if not name.startswith("PORTAL_")}

    assert {"ERRORS_BY_CODE", "DEFAULT_DEADLINE", "TIMEOUT", "DOCUMENT_HEADER"} <= named
    assert [name for name in named if name not in source] == []
