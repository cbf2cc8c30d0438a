"""When the model is made anew, and what happens when it cannot be. `make test` trains for real before any test runs;
here `rasa` is a script, for the ways of failing that the real one cannot be made to show."""

import json
import shutil
import stat
import threading
from pathlib import Path

import pytest

from bot.cli.model import ContentRefused, Trainer, TrainingFailed, changed, sources
from bot.cli.paths import EnvironmentMissing
from bot.cli.seal import KEY_FILE, KEY_VARIABLE
from bot.cli.supervisor import StopRequested
from tests.bot.cli.web_stub import wait_until

TRAINS = 'while [ "$1" != --out ]; do shift; done\necho model >"$2/guiche.tar.gz"\n'


class Project:
    """A folder that looks like the project, with a rasa and a content check that do as they are told."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.model = root / "models" / "guiche.tar.gz"
        for name in ("config.yml", "domain.yml", "requirements/rasa.txt", "data/nlu.yml", "assistant/importer.py"):
            self.write(name, name)
        self.rasa(TRAINS)
        self.check("exit 0")

    def write(self, name: str, text: str) -> None:
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def rasa(self, body: str) -> None:
        self._script("rasa", body)

    def check(self, body: str) -> None:
        self._script("python", body)

    def _script(self, name: str, body: str) -> None:
        self.write(f".venv-rasa/bin/{name}", f"#!/bin/sh\n{body}\n")
        file = self.root / ".venv-rasa" / "bin" / name
        file.chmod(file.stat().st_mode | stat.S_IXUSR)

    def trainer(self, stop: threading.Event | None = None) -> Trainer:
        return Trainer(self.root / "logs", stop, self.root)

    def left_behind(self) -> list[str]:
        return sorted(path.name for path in self.model.parent.iterdir())


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_trains_once_and_not_again_while_nothing_changes(project: Project) -> None:
    assert changed(project.root) == ["guiche.tar.gz"]
    assert project.trainer().train() is True
    assert changed(project.root) == []
    assert project.trainer().train() is False
    assert project.left_behind() == [".lock", "guiche.json", "guiche.tar.gz"]


@pytest.mark.parametrize(
    "name",
    ["config.yml", "domain.yml", "data/nlu.yml", "data/more/new.yml", "assistant/importer.py", "requirements/rasa.txt"],
)
def test_a_change_of_what_the_model_is_made_from_is_named(project: Project, name: str) -> None:
    project.trainer().train()
    project.write(name, "changed")

    assert changed(project.root) == [name]


@pytest.mark.parametrize("name", ["data/front_desk.yml", "data/terminal.yml", "README.md", "bot/app.py"])
def test_a_change_of_anything_else_needs_no_training(project: Project, name: str) -> None:
    project.trainer().train()
    project.write(name, "changed")

    assert changed(project.root) == []


def test_a_removed_file_is_a_change(project: Project) -> None:
    project.trainer().train()
    (project.root / "data" / "nlu.yml").unlink()

    assert changed(project.root) == ["data/nlu.yml"]


@pytest.mark.parametrize("spoil", [b"", b"other", None])
def test_a_model_that_is_not_the_one_that_was_trained_is_made_anew(project: Project, spoil: bytes | None) -> None:
    project.trainer().train()
    if spoil is None:
        project.model.unlink()
    else:
        project.model.write_bytes(spoil)

    assert project.trainer().train() is True
    assert project.model.read_text() == "model\n"


@pytest.mark.parametrize("note", ["", "{}", "[]", '{"sources": 1, "seal": 2}', '{"sources": {}, "seal": "\\u00e9"}'])
def test_a_spoilt_note_means_training(project: Project, note: str) -> None:
    project.trainer().train()
    project.model.with_name("guiche.json").write_text(note)

    assert changed(project.root) == ["guiche.tar.gz"]


def test_a_model_that_another_installation_trained_is_made_anew(project: Project, tmp_path: Path) -> None:
    """With its note and from the very same sources: what it lacks is this installation's key."""
    other = Project(tmp_path / "other")
    other.rasa(TRAINS.replace("echo model", "echo planted"))
    other.trainer().train()
    project.trainer().train()
    for name in ("guiche.tar.gz", "guiche.json"):
        shutil.copy(other.model.with_name(name), project.model.with_name(name))

    assert changed(project.root) == ["guiche.tar.gz"]
    assert project.trainer().train() is True
    assert project.model.read_text() == "model\n"


def test_the_key_is_for_its_owner_alone_and_stays(project: Project) -> None:
    project.trainer().train()
    key = project.root / KEY_FILE
    before = key.read_bytes()
    project.trainer().train(force=True)

    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert key.read_bytes() == before


def test_a_lost_key_means_training(project: Project) -> None:
    project.trainer().train()
    (project.root / KEY_FILE).unlink()

    assert changed(project.root) == ["guiche.tar.gz"]
    assert project.trainer().train() is True
    assert changed(project.root) == []


def test_the_key_can_be_given(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "a key of several machines")
    project.trainer().train()

    assert not (project.root / KEY_FILE).exists()
    assert changed(project.root) == []
    monkeypatch.setenv(KEY_VARIABLE, "another key")
    assert changed(project.root) == ["guiche.tar.gz"]


def test_force_trains_what_is_current(project: Project) -> None:
    project.trainer().train()

    assert project.trainer().train(force=True) is True


@pytest.mark.parametrize(
    "body",
    [
        "echo it broke; exit 1",
        "echo it broke; exit 0",  # what `rasa train` does when it cannot write
        f"echo \"WARNING: Importer 'assistant.importer.X' not found.\"; {TRAINS}",
    ],
)
def test_a_failed_training_keeps_the_model_from_before(project: Project, body: str) -> None:
    project.trainer().train()
    project.write("data/nlu.yml", "changed")
    project.model.write_text("model\n")
    project.rasa(body)

    with pytest.raises(TrainingFailed) as failed:
        project.trainer().train()

    assert failed.value.lines[0].startswith(("it broke", "WARNING"))
    assert project.model.read_text() == "model\n"
    assert project.left_behind() == [".lock", "guiche.json", "guiche.tar.gz"]
    assert changed(project.root) == ["data/nlu.yml"]


def test_content_that_is_refused_is_not_trained(project: Project) -> None:
    project.check("echo 'data/help_center.yml:12: falta title'; exit 1")

    with pytest.raises(ContentRefused) as refused:
        project.trainer().train()

    assert refused.value.report == "data/help_center.yml:12: falta title"
    assert not project.model.exists()


def test_without_rasas_environment_it_says_which_is_missing(project: Project) -> None:
    (project.root / ".venv-rasa" / "bin" / "python").unlink()

    with pytest.raises(EnvironmentMissing, match="venv-rasa"):
        project.trainer().train()


def test_a_file_that_changes_while_training_makes_the_model_stale(project: Project) -> None:
    project.rasa(f"echo changed >{project.root}/data/nlu.yml\n{TRAINS}")
    project.trainer().train()

    assert changed(project.root) == ["data/nlu.yml"]


def test_stopping_ends_the_training(project: Project) -> None:
    stop = threading.Event()
    project.rasa(f"touch {project.root}/running; sleep 600")
    outcome: list[type[BaseException]] = []

    def train() -> None:
        try:
            project.trainer(stop).train()
        except StopRequested as error:
            outcome.append(type(error))

    thread = threading.Thread(target=train)
    thread.start()
    wait_until((project.root / "running").exists)
    stop.set()
    thread.join(timeout=20)

    assert outcome == [StopRequested]
    assert project.left_behind() == [".lock"]


def test_telemetry_is_off_and_the_cache_belongs_to_the_code(project: Project) -> None:
    seen = project.root / "seen"
    project.rasa(
        f'echo "$RASA_TELEMETRY_ENABLED $RASA_CACHE_DIRECTORY" >>{seen}; mkdir -p "$RASA_CACHE_DIRECTORY"\n{TRAINS}'
    )
    project.trainer().train()
    project.write("data/nlu.yml", "changed")
    project.trainer().train()
    project.write("assistant/importer.py", "changed")
    project.trainer().train()

    first, second, third = seen.read_text().splitlines()
    assert first.startswith("false ")
    assert first == second != third
    assert [folder.name for folder in (project.root / ".rasa").iterdir()] == [Path(third.split()[1]).name]


def test_sources_of_the_real_project_are_what_rasa_reads() -> None:
    names = sources().keys()

    assert "requirements/rasa.txt" in names
    assert any(name.startswith("assistant/") for name in names)
    assert "data/terminal.yml" not in names


def test_the_note_names_what_the_model_was_made_from(project: Project) -> None:
    project.trainer().train()
    note = json.loads(project.model.with_name("guiche.json").read_text())

    assert note["sources"] == sources(project.root)
