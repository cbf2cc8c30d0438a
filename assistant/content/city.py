"""The city's own facts (data/city.yml) and the placeholders that texts may use. What is unset is not said."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional

from assistant.content.yaml_source import ContentError, Problem, line_of, read_yaml
from assistant.nlu.normalise import fold

CITY_FILE = Path("data/city.yml")
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")

# Placeholder -> where its value stands in city.yml. {agencies} is made from the list of órgãos.
_PATHS = {
    "city": ("name",),
    "city_hall": ("city_hall",),
    "portal": ("portal", "name"),
    "portal_url": ("portal", "url"),
    "address": ("contacts", "address"),
    "phone": ("contacts", "phone"),
    "whatsapp": ("contacts", "whatsapp"),
    "email": ("contacts", "email"),
    "hours": ("contacts", "hours"),
    "contacts_page": ("contacts", "page"),
    "ombudsman": ("ombudsman", "name"),
    "ombudsman_url": ("ombudsman", "url"),
    "ombudsman_phone": ("ombudsman", "phone"),
    "dpo": ("data_protection", "officer"),
    "dpo_email": ("data_protection", "email"),
    "policy_url": ("data_protection", "policy_url"),
}
_REQUIRED = ("city", "city_hall", "portal")


@dataclass(frozen=True)
class Agency:
    """A municipal órgão: acronym as the portal writes it, full name, and what people call it."""

    acronym: str
    name: str
    nicknames: List[str]


@dataclass(frozen=True)
class City:
    """`values`: placeholder -> text, only for what is set. `agencies` in the order of the file."""

    values: Dict[str, str]
    agencies: List[Agency]

    def fill(self, text: str) -> Optional[str]:
        """`text` with its placeholders filled, or None when it names one that is unset."""
        names = [name for name in _PLACEHOLDER.findall(text) if name in _PATHS or name == "agencies"]
        if any(name not in self.values for name in names):
            return None
        return _PLACEHOLDER.sub(lambda match: self.values.get(match.group(1), match.group(0)), text)

    def fill_paragraphs(self, text: str) -> str:
        """`text` with each paragraph or list line that names an unset placeholder left out."""
        paragraphs = []
        for paragraph in text.strip().split("\n\n"):
            lines = [self.fill(line) for line in paragraph.split("\n")]
            kept = [line for line in lines if line is not None]
            if kept:
                paragraphs.append("\n".join(kept))
        return "\n\n".join(paragraphs)


def placeholders_known() -> List[str]:
    """Every placeholder that a text of the help center may use."""
    return [*_PATHS, "agencies"]


def load_city(root: Path) -> City:
    """The city of the project at `root`. Raises ContentError with file and line."""
    document = read_yaml(root, CITY_FILE)
    problems: List[Problem] = []
    if not isinstance(document, Mapping):
        raise ContentError([Problem(str(CITY_FILE), 1, "deve ser uma lista de campos (chave: valor)")])
    values: Dict[str, str] = {}
    for placeholder, path in _PATHS.items():
        value = _dig(document, path)
        if value not in (None, ""):
            values[placeholder] = str(value).strip()
        elif placeholder in _REQUIRED:
            problems.append(Problem(str(CITY_FILE), line_of(document, path[0]), f"falta {'.'.join(path)}"))
    agencies = _agencies(document, problems)
    if problems:
        raise ContentError(problems)
    values["agencies"] = "\n".join(f"- **{agency.acronym}**: {agency.name}" for agency in agencies)
    return City(values, agencies)


def _dig(node: Any, path: Any) -> Any:
    for key in path:
        node = node.get(key) if isinstance(node, Mapping) else None
    return node


def _agencies(document: Any, problems: List[Problem]) -> List[Agency]:
    items = document.get("agencies") or []
    if not items:
        problems.append(Problem(str(CITY_FILE), 1, "falta a lista agencies (os órgãos municipais)"))
    agencies = []
    owners: Dict[str, str] = {}
    for item in items:
        acronym, name = str(item.get("acronym") or "").strip(), str(item.get("name") or "").strip()
        if not acronym or not name:
            problems.append(Problem(str(CITY_FILE), line_of(item), "órgão sem acronym ou sem name"))
            continue
        agencies.append(Agency(acronym, name, [str(nickname) for nickname in item.get("nicknames") or []]))
        for said in {fold(word) for word in (acronym, name, *agencies[-1].nicknames)}:
            other = owners.setdefault(said, acronym)
            if other != acronym:
                problems.append(Problem(str(CITY_FILE), line_of(item), f"{said!r} serve para {other} e para {acronym}"))
    return agencies
