"""The trained classifier straight from the model archive, without starting Rasa."""

import tarfile
import tempfile
from pathlib import Path

from assistant.nlu.model import IntentModel
from assistant.seal import ModelNotOurs, check_seal

MODEL = Path("models/guiche.tar.gz")
_FILES = ("names.json", "weights.npz")
_COMPONENT = "TopicClassifier"


class ModelUnreadable(Exception):
    """There is no archive, it holds no trained classifier, or this installation did not train it."""


def load_intent_model(archive: Path = MODEL) -> IntentModel:
    """Raises ModelUnreadable. Only the two files of numbers and names are read, under names of our own."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            check_seal(archive)
            with tarfile.open(archive) as model:
                for member in model.getmembers():
                    path = Path(member.name)
                    content = model.extractfile(member) if path.name in _FILES else None
                    if content is not None and _COMPONENT in path.parent.name:
                        Path(folder, path.name).write_bytes(content.read())
            return IntentModel.load(Path(folder))
        except (ModelNotOurs, OSError, tarfile.TarError, ValueError, KeyError) as error:
            raise ModelUnreadable(f"{archive}: {type(error).__name__}") from error
