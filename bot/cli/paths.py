"""Where things are: the project's folder, its two environments, the state folder."""

from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The project's folder. `guiche` is installed editable, so the package lies in it."""

PYTHON = ROOT / ".venv" / "bin" / "python"
RASA_PYTHON = ROOT / ".venv-rasa" / "bin" / "python"
RASA = ROOT / ".venv-rasa" / "bin" / "rasa"


class EnvironmentMissing(Exception):
    """Rasa's environment was not made yet; the message is its folder."""


def require_rasa(root: Path = ROOT) -> None:
    """Raise EnvironmentMissing unless there is a Python in Rasa's environment."""
    python = root / RASA_PYTHON.relative_to(ROOT)
    if not python.exists():
        raise EnvironmentMissing(str(python.parents[1]))


def state_dir(environ: Mapping[str, str]) -> Path:
    """The one folder that holds what Guichê must remember: GUICHE_STATE_DIR, by default .guiche in the project."""
    return Path(ROOT, environ.get("GUICHE_STATE_DIR") or ".guiche")


def make_state_dir(folder: Path) -> Path:
    """The state folder, made when it is missing; for its owner alone, for conversations lie in it."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What every child runs under: no telemetry, and output that reaches the log at once."""
    return {**environ, "RASA_TELEMETRY_ENABLED": "false", "PYTHONUNBUFFERED": "1"}


def rasa_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The same for what runs in Rasa's environment, without the noise of its libraries of 2022."""
    quiet = {
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "PYTHONWARNINGS": "ignore",
        "TQDM_DISABLE": "1",
    }
    return {**child_environment(environ), **quiet}
