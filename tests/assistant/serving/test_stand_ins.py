"""A server whose model needs no TensorFlow runs without it; any other model gets the real one."""

import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path

from assistant.serving.stand_ins import suffice
from tests.assistant.serving.rasa_server import MODEL, ROOT, RasaServer


def test_the_project_s_model_is_served_without_tensorflow(rasa: RasaServer) -> None:
    loaded = Path(f"/proc/{rasa.process.pid}/maps").read_text(encoding="utf-8")
    assert "numpy" in loaded
    assert "tensorflow" not in loaded


def test_names_suffice_for_the_project_s_model() -> None:
    assert suffice(MODEL)


def test_a_model_with_another_component_gets_the_libraries(tmp_path: Path) -> None:
    used = {
        "nlu": {"uses": "assistant.nlu.classifier.TopicClassifier"},
        "ted": {"uses": "rasa.core.policies.ted_policy"},
    }
    assert not suffice(_model(tmp_path, {"predict_schema": {"nodes": used}}))


def test_a_model_that_cannot_be_read_gets_them_too(tmp_path: Path) -> None:
    assert not suffice(tmp_path / "none.tar.gz")
    (tmp_path / "text.tar.gz").write_text("no archive", encoding="utf-8")
    assert not suffice(tmp_path / "text.tar.gz")
    assert not suffice(_model(tmp_path, {}))


def test_a_name_can_be_inherited_and_annotated_and_using_it_says_what_is_missing() -> None:
    program = """
from assistant.serving.stand_ins import LibraryMissing, stand_in
stand_in()
import tensorflow as tf
from tensorflow.keras.utils import Sequence
class Batch(Sequence):
    shape: "tf.Tensor" = None
def learn(value: tf.Tensor) -> tf.keras.layers.Layer: ...
try:
    tf.constant(1)
except LibraryMissing as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "tensorflow.constant" in done.stdout


def _model(folder: Path, metadata: dict) -> Path:
    archive = folder / "model.tar.gz"
    content = json.dumps(metadata).encode()
    with tarfile.open(archive, "w:gz") as made:
        member = tarfile.TarInfo("metadata.json")
        member.size = len(content)
        made.addfile(member, io.BytesIO(content))
    return archive
