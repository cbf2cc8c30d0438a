"""`make trials` measures changes of the very classifier that is in use."""

import sys
from pathlib import Path

import numpy as np
import pytest

from assistant.content.examples import by_intent, load_examples
from assistant.evaluation import trials
from assistant.evaluation.trials import TRIALS, Project, Trial, misspelt, spelt, topic_in_course
from assistant.nlu.model import IntentModel

TEMPERATURE = 0.2
ASKED = ["não lembro da senha de jeito nenhum", "xyzzy", "quero falar c/ alguém", "Como peço vista do processo?"]


@pytest.fixture
def few(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of 20 lines an intent, as the working directory."""
    monkeypatch.chdir(project)
    return project


def test_the_trial_that_changes_nothing_is_the_classifier_in_use(few: Path) -> None:
    examples = load_examples(few)
    texts, intents = [example.text for example in examples], [example.intent for example in examples]
    model = IntentModel.train(texts, intents, TEMPERATURE)
    found = Trial().probabilities(texts, intents, TEMPERATURE, ASKED)
    assert model.intents == sorted(by_intent(examples))
    assert found == pytest.approx(np.array([model.probabilities(text) for text in ASKED]), abs=2e-3)


@pytest.mark.parametrize("name", TRIALS)
def test_every_trial_gives_probabilities_and_all_but_one_other_ones(few: Path, name: str) -> None:
    examples = load_examples(few)
    texts, intents = [example.text for example in examples], [example.intent for example in examples]
    texts, intents = texts[15:], intents[15:]  # not the same number of each
    asked = [*ASKED, "qero ver os autos do protocolo pq n consegi entrar c/ meu login"]
    found = TRIALS[name].probabilities(texts, intents, TEMPERATURE, asked)
    assert found.sum(axis=1) == pytest.approx(np.ones(len(asked)), abs=1e-3)
    same = np.allclose(found, Trial().probabilities(texts, intents, TEMPERATURE, asked))
    assert same == (name == "as it is")


def test_a_typo_changes_one_long_word_and_is_the_same_each_time() -> None:
    lines = ["esqueci a senha", "oi", "quero assinar documentos"]
    first, second = misspelt(lines), misspelt(lines)
    assert first == second
    assert first[1] == "oi"
    assert all(sum(old != new for old, new in zip(line.split(), typo.split())) <= 1 for line, typo in zip(lines, first))


def test_an_unknown_word_is_spelt_as_the_nearest_known_one() -> None:
    assert spelt("esqeci a senha xyzzy", {"esqueci", "senha", "a"}) == "esqueci a senha xyzzy"


def test_the_topic_in_course_helps_those_who_stay_and_not_those_who_leave(few: Path) -> None:
    """With probabilities that know nothing, a large factor makes every detail of the topic right, and no other line."""
    project = Project(few)
    nothing = np.full((len(project.texts), len(project.intents)), 1 / len(project.intents))
    first, *_, last = [[float(share) for share in row[1:]] for row in topic_in_course(project, nothing)]
    assert last[0] == 1
    assert last[0] > first[0]
    assert last[1] < 0.05


def test_the_command_prints_a_row(few: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.setattr(sys, "argv", ["make trials", "--only", "words 1-3"])
    assert trials.main() == 0
    head, row = capsys.readouterr().out.splitlines()
    assert head.startswith("change | cross-validation")
    assert 0.3 < float(row.split(" | ")[1]) < 1
