"""Lines that mean much the same are shown together."""

import pytest

from assistant.nlu.model import IntentModel
from assistant.review.groups import group

TEXTS = [
    *("esqueci minha senha", "perdi a senha", "senha não funciona", "recuperar senha", "trocar a senha"),
    *("quero assinar", "como assino o documento", "assinar com token", "assinatura digital", "assinar papel"),
]
LABELS = ["reset_password"] * 5 + ["sign"] * 5


@pytest.fixture(scope="module")
def model() -> IntentModel:
    return IntentModel.train(TEXTS, LABELS)


def test_lines_are_grouped_by_meaning(model: IntentModel) -> None:
    groups = group(["esqueci a senha", "como assinar documento", "esqueci a senha de novo"], model)
    assert [(found.intent, found.places) for found in groups] == [("reset_password", [[0], [2]]), ("sign", [[1]])]


def test_the_same_words_are_one_line(model: IntentModel) -> None:
    (found,) = group(["Perdi a SENHA", "perdi a senha"], model)
    assert found.places == [[0, 1]]


def test_every_line_is_in_one_group(model: IntentModel) -> None:
    texts = [f"{text} {extra}" for text in TEXTS for extra in ("hoje", "xyzzy", "")]
    places = [place for found in group(texts, model) for places in found.places for place in places]
    assert sorted(places) == list(range(len(texts)))
