"""The few words that the assembly puts around an answer (data/help_center.yml, key `labels`)."""

from pathlib import Path
from typing import Dict, Mapping, Tuple

from assistant.content.help_center import FILE, HELP_CENTER_FILE
from assistant.content.yaml_source import ContentError, Problem, line_of, read_yaml

# Label -> the placeholders that its text must hold.
REQUIRED: Mapping[str, Tuple[str, ...]] = {
    "step_by_step": (),
    "next": (),
    "back": (),
    "exit": (),
    "step": ("title", "number", "total", "step"),
    "resume": ("number",),
    "requirements": ("requirements",),
    "repeat": ("text",),
    "also": ("title",),
    "unsaid": ("title",),
    "menu": (),
    "person": (),
}


def load_labels(root: Path) -> Dict[str, str]:
    """The labels of the project at `root`. Raises ContentError naming the missing label or placeholder."""
    document = read_yaml(root, HELP_CENTER_FILE)
    labels = document.get("labels") if isinstance(document, Mapping) else None
    if not isinstance(labels, Mapping):
        line = line_of(document, "labels")
        raise ContentError([Problem(FILE, line, "falta labels, ou não é um bloco de campos (nome: valor)")])
    problems = []
    for name, placeholders in REQUIRED.items():
        if not isinstance(labels.get(name), str) or not labels[name]:
            problems.append(Problem(FILE, line_of(document, "labels"), f"labels: falta {name}, ou não é um texto"))
            continue
        for placeholder in placeholders:
            if f"{{{placeholder}}}" not in labels[name]:
                problems.append(Problem(FILE, line_of(labels, name), f"labels: {name} precisa de {{{placeholder}}}"))
    if problems:
        raise ContentError(problems)
    return {name: str(text) for name, text in labels.items()}
