"""Every class of ours that config.yml names must be there: to Rasa one that cannot be imported is only a warning."""

import importlib
from pathlib import Path
from typing import List

from assistant.content.yaml_source import Problem, line_of, read_yaml

CONFIG_FILE = Path("config.yml")


def check_components(root: Path) -> List[Problem]:
    """The importers, components and policies of `assistant` that cannot be imported, with their line."""
    config = read_yaml(root, CONFIG_FILE)
    problems = []
    for part in [*config.get("importers", []), *config.get("pipeline", []), *config.get("policies", [])]:
        module, _, name = str(part["name"]).rpartition(".")
        if not module.startswith("assistant."):
            continue
        try:
            getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError, NameError, SyntaxError) as error:
            problems.append(Problem(str(CONFIG_FILE), line_of(part, "name"), f"{part['name']}: {error}"))
    return problems
