"""The templates of docs/novo-topico.md, pasted where it says, make a topic and a detail."""

import re
from pathlib import Path
from typing import List

import pytest

from assistant.content.checks import MIN_EXAMPLES, check_content
from assistant.content.help_center import load_help_center
from assistant.importer import ContentRefused, HelpCenterImporter

TEMPLATE = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TOPIC, DETAIL = "nome_do_assunto", "nome_do_assunto_detalhe"
LETTERS = "abcdefgh"


@pytest.fixture
def pasted(project: Path, root: Path) -> Path:
    """A copy of the content into which somebody pasted the templates, and wrote no example of their own."""
    topic, examples, _dialogue, detail = TEMPLATE.findall((root / "docs/novo-topico.md").read_text(encoding="utf-8"))
    help_center = project / "data/help_center.yml"
    text = help_center.read_text(encoding="utf-8")
    place = re.search(r"^# -+ palavras fixas$", text, re.MULTILINE)
    assert place
    assert text[place.end() :].lstrip().split("\nlabels:")[0].startswith("#")
    entry = topic.replace("    related:", f"{detail}    related:")  # the detail after follow_ups
    help_center.write_text(f"{text[: place.start()]}{entry}\n{text[place.start() :]}", encoding="utf-8")
    with (project / "data/nlu.yml").open("a", encoding="utf-8") as nlu:
        nlu.write(examples)
    return project


def add_examples(project: Path) -> None:
    """As many examples as the docs ask for, for both entries."""
    lines = [f"{first}{second}" for first in LETTERS for second in LETTERS][:MIN_EXAMPLES]
    with (project / "data/nlu.yml").open("a", encoding="utf-8") as nlu:
        nlu.writelines(f"      - um zzqx{line}\n" for line in lines)
        nlu.write(f"  - intent: {DETAIL}\n    examples: |\n")
        nlu.writelines(f"      - outro wwqy{line}\n" for line in lines)


def problems(project: Path) -> List[str]:
    return [str(problem) for problem in check_content(project)]


def test_the_templates_and_examples_enough_are_accepted(pasted: Path) -> None:
    add_examples(pasted)
    assert problems(pasted) == []
    topic = load_help_center(pasted).topics[-1]
    assert (topic.intent, [detail.intent for detail in topic.details]) == (TOPIC, [DETAIL])


def test_too_few_examples_are_named_and_training_refuses_them(pasted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = [
        rf"data/help_center\.yml:\d+: {TOPIC}: tem 4 exemplos em data/nlu.yml; precisa de pelo menos {MIN_EXAMPLES}",
        rf"data/help_center\.yml:\d+: {DETAIL}: tem 0 exemplos em data/nlu.yml; precisa de pelo menos {MIN_EXAMPLES}",
    ]
    said = problems(pasted)
    assert len(said) == len(wanted)
    assert all(re.fullmatch(pattern, problem) for pattern, problem in zip(wanted, said)), said
    monkeypatch.chdir(pasted)
    with pytest.raises(ContentRefused) as refused:
        HelpCenterImporter("config.yml", "domain.yml", ["data"]).get_nlu_data()
    assert TOPIC in str(refused.value)


def test_the_docs_name_the_number_that_is_asked_for(root: Path) -> None:
    for name in ("docs/novo-topico.md", "README.md"):
        text = (root / name).read_text(encoding="utf-8")
        numbers = re.findall(r"(?:[Pp]elo menos|também|[Aa]t least) \**(\d+)\**(?: ou mais| messages|;)", text)
        assert numbers
        assert set(numbers) == {str(MIN_EXAMPLES)}, name
