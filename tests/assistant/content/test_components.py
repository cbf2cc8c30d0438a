"""A component that cannot be imported is named: Rasa would train without it."""

from pathlib import Path

import pytest

from assistant.content.components import check_components

CONFIG = """\
importers:
  - name: assistant.importer.HelpCenterImporter
pipeline:
  - name: {name}
policies:
  - name: RulePolicy
"""


@pytest.mark.parametrize("name", ["assistant.no_such.Thing", "assistant.importer.NoSuchThing"])
def test_a_missing_class_is_named_with_its_line(tmp_path: Path, name: str) -> None:
    (tmp_path / "config.yml").write_text(CONFIG.format(name=name))
    (problem,) = check_components(tmp_path)
    assert str(problem).startswith(f"config.yml:4: {name}:")


def test_the_projects_own_are_there(root: Path) -> None:
    assert check_components(root) == []
