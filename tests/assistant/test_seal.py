"""A model is known by a seal that only this installation can have given it."""

import json
import shutil
import stat
from pathlib import Path

import pytest

from assistant.nlu.archive import ModelUnreadable, load_intent_model
from assistant.seal import KEY_FILE, ModelNotOurs, check_seal, outdated, seal


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A sealed file that stands for an archive."""
    archive = tmp_path / "models" / "guiche.tar.gz"
    archive.parent.mkdir()
    archive.write_bytes(b"numbers")
    seal(archive, tmp_path, {})
    return archive


def test_what_was_sealed_here_is_ours(model: Path, tmp_path: Path) -> None:
    check_seal(model, tmp_path, {})
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600


def test_a_changed_archive_is_not(model: Path, tmp_path: Path) -> None:
    model.write_bytes(b"other numbers")
    with pytest.raises(ModelNotOurs):
        check_seal(model, tmp_path, {})


@pytest.mark.parametrize("note", [None, "", "[]", "{}", '{"seal": 1}', '{"seal": "é"}'])
def test_one_without_its_note_is_not(model: Path, tmp_path: Path, note: str) -> None:
    path = model.with_name("guiche.json")
    path.unlink() if note is None else path.write_text(note)
    with pytest.raises(ModelNotOurs):
        check_seal(model, tmp_path, {})


def test_one_that_was_sealed_elsewhere_is_not(model: Path, tmp_path: Path) -> None:
    """Archive and note were copied; the key of the other installation was not."""
    other = tmp_path / "other"
    shutil.copytree(model.parent, other / "models")
    with pytest.raises(ModelNotOurs):
        check_seal(other / "models/guiche.tar.gz", other, {})
    seal(other / "models/guiche.tar.gz", other, {})
    with pytest.raises(ModelNotOurs):
        check_seal(other / "models/guiche.tar.gz", tmp_path, {})


def test_the_key_can_come_from_the_environment(tmp_path: Path) -> None:
    archive = tmp_path / "guiche.tar.gz"
    archive.write_bytes(b"numbers")
    seal(archive, tmp_path, {"GUICHE_MODEL_KEY": "one"})
    check_seal(archive, tmp_path, {"GUICHE_MODEL_KEY": "one"})
    assert not (tmp_path / KEY_FILE).exists()
    with pytest.raises(ModelNotOurs):
        check_seal(archive, tmp_path, {"GUICHE_MODEL_KEY": "two"})


def test_a_missing_archive_is_another_matter(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        check_seal(tmp_path / "guiche.tar.gz", tmp_path, {})


def test_the_review_reads_no_model_from_elsewhere(root: Path, tmp_path: Path) -> None:
    shutil.copy(root / "models/guiche.tar.gz", tmp_path / "guiche.tar.gz")
    with pytest.raises(ModelUnreadable, match="ModelNotOurs"):
        load_intent_model(tmp_path / "guiche.tar.gz")


def test_what_changed_since_training_is_named(model: Path, tmp_path: Path) -> None:
    (tmp_path / "same.yml").write_text("a")
    digest = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
    note = {"sources": {"same.yml": digest, "gone.yml": digest}}
    model.with_name("guiche.json").write_text(json.dumps(note))
    assert outdated(model, tmp_path) == ["gone.yml"]
    assert outdated(tmp_path / "no.tar.gz", tmp_path) == []
