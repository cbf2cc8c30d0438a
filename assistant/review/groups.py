"""Lines that mean much the same, together, with what the model takes them for."""

from dataclasses import dataclass, field
from typing import Dict, List, Sequence, Tuple

import numpy as np

from assistant.nlu.model import IntentModel
from assistant.nlu.normalise import normalise, tokens

ALIKE = 0.35  # least cosine of the TF-IDF rows to the first line of a group

Row = Tuple[np.ndarray, np.ndarray]


@dataclass
class Group:
    """Places (in the given lines) of lines with the same suggestion; those with the same words count as one line."""

    intent: str
    places: List[List[int]] = field(default_factory=list)


def group(texts: Sequence[str], model: IntentModel) -> List[Group]:
    """The largest group first. Deterministic."""
    same: Dict[str, List[int]] = {}
    for place, text in enumerate(texts):
        same.setdefault(normalise(text) or text, []).append(place)
    leaders: List[Tuple[Row, Group]] = []
    for places in sorted(same.values(), key=lambda places: (-len(places), places)):
        text = texts[places[0]]
        row, intent = model.features.row(tokens(text)), model.rank(text)[0].intent
        alike = [(cosine(row, leader), found) for leader, found in leaders if found.intent == intent]
        best = max(alike, key=lambda item: item[0], default=None)
        if best and best[0] >= ALIKE:
            best[1].places.append(places)
        else:
            leaders.append((row, Group(intent, [places])))
    groups = [found for _, found in leaders]
    return sorted(groups, key=lambda found: (-sum(map(len, found.places)), found.places[0]))


def cosine(first: Row, second: Row) -> float:
    """Of two rows whose blocks (words, characters) have length one each."""
    _, mine, theirs = np.intersect1d(first[0], second[0], assume_unique=True, return_indices=True)
    return float(first[1][mine] @ second[1][theirs]) / 2
