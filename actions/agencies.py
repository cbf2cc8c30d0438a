"""The city's órgãos (data/city.yml): which one is meant, and which ones come near."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml
from rapidfuzz import fuzz, process

from portal import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

# Below this similarity (0 to 100) an órgão is no suggestion; `SEMAI` is 80 from `SEMAE`, `xyz` below 50 from all.
NEAR = 60.0
MAX_SUGGESTIONS = 3
# More words than any name of an órgão has: the rest of a long message only costs time.
_LONGEST = 120


@dataclass(frozen=True, slots=True)
class Agency:
    """An órgão: acronym as in process numbers, full name, and what people call it."""

    acronym: str
    name: str
    nicknames: tuple[str, ...] = ()


class Agencies:
    """The órgãos, in the order of the file."""

    def __init__(self, agencies: tuple[Agency, ...]) -> None:
        self.all = agencies
        self._acronyms = {
            _plain(call): agency.acronym
            for agency in agencies
            for call in (*agency.nicknames, agency.name, agency.acronym)  # the acronym wins
        }

    def find(self, text: str) -> str | None:
        """The acronym of the órgão that is called exactly so; accents, capitals and punctuation do not matter."""
        return self._acronyms.get(_plain(text))

    def nearest(self, text: str) -> tuple[str, ...]:
        """At most MAX_SUGGESTIONS acronyms of órgãos called similarly, the likeliest first; may be empty."""
        matches = process.extract(_plain(text), self._acronyms.keys(), scorer=fuzz.ratio, score_cutoff=NEAR, limit=None)
        return tuple(dict.fromkeys(self._acronyms[call] for call, _, _ in matches))[:MAX_SUGGESTIONS]

    def full_name(self, acronym: str) -> str:
        """The name, or the acronym itself when the file does not have it."""
        return next((agency.name for agency in self.all if agency.acronym == acronym), acronym)


def load_agencies(path: Path) -> Agencies:
    """Read data/city.yml. Raises ConfigurationError, which names the file."""
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))["agencies"]
        agencies = tuple(
            Agency(
                str(entry["acronym"]),
                str(entry["name"]),
                tuple(str(nickname) for nickname in entry.get("nicknames") or ()),
            )
            for entry in entries
        )
    except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(f"{path}: no list of agencies ({type(error).__name__})") from error
    if not agencies:
        raise ConfigurationError(f"{path}: no agencies")
    return Agencies(agencies)


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text[:_LONGEST]).casefold()
    letters = "".join(char for char in decomposed if not unicodedata.combining(char))
    return re.sub(r"[\W_]+", " ", letters).strip()
