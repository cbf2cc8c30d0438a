"""Content checks: `python -m assistant.check`. Every problem is named with file and line; exit 1 when there is one.

It also imports every class of ours that config.yml names: to Rasa a class that cannot be imported is only a warning.
"""

import os
import sys
import warnings
from pathlib import Path


def main() -> int:
    """Prints the problems of the project in the working directory and returns the exit code."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    warnings.simplefilter("ignore")  # of Rasa's dependencies; a problem of ours is printed, not warned of
    from assistant.content.checks import check_content  # noqa: PLC0415
    from assistant.content.components import check_components  # noqa: PLC0415

    problems = [*check_content(Path.cwd()), *check_components(Path.cwd())]
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
