"""`python -m assistant.review`: a JSON request a line on standard input, a JSON answer a line on standard output.

{"group": ["text", …]} -> {"groups": [{"intent", "places": [[0, 3], [1]]}], "intents": [{"intent", "title"}]}
{"add": {"text", "intent"}} -> {"added": "line as written"} or {"refused": "why"}
"""

import json
import os
import sys
from pathlib import Path
from typing import Any, Dict, Optional

os.environ["RASA_TELEMETRY_ENABLED"] = "false"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from assistant.content.help_center import load_help_center
from assistant.content.yaml_source import ContentError
from assistant.nlu.archive import ModelUnreadable, load_intent_model
from assistant.review.groups import group
from assistant.review.insertion import Refused, TrainingFile


class Reviewer:
    """Answers requests; the training file is read when it is first needed."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._file: Optional[TrainingFile] = None

    def answer(self, request: Dict[str, Any]) -> Dict[str, Any]:
        """Raises ContentError and ModelUnreadable."""
        if "group" in request:
            found = group(request["group"], load_intent_model())
            return {"groups": [vars(item) for item in found], "intents": self._intents()}
        try:
            return {"added": self._training_file().add(request["add"]["text"], request["add"]["intent"])}
        except Refused as error:
            return {"refused": str(error)}

    def _intents(self) -> Any:
        titles = load_help_center(self._root).titles()
        return [{"intent": intent, "title": titles.get(intent)} for intent in self._training_file().intents]

    def _training_file(self) -> TrainingFile:
        if self._file is None:
            self._file = TrainingFile(self._root)
        return self._file


def main() -> int:
    """0, or 2 and one line on standard error when the model or the content cannot be read."""
    reviewer = Reviewer(Path.cwd())
    try:
        for line in sys.stdin:
            print(json.dumps(reviewer.answer(json.loads(line)), ensure_ascii=False), flush=True)
    except (ContentError, ModelUnreadable) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
