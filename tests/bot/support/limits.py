"""A platform's limits as a module of constants, each with its source under it."""

from __future__ import annotations

import ast
from pathlib import Path
from types import ModuleType


def sources_missing(module: ModuleType, *words: str) -> list[str]:
    """The constants of ``module`` whose docstring has none of ``words``."""
    body = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8")).body
    missing = []
    for statement, following in zip(body, [*body[1:], None], strict=True):
        if not isinstance(statement, ast.Assign):
            continue
        said = following.value if isinstance(following, ast.Expr) else None
        source = said.value if isinstance(said, ast.Constant) and isinstance(said.value, str) else ""
        if not any(word in source for word in words):
            missing += [target.id for target in statement.targets if isinstance(target, ast.Name)]
    return missing
