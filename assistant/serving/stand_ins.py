"""Serving without the libraries that Rasa imports whatever the model needs.

Measured on two cores: TensorFlow alone is 4 of the 6.5 s of CPU of a start, and 240 of the 470 MB of the server;
scikit-learn and matplotlib 0.7 s and 40 MB more. Rasa's modules need names of them when they are defined (base classes,
annotations), and nothing else when the model has no component that learns with them. `stand_in` gives them such names;
calling one is an error that says so.
"""

import importlib.abc
import importlib.machinery
import json
import sys
import tarfile
import types
from pathlib import Path
from typing import Any, Optional

PACKAGES = ("tensorflow", "keras", "sklearn", "matplotlib")
# Components that are known to serve without them. Whatever else a model has gets the real ones.
_FREE = (
    "assistant.",
    "rasa.graph_components.",
    "rasa.nlu.classifiers.regex_message_handler.",
    "rasa.core.policies.ensemble.",
    "rasa.core.policies.memoization.",
    "rasa.core.policies.rule_policy.",
)


class LibraryMissing(RuntimeError):
    """Something was used of a library for which there are only names in this process."""


def suffice(model: Path) -> bool:
    """Whether no component of the model needs the libraries; False when that cannot be read."""
    try:
        with tarfile.open(model) as archive:
            member = archive.extractfile("metadata.json")
            nodes = json.load(member)["predict_schema"]["nodes"] if member else {}
    except (OSError, EOFError, ValueError, KeyError, tarfile.TarError):
        return False
    return bool(nodes) and all(node["uses"].startswith(_FREE) for node in nodes.values())


def stand_in() -> None:
    """From now on the packages are names only. Call it before Rasa is imported."""
    sys.meta_path.insert(0, _Finder())


class _Name(type):
    """Any name of a package: fit to be a base class or an annotation, and to have names of its own."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _named(cls, name)

    def __call__(cls, *_: Any, **__: Any) -> Any:
        raise LibraryMissing(f"{cls.__module__}.{cls.__name__} is used, and this server was started without it")


class _Package(types.ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _named(self, name)


def _named(owner: Any, name: str) -> Any:
    made = _Name(name, (), {"__module__": owner.__name__})
    setattr(owner, name, made)
    return made


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name: str, path: Any, target: Any = None) -> Optional[importlib.machinery.ModuleSpec]:
        if name.split(".", maxsplit=1)[0] not in PACKAGES:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _Package(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """There is nothing in it."""
