"""The linear model: one weight a feature and intent, margins turned into probabilities by one temperature.

LinearSVC on TF-IDF beat Rasa's default pipeline and logistic regression on messages by outside authors, and trains in
seconds; a single temperature fitted on out-of-fold margins calibrates it (docs/understanding.md has the figures).
"""

import io
import json
from collections import defaultdict
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.svm import LinearSVC

from assistant.nlu.features import TextFeatures
from assistant.nlu.normalise import normalise, tokens

C = 1.0
TOLERANCE = 0.01  # sklearn's 0.0001 takes half as long again and gives the same figures
FOLDS = 3
TEMPERATURES = (0.02, 2.0)
SEED = 7


class Ranked(NamedTuple):
    """An intent and the probability that it is the right one."""

    intent: str
    probability: float


class IntentModel:
    """Trained weights. `understand` is the one thing a caller needs."""

    def __init__(
        self, features: TextFeatures, intents: Sequence[str], weights: np.ndarray, bias: np.ndarray, temperature: float
    ) -> None:
        self.features = features
        self.intents = list(intents)
        self._weights = weights  # width x intents, float32
        self._bias = bias
        self.temperature = temperature

    @classmethod
    def train(cls, texts: Sequence[str], labels: Sequence[str], temperature: Optional[float] = None) -> "IntentModel":
        """The same lines in the same order give the same model. Fits the temperature if none is given."""
        features, matrix = TextFeatures.fit(texts)
        intents, target = _target(labels)
        if temperature is None:
            temperature = _temperature(matrix, target, folds(texts))
        weights, bias = _fit(matrix, target, len(intents))
        return cls(features, intents, weights, bias, temperature)

    def understand(self, text: str) -> Tuple[List[Ranked], float]:
        """(all intents, the likeliest first; share of the text's words that training has seen)."""
        words = tokens(text)
        probabilities = self._probabilities(words)
        order = np.argsort(-probabilities, kind="stable")
        ranked = [Ranked(self.intents[index], float(probabilities[index])) for index in order]
        return ranked, self.features.coverage(words)

    def probabilities(self, text: str) -> np.ndarray:
        """One probability an intent, in the order of `intents`; they sum to one."""
        return self._probabilities(tokens(text))

    def _probabilities(self, words: List[str]) -> np.ndarray:
        indices, values = self.features.row(words)
        margins = values @ self._weights[indices] + self._bias
        scaled = (margins - margins.max()) / self.temperature
        exponentials = np.exp(scaled)
        return np.asarray(exponentials / exponentials.sum())

    def rank(self, text: str) -> List[Ranked]:
        """All intents, the likeliest first."""
        return self.understand(text)[0]

    def save(self, folder: Path) -> None:
        """JSON for names, one .npz for numbers: nothing that runs code when it is loaded."""
        words, chars = self.features.vocabulary()
        names = {"words": words, "chars": chars, "intents": self.intents, "temperature": self.temperature}
        (folder / "names.json").write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")
        buffer = io.BytesIO()
        np.savez(buffer, weights=self._weights, bias=self._bias, idf=self.features.idf)
        (folder / "weights.npz").write_bytes(buffer.getvalue())

    @classmethod
    def load(cls, folder: Path) -> "IntentModel":
        """Raises OSError or ValueError when the files are missing or not of this shape."""
        names = json.loads((folder / "names.json").read_text(encoding="utf-8"))
        with np.load(folder / "weights.npz", allow_pickle=False) as arrays:
            weights, bias, idf = arrays["weights"], arrays["bias"], arrays["idf"]
        words = {ngram: index for index, ngram in enumerate(names["words"])}
        chars = {ngram: len(words) + index for index, ngram in enumerate(names["chars"])}
        if weights.shape != (len(words) + len(chars), len(names["intents"])):
            raise ValueError("weights do not fit the vocabulary")
        return cls(TextFeatures(words, chars, idf), names["intents"], weights, bias, float(names["temperature"]))


def temperature_of(texts: Sequence[str], labels: Sequence[str]) -> float:
    """The temperature that training on these lines would fit."""
    return _temperature(TextFeatures.fit(texts)[1], _target(labels)[1], folds(texts))


def folds(texts: Sequence[str], count: int = FOLDS) -> np.ndarray:
    """A fold for each line. Lines that are the same after sorting their words share one: near-duplicates on both sides
    of a split make margins look surer than they are (measured: calibration error 0.114 instead of 0.036)."""
    groups: Dict[str, List[int]] = defaultdict(list)
    for index, text in enumerate(texts):
        groups[" ".join(sorted(set(normalise(text).split())))].append(index)
    assigned = np.zeros(len(texts), dtype=int)
    order = np.random.RandomState(SEED).permutation(len(groups))
    for place, group in zip(order, groups.values()):
        assigned[group] = place % count
    return assigned


def _target(labels: Sequence[str]) -> Tuple[List[str], np.ndarray]:
    """(the intents in order, the place of each label among them)."""
    intents = sorted(set(labels))
    place = {intent: index for index, intent in enumerate(intents)}
    return intents, np.array([place[label] for label in labels])


def _fit(matrix: csr_matrix, target: np.ndarray, intents: int) -> Tuple[np.ndarray, np.ndarray]:
    """(weights, bias) with a column for each intent; an intent absent from `target` gets a margin never reached."""
    svc = LinearSVC(C=C, tol=TOLERANCE, random_state=SEED).fit(matrix, target)
    weights = np.zeros((matrix.shape[1], intents), dtype=np.float32)
    bias = np.full(intents, -10.0, dtype=np.float32)
    weights[:, svc.classes_] = svc.coef_.T if len(svc.classes_) > 2 else np.hstack([-svc.coef_.T, svc.coef_.T])
    bias[svc.classes_] = svc.intercept_ if len(svc.classes_) > 2 else [-svc.intercept_[0], svc.intercept_[0]]
    return weights, bias


def out_of_fold_margins(matrix: csr_matrix, target: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Margins of each line from a model that did not see its fold."""
    intents = int(target.max()) + 1
    margins = np.zeros((matrix.shape[0], intents), dtype=np.float32)
    for number in range(int(fold.max()) + 1):
        held = fold == number
        weights, bias = _fit(matrix[~held], target[~held], intents)
        margins[held] = matrix[held] @ weights + bias
    return margins


def _temperature(matrix: csr_matrix, target: np.ndarray, fold: np.ndarray) -> float:
    """The temperature that makes the out-of-fold probabilities of the right intents likeliest."""
    from scipy.optimize import minimize_scalar  # noqa: PLC0415  only training needs it, and it is slow to import

    margins = out_of_fold_margins(matrix, target, fold)
    rows = np.arange(len(target))

    def loss(temperature: float) -> float:
        scaled = margins / temperature
        scaled -= scaled.max(axis=1, keepdims=True)
        return float(np.mean(np.log(np.exp(scaled).sum(axis=1)) - scaled[rows, target]))

    return float(minimize_scalar(loss, bounds=TEMPERATURES, method="bounded").x)
