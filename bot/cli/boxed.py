"""Commands that live in Rasa's environment: this process becomes them.

Standard input and output, exit code and signals are theirs, because the process is replaced (exec).
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from bot.cli.paths import RASA_PYTHON, ROOT, rasa_environment, require_rasa


def run_boxed(module: str, arguments: Sequence[str]) -> NoReturn:
    """Become `python -m <module> <arguments>` of .venv-rasa, in the project's folder; raises EnvironmentMissing.

    Arguments that name a file of the folder one is in are made absolute, for the module runs in another.
    """
    require_rasa()
    here = Path.cwd()
    if here != ROOT:
        arguments = [_absolute(here, argument) for argument in arguments]
        os.chdir(ROOT)
    sys.stdout.flush()
    command = [str(RASA_PYTHON), "-m", module, *arguments]
    os.execve(command[0], command, rasa_environment(os.environ))  # noqa: S606


def _absolute(folder: Path, argument: str) -> str:
    if argument.startswith("-") or not (folder / argument).is_file():
        return argument
    return str(folder / argument)
