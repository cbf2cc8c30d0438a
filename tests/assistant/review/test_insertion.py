"""An accepted line is added in place; what would spoil the data is refused."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from assistant.content.examples import by_intent, load_examples
from assistant.review.insertion import Refused, TrainingFile, as_example

ODD = "a engenhoca do guarda-chuva municipal não quer desabrochar"
KNOWN = "Primeiro acesso de advogado: qual o procedimento?"


@pytest.fixture
def nlu(project: Path) -> Path:
    return project / "data/nlu.yml"


def test_only_one_line_is_added_at_the_end_of_its_intent(project: Path, nlu: Path) -> None:
    before = nlu.read_text(encoding="utf-8").splitlines()
    file = TrainingFile(project)
    file.add(ODD, "sign_pin")
    file.add("tipo um código pequeno de novo", "register")

    after = nlu.read_text(encoding="utf-8").splitlines()
    grouped = by_intent(load_examples(project))
    assert [
        line for line in after if line not in (f"      - {ODD}", "      - tipo um código pequeno de novo")
    ] == before
    assert grouped["sign_pin"][-1].text == ODD
    assert grouped["register"][-1].text == "tipo um código pequeno de novo"


def test_the_last_line_of_the_file_needs_no_line_break(project: Path, nlu: Path) -> None:
    nlu.write_text(nlu.read_text(encoding="utf-8").rstrip("\n"), encoding="utf-8")
    last = load_examples(project)[-1]
    TrainingFile(project).add(ODD, last.intent)
    assert [example.text for example in load_examples(project)[-2:]] == [last.text, ODD]


def test_a_line_goes_under_its_intent_however_the_file_has_changed(project: Path, nlu: Path) -> None:
    """An editor took lines away, and another review added some, after this one had read the file."""
    file, other = TrainingFile(project), TrainingFile(project)
    lines = nlu.read_text(encoding="utf-8").splitlines(keepends=True)
    nlu.write_text("".join(lines[:10] + lines[20:]), encoding="utf-8")
    other.add("berimbau desafinado na calçada molhada", "missing_email")
    file.add(ODD, "register")
    file.add("xilofone desafinado no coreto vazio", "sign_pin")
    other.add("zabumba desafinada na garoa fina", "register")

    grouped = by_intent(load_examples(project))
    assert [example.text for example in grouped["register"][-2:]] == [ODD, "zabumba desafinada na garoa fina"]
    assert grouped["missing_email"][-1].text == "berimbau desafinado na calçada molhada"
    assert grouped["sign_pin"][-1].text == "xilofone desafinado no coreto vazio"


def test_a_line_that_came_in_since_is_known(project: Path) -> None:
    file = TrainingFile(project)
    TrainingFile(project).add(ODD, "sign")
    with pytest.raises(Refused, match="já está em sign"):
        file.add(ODD, "vista")


def test_reviews_that_add_at_the_same_time_lose_no_line(project: Path) -> None:
    texts = [f"{word} desafinado na calçada molhada" for word in ("berimbau", "pandeiro", "xilofone", "cavaquinho")]
    with ThreadPoolExecutor(len(texts)) as reviews:
        list(reviews.map(lambda text: TrainingFile(project).add(text, "register"), texts))
    assert {example.text for example in by_intent(load_examples(project))["register"][-len(texts) :]} == set(texts)


@pytest.mark.parametrize(
    ("text", "intent", "reason"),
    [
        (KNOWN, "register", "já está em register"),
        ("PRIMEIRO acesso de ADVOGADO: qual o procedimento", "sign", "já está em|quase igual"),
        ("Primeiro acesso de advogada: qual o procedimento?", "sign", "quase igual"),
        ("🙂🙂", "affirm", "não tem palavras"),
        ("xyz " * 400, "sign", "caracteres"),
        (ODD, "no_such_intent", "não tem exemplos"),
    ],
)
def test_what_is_refused(project: Path, nlu: Path, text: str, intent: str, reason: str) -> None:
    before = nlu.read_bytes()
    with pytest.raises(Refused, match=reason):
        TrainingFile(project).add(text, intent)
    assert nlu.read_bytes() == before


def test_a_line_that_understanding_is_measured_on_is_refused(project: Path, nlu: Path) -> None:
    (project / "tests/understanding").mkdir(parents=True)
    held = f'{{"text": "{ODD} hoje", "label": "sign"}}\n'
    (project / "tests/understanding/messages.jsonl").write_text(held, encoding="utf-8")
    with pytest.raises(Refused, match="conjunto de teste"):
        TrainingFile(project).add(ODD, "sign")


def test_the_same_line_twice_is_refused(project: Path) -> None:
    file = TrainingFile(project)
    file.add(ODD, "sign")
    with pytest.raises(Refused, match="já está em sign"):
        file.add(ODD.upper(), "vista")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("meu cpf é [CPF]\n e agora", "meu cpf é CPF e agora"),
        ("veja [isto](sign){x}", "veja isto (sign) x"),
    ],
)
def test_what_rasa_would_read_as_marks_is_plain_text(text: str, expected: str) -> None:
    assert as_example(text) == expected
