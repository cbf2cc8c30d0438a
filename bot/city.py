"""The facts of the city (data/city.yml) that the front desk's own sentences may name. What is unset is not said."""

from __future__ import annotations

from pathlib import Path

import yaml

# placeholder -> where in data/city.yml
PLACEHOLDERS: dict[str, tuple[str, ...]] = {
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


class CityError(Exception):
    """data/city.yml cannot be read; the message names the file."""


def load_city(path: Path) -> dict[str, str | None]:
    """The value of every placeholder, ``None`` where the city left it unset."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CityError(f"{path}: {error}") from None
    if not isinstance(data, dict):
        raise CityError(f"{path}: a mapping is expected")
    return {name: _text_at(data, keys) for name, keys in PLACEHOLDERS.items()}


def _text_at(data: object, keys: tuple[str, ...]) -> str | None:
    for key in keys:
        if not isinstance(data, dict):
            return None
        data = data.get(key)
    return str(data).strip() or None if data is not None else None
