"""A broken entry is named with file and line, and training refuses it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.content.checks import check_content

HELP_CENTER = "data/help_center.yml"


def _replace(project: Path, file: str, old: str, new: str) -> int:
    """Replaces the first `old` and returns the line (from 1) where it stood."""
    path = project / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def _messages(project: Path) -> list:
    return [str(problem) for problem in check_content(project)]


def test_the_project_itself_has_no_problem(root: Path) -> None:
    assert _messages(root) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        pytest.param(HELP_CENTER, "title: Criar conta", "titulo: Criar conta", "register: falta title", id="no title"),
        pytest.param(
            HELP_CENTER,
            "title: Criar conta",
            "title: Criar uma conta nova no portal",
            "register: o título tem 30 caracteres",
            id="title too long",
        ),
        pytest.param(HELP_CENTER, "title: Recuperar a senha", "title: Criar conta", "title repetido", id="same title"),
        pytest.param(
            HELP_CENTER, "related: [", "related: [no_such_topic, ", "o assunto no_such_topic não existe", id="related"
        ),
        pytest.param(HELP_CENTER, "related: [", "related: [register, ", "related: register é o próprio", id="itself"),
        pytest.param(
            HELP_CENTER, "related: [missing_email,", "related: [sign_in,", "related: sign_in está repetido", id="twice"
        ),
        pytest.param(
            HELP_CENTER, "words: [cadastr*,", "words: [Cadastrar Isto,", "deve ser uma palavra só", id="words"
        ),
        pytest.param(HELP_CENTER, "elsewhere: missing", "elsewhere: nowhere", "elsewhere só aceita", id="elsewhere"),
        pytest.param(HELP_CENTER, "intent: sign_pin", "intent: Sign Pin!", "falta intent", id="bad intent"),
        pytest.param(
            HELP_CENTER,
            "Endereço: {address}",
            "Endereço: {adress}",
            "{adress} não existe em city.yml",
            id="placeholder",
        ),
        pytest.param(HELP_CENTER, "  step_by_step: Passo a passo\n", "", "labels: falta step_by_step", id="label"),
        pytest.param(HELP_CENTER, "topics:", "topics: [", "não é YAML válido", id="not YAML"),
        pytest.param("data/city.yml", "city_hall:", "cityhall:", "falta city_hall", id="city"),
        pytest.param(
            "data/city.yml",
            "      - solar\n",
            "      - ESCOLA de engenharia\n",
            "'escola de engenharia' serve para",
            id="nick",
        ),
        pytest.param("data/nlu.yml", "intent: sign_pin", "intent: sign_pen", "sign_pen", id="unknown intent"),
        pytest.param("domain.yml", "payload: /help", "payload: /no_such", "botão leva a /no_such", id="button"),
    ],
)
def test_a_broken_entry_is_named(project: Path, file: str, old: str, new: str, expected: str) -> None:
    _replace(project, file, old, new)
    assert any(message.startswith(file) and expected in message for message in _messages(project))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(
            "steps:\n      - >-\n",
            "steps: um texto só\n    aside:\n      - >-\n",
            "steps deve ser uma lista",
            id="steps",
        ),
        pytest.param(
            "notes:\n      - >-\n",
            "notes: um texto só\n    aside:\n      - >-\n",
            "notes deve ser uma lista",
            id="notes",
        ),
        pytest.param(
            "related: [missing_email, sign_in]", "related: sign_in", "related deve ser uma lista", id="related"
        ),
        pytest.param(
            "charter:\n      who:",
            "charter: texto\n    aside:\n      who:",
            "charter deve ser um bloco de campos",
            id="charter",
        ),
        pytest.param(
            "follow_ups:\n      next:",
            "follow_ups: texto\n    aside:\n      next:",
            "follow_ups deve ser um bloco",
            id="follow-ups",
        ),
        pytest.param(
            "details:\n", "details:\n      - só um texto\n", "details: cada item é um bloco de campos", id="detail"
        ),
        pytest.param("details:\n", "details: texto\n    aside:\n", "details deve ser uma lista", id="details"),
        pytest.param("topics:\n", "topics:\n  - só um texto\n", "topics: cada item é um bloco de campos", id="topic"),
        pytest.param(
            "question: Como faço meu cadastro no portal?", "question: [a, b]", "question deve ser um texto", id="text"
        ),
        pytest.param(
            "      - >-\n        Clique em **Criar Conta**.", "      - a: b", "steps deve ser um texto", id="step"
        ),
        pytest.param("labels:\n", "labels: texto\naside:\n", "labels, ou não é um bloco de campos", id="labels"),
        pytest.param("go_on_words:\n", "go_on_words: fiz\naside:\n", "go_on_words deve ser uma lista", id="words"),
        pytest.param(
            "words: [senha, senhas,", "words: senha\n    aside: [", "words deve ser uma lista", id="ambiguous words"
        ),
    ],
)
def test_a_field_of_another_kind_is_one_named_problem(project: Path, old: str, new: str, expected: str) -> None:
    line = _replace(project, HELP_CENTER, old, new)
    named = [message for message in _messages(project) if expected in message]
    assert len(named) == 1, _messages(project)
    file, number, _ = named[0].split(":", 2)
    assert file == HELP_CENTER
    assert line <= int(number) <= line + 2


def test_the_line_is_that_of_the_entry(project: Path) -> None:
    line = _replace(project, HELP_CENTER, "title: Criar conta", "title: Um título que não cabe em botão nenhum")
    assert _messages(project)[0].startswith(f"{HELP_CENTER}:{line}: register: o título")


def test_an_intent_without_examples_is_named_at_its_entry(project: Path) -> None:
    path = project / HELP_CENTER
    text = path.read_text(encoding="utf-8")
    start, end = text.index("  - intent: register"), text.index("  - intent: missing_email")
    entry = text[start:end].replace("intent: register", "intent: brand_new").replace("title: ", "title: N ")
    line = text[:end].count("\n") + 1
    path.write_text(text[:end] + entry + text[end:], encoding="utf-8")
    assert any(m.startswith(f"{HELP_CENTER}:{line}: brand_new: tem 0 exemplos") for m in _messages(project))


def test_the_same_example_under_two_intents_is_named(project: Path) -> None:
    text = (project / "data/nlu.yml").read_text(encoding="utf-8").rstrip("\n")
    (project / "data/nlu.yml").write_text(text + "\n      - Esqueci a   SENHA de jeito nenhum\n", encoding="utf-8")
    marker = "  - intent: reset_password\n    examples: |\n"
    _replace(project, "data/nlu.yml", marker, marker + "      - esqueci a senha de jeito nenhum\n")
    assert any("o mesmo exemplo em dois assuntos" in message for message in _messages(project))


def test_nearly_the_same_example_under_two_intents_is_named(project: Path) -> None:
    text = (project / "data/nlu.yml").read_text(encoding="utf-8").rstrip("\n")
    (project / "data/nlu.yml").write_text(text + "\n      - quero um abacaxi azul bem madurinho\n", encoding="utf-8")
    marker = "  - intent: reset_password\n    examples: |\n"
    _replace(project, "data/nlu.yml", marker, marker + "      - quero um abacaxi azul bem maduro\n")
    assert any("quase igual" in message for message in _messages(project))


@pytest.mark.parametrize("held_out", ["shared/nlu-dev.jsonl", "inner/tests/understanding/messages.jsonl"])
def test_a_line_that_understanding_is_measured_on_is_refused(project: Path, held_out: str) -> None:
    inner = project / "inner"
    inner.mkdir()
    for name in ("data", "domain.yml"):
        (project / name).rename(inner / name)
    (project / held_out).parent.mkdir(parents=True)
    held = '{"text": "quero um abacaxi azul bem madurinho hoje", "label": "out_of_scope"}\n'
    (project / held_out).write_text(held, encoding="utf-8")
    marker = "  - intent: out_of_scope\n    examples: |\n"
    _replace(inner, "data/nlu.yml", marker, marker + "      - quero um abacaxi azul bem madurinho hj\n")
    assert any("linha de teste" in message for message in _messages(inner))


def test_the_same_line_twice_is_named(project: Path) -> None:
    marker = "  - intent: out_of_scope\n    examples: |\n"
    twice = "      - quero um abacaxi azul\n" * 2
    _replace(project, "data/nlu.yml", marker, marker + twice)
    assert any("exemplo repetido" in message for message in _messages(project))


def test_training_refuses_a_broken_help_center(project: Path, root: Path) -> None:
    _replace(project, HELP_CENTER, "title: Criar conta", "titulo: Criar conta")
    script = (
        "from assistant.importer import HelpCenterImporter; HelpCenterImporter('config.yml', 'domain.yml', ['data'])"
    )
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "register: falta title" in done.stderr
