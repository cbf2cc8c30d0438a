"""The linear model: deterministic, saved without code. test_classifier.py has its budget."""

from pathlib import Path

import numpy as np
import pytest

from assistant.nlu.model import IntentModel, folds

TEXTS = [
    *("esqueci minha senha", "perdi a senha", "senha não funciona", "recuperar senha", "trocar a senha"),
    *("bom dia", "oi tudo bem", "olá", "boa tarde", "oi"),
    *("quero assinar", "como assino o documento", "assinar com token", "assinatura digital", "assinar papel"),
]
LABELS = ["reset_password"] * 5 + ["greet"] * 5 + ["sign"] * 5


@pytest.fixture(scope="module")
def model() -> IntentModel:
    return IntentModel.train(TEXTS, LABELS)


def test_it_learns(model: IntentModel) -> None:
    assert model.rank("não lembro da senha")[0].intent == "reset_password"
    assert model.rank("Boa tardeee")[0].intent == "greet"


def test_probabilities_sum_to_one(model: IntentModel) -> None:
    assert sum(item.probability for item in model.rank("qualquer coisa")) == pytest.approx(1)


def test_unknown_words_are_not_covered(model: IntentModel) -> None:
    assert model.understand("xyzzy plugh")[1] == 0
    assert model.understand("esqueci minha senha")[1] == 1


def test_the_same_lines_give_the_same_model(model: IntentModel) -> None:
    again = IntentModel.train(TEXTS, LABELS)
    assert np.array_equal(model.probabilities("perdi a senha"), again.probabilities("perdi a senha"))


def test_it_survives_saving(model: IntentModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    assert np.array_equal(IntentModel.load(tmp_path).probabilities("oi"), model.probabilities("oi"))


def test_a_model_of_another_shape_is_refused(model: IntentModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    (tmp_path / "names.json").write_text((tmp_path / "names.json").read_text().replace('"oi",', ""))
    with pytest.raises(ValueError, match="do not fit"):
        IntentModel.load(tmp_path)


def test_the_same_words_in_another_order_share_a_fold() -> None:
    assigned = folds(["a senha perdi", "perdi a senha", "outra coisa", "bom dia", "boa noite"])
    assert assigned[0] == assigned[1]
