"""`make trials`: what was tried of the classifier, each change alone, measured the same way.

Top1 by cross-validation on data/nlu.yml, on the project's own set and, when it is there, on the outside set. The table
goes to docs/understanding.md. Features are made with scikit-learn here, so that the product holds nothing that is only
tried; its own code gives the same numbers (tests/assistant/evaluation/test_trials.py). Takes about a minute a row.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, List, Mapping, Optional, Sequence, Set

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from assistant.content.examples import load_examples
from assistant.content.help_center import load_help_center
from assistant.evaluation.crossval import FOLDS
from assistant.evaluation.lines import OUTSIDE, SETS, TestLine, read_lines
from assistant.evaluation.page import write_table
from assistant.evaluation.project import CROSS_VALIDATION
from assistant.nlu.features import CHAR_RANGE, MIN_CHAR_COUNT
from assistant.nlu.model import SEED, TOLERANCE, C, folds, temperature_of
from assistant.nlu.normalise import tokens

WORD_RANGE = (1, 2)
STEM = 6  # letters of a word that are kept: Portuguese inflects at the end
TYPO_WORD, SPELL_WORD = 4, 5  # letters of the shortest word that gets a typo, or is spelt right
NEIGHBOURS = 10
FACTORS = (1.0, 1.25, 1.5, 2.0, 4.0)

Tokens = Callable[[str], List[str]]
Lines = Sequence[str]

# One word for what people call by several (the issue's own list).
SYNONYMS = {
    word: words[0]
    for words in (
        ("entrar", "login", "logar", "acesso", "acessar"),
        ("pendencia", "exigencia", "comunique", "diligencia"),
        ("anexos", "anexo", "pecas", "autos", "documentos", "documento", "arquivos"),
        ("processo", "protocolo", "expediente"),
        ("certificado", "token", "ecnpj", "ecpf"),
        ("juntar", "cumprir", "anexar"),
        ("andar", "tramitar", "andamento"),
    )
    for word in words
}


def plain(text: str) -> List[str]:
    """The words with their abbreviations as they were written."""
    return tokens(text, {})


def stems(text: str) -> List[str]:
    return [token[:STEM] for token in tokens(text)]


def canonical(text: str) -> List[str]:
    return [SYNONYMS.get(token, token) for token in tokens(text)]


def beside(other: Tokens) -> Tokens:
    """What `other` makes of a text, as words of their own after the text's words."""
    return lambda text: [*tokens(text), *[f"{token}+" for token in other(text)]]


@dataclass(frozen=True)
class Trial:
    """A classifier that differs from the one in use in one thing. `words` and `chars`: n-grams of these lengths, of
    the words that `of` and `chars_of` make of a text."""

    words: Sequence[int] = WORD_RANGE
    chars: Sequence[int] = CHAR_RANGE
    of: Tokens = tokens
    chars_of: Tokens = tokens
    weights: Optional[str] = None
    typos: bool = False
    spells: bool = False
    neighbours: float = 0.0

    def probabilities(self, lines: Lines, labels: Lines, temperature: float, asked: Lines) -> np.ndarray:
        """len(asked) x intents, in the order of their names; trained on `lines`."""
        if self.typos:
            lines, labels = [*lines, *misspelt(lines)], [*labels, *labels]
        vectorizers = [TfidfVectorizer(analyzer=self._words, sublinear_tf=True, dtype=np.float32)]
        if self.chars:
            chars = TfidfVectorizer(analyzer=self._chars, sublinear_tf=True, min_df=MIN_CHAR_COUNT, dtype=np.float32)
            vectorizers.append(chars)
        matrix = hstack([vectorizer.fit_transform(lines) for vectorizer in vectorizers], format="csr")
        if self.spells:
            known = {word for word in vectorizers[0].vocabulary_ if " " not in word}
            asked = [spelt(text, known) for text in asked]
        rows = hstack([vectorizer.transform(asked) for vectorizer in vectorizers], format="csr")
        svc = LinearSVC(C=C, tol=TOLERANCE, random_state=SEED, class_weight=self.weights).fit(matrix, labels)
        found = softmax(svc.decision_function(rows) / temperature)
        if self.neighbours:
            found = (1 - self.neighbours) * found + self.neighbours * nearest(matrix, labels, rows, svc.classes_)
        return found

    def _words(self, text: str) -> List[str]:
        words = self.of(text)
        sizes = range(self.words[0], self.words[1] + 1)
        return [" ".join(words[start : start + size]) for size in sizes for start in range(len(words) - size + 1)]

    def _chars(self, text: str) -> List[str]:
        low, high = self.chars
        padded = [f" {token} " for token in self.chars_of(text)]
        return [
            word[start : start + size]
            for word in padded
            for size in range(low, min(high, len(word)) + 1)
            for start in range(len(word) - size + 1)
        ]


TRIALS: Mapping[str, Trial] = {
    "as it is": Trial(),
    "words alone (no pairs)": Trial(words=(1, 1)),
    "words 1-3": Trial(words=(1, 3)),
    "characters 2-3": Trial(chars=(2, 3)),
    "characters 2-5": Trial(chars=(2, 5)),
    "characters 3-5": Trial(chars=(3, 5)),
    "characters 2-6": Trial(chars=(2, 6)),
    "no characters": Trial(chars=()),
    "balanced class weights": Trial(weights="balanced"),
    "typo augmentation, each line once": Trial(typos=True),
    "spelling of unknown words at inference": Trial(spells=True),
    f"stems (first {STEM} letters) instead of words": Trial(of=stems),
    f"stems (first {STEM} letters) beside words": Trial(of=beside(stems)),
    "canonical synonyms instead of words": Trial(of=canonical, chars_of=canonical),
    "canonical synonyms beside words": Trial(of=beside(canonical)),
    "nearest neighbours mixed in (0.3)": Trial(neighbours=0.3),
    "without the abbreviations": Trial(of=plain, chars_of=plain),
}


def softmax(margins: np.ndarray) -> np.ndarray:
    exponentials = np.exp(margins - margins.max(axis=1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))


def nearest(matrix: csr_matrix, labels: Lines, rows: csr_matrix, intents: Sequence[str]) -> np.ndarray:
    """The intents of the most similar training lines, by similarity; a share of one each."""
    place = {intent: index for index, intent in enumerate(intents)}
    owners = np.array([place[label] for label in labels])
    votes = np.zeros((rows.shape[0], len(intents)))
    for row in range(rows.shape[0]):
        alike = (matrix @ rows[row].T).toarray().ravel()
        best = np.argpartition(-alike, NEIGHBOURS)[:NEIGHBOURS]
        np.add.at(votes[row], owners[best], alike[best])
    return votes / np.maximum(votes.sum(axis=1, keepdims=True), 1e-9)


def misspelt(lines: Lines) -> List[str]:
    """Each line with one letter left out, doubled or swapped with the next."""
    random = np.random.RandomState(SEED)
    return [_misspell(line, random) for line in lines]


def _misspell(line: str, random: np.random.RandomState) -> str:
    words = line.split()
    long = [index for index, word in enumerate(words) if len(word) >= TYPO_WORD]
    if long:
        index = long[random.randint(len(long))]
        word = words[index]
        at = random.randint(1, len(word) - 1)
        kinds = (word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:],
                 word[:at] + word[at + 1] + word[at] + word[at + 2 :])  # fmt: skip
        words[index] = kinds[random.randint(len(kinds))]
    return " ".join(words)


def spelt(text: str, known: Set[str]) -> str:
    """Each unknown long word as the nearest known one, where one is a letter away."""
    choices = [word for word in known if len(word) >= SPELL_WORD]
    words = []
    for token in tokens(text):
        if token not in known and len(token) >= SPELL_WORD:
            best = process.extractOne(token, choices, scorer=Levenshtein.distance, score_cutoff=1)
            words.append(best[0] if best else token)
        else:
            words.append(token)
    return " ".join(words)


class Project:
    """The lines that all trials share. `measure` gives set -> share of lines whose first topic is right."""

    def __init__(self, root: Path) -> None:
        examples = load_examples(root)
        self.topic_of = load_help_center(root).topic_of()
        self.texts = [example.text for example in examples]
        self.labels = [example.intent for example in examples]
        self.intents = sorted(set(self.labels))
        self.topics = [self.topic_of.get(intent, intent) for intent in self.intents]
        self.sets = {
            name: read_lines(root / path, self.topic_of) for name, path in SETS.items() if (root / path).exists()
        }
        self.temperature = temperature_of(self.texts, self.labels)
        self._folds = folds(self.texts, FOLDS)

    def measure(self, trial: Trial) -> Dict[str, float]:
        lines = [
            TestLine(text, "", frozenset([self.topic_of.get(label, label)]))
            for text, label in zip(self.texts, self.labels)
        ]
        found = {CROSS_VALIDATION: self.right(self.unseen(trial), lines)}
        for name, asked in self.sets.items():
            texts = [line.text for line in asked]
            found[name] = self.right(trial.probabilities(self.texts, self.labels, self.temperature, texts), asked)
        return found

    def unseen(self, trial: Trial) -> np.ndarray:
        """Every training line's probabilities from a model that did not see its fold."""
        found = np.zeros((len(self.texts), len(self.intents)))
        for number in range(FOLDS):
            held = np.flatnonzero(self._folds == number)
            rest = np.flatnonzero(self._folds != number)
            lines, labels = [self.texts[index] for index in rest], [self.labels[index] for index in rest]
            found[held] = trial.probabilities(lines, labels, self.temperature, [self.texts[index] for index in held])
        return found

    def right(self, probabilities: np.ndarray, lines: Sequence[TestLine]) -> float:
        """Share of the lines whose likeliest topic, details counted in, is an accepted one."""
        best = self.best_topic(probabilities)
        return sum(topic in line.accepted for topic, line in zip(best, lines)) / len(lines)

    def best_topic(self, probabilities: np.ndarray) -> List[str]:
        topics = sorted(set(self.topics))
        belongs = np.array([[topic == other for other in topics] for topic in self.topics], dtype=float)
        return [topics[index] for index in (probabilities @ belongs).argmax(axis=1)]


def topic_in_course(project: Project, probabilities: np.ndarray) -> List[List[str]]:
    """What it brings to make the intents of the topic in course likelier, by this factor: share of right first topics
    among details of that very topic (the citizen stays with it) and among questions about another one, drawn by lot."""
    labels, random = np.array(project.labels), np.random.RandomState(SEED)
    topics = sorted(set(project.topic_of.values()))
    owners = [project.topic_of.get(label) for label in project.labels]
    stays = np.array([owner is not None and owner != label for label, owner in zip(labels, owners)])
    changes = np.array([owner == label for label, owner in zip(labels, owners)])
    lots = [random.choice([topic for topic in topics if topic != owner]) for owner in owners]
    course = np.where(stays, np.array(owners, dtype=object), np.array(lots, dtype=object))
    belongs = course[:, None] == np.array(project.topics)[None, :]
    rows = []
    for factor in FACTORS:
        best = np.array(project.best_topic(np.where(belongs, probabilities * factor, probabilities)))
        right = best == np.array(owners, dtype=object)
        rows.append([f"{factor:g} times", f"{right[stays].mean():.4f}", f"{right[changes].mean():.4f}"])
    return rows


def main() -> int:
    """0. The page is written when all trials were run and all sets are there."""
    parser = argparse.ArgumentParser(prog="make trials")
    parser.add_argument("--only", choices=TRIALS, action="append", help="this one (may be given again)")
    options = parser.parse_args()
    project = Project(Path.cwd())
    head = ["change", CROSS_VALIDATION, *project.sets]
    print(" | ".join(head))
    rows = []
    for name in options.only or TRIALS:
        found = project.measure(TRIALS[name])
        rows.append([name, *[f"{share:.4f}" for share in found.values()]])
        print(" | ".join(rows[-1]), flush=True)
    if options.only:
        return 0
    course = [["topic in course", "its details", "other topics"]]
    course += topic_in_course(project, project.unseen(TRIALS["as it is"]))
    print("\n".join(" | ".join(row) for row in course))
    if OUTSIDE in project.sets:
        write_table("trials", [head, *rows])
        write_table("course", course)
    return 0


if __name__ == "__main__":
    sys.exit(main())
