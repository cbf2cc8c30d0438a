"""`python -m actions`: the action server, on this machine only unless GUICHE_ACTIONS_HOST says otherwise.

Refuses to start (exit code 2) when a setting is missing; see `settings.py` for their names.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings

from actions.application import Services, build_app
from actions.settings import Settings
from portal import ConfigurationError


def main() -> int:
    """The exit code."""
    _configure_logging()
    try:
        settings = Settings.from_env(os.environ)
        services = Services.from_settings(settings)
    except ConfigurationError as error:
        print(f"actions: {error}", file=sys.stderr)
        return 2
    app = build_app(services, settings.secret)
    app.prepare(host=settings.host, port=settings.port, single_process=True, access_log=False, motd=False)
    app.serve_single(primary=app)
    return 0


def _configure_logging() -> None:
    """Ours at INFO; the libraries' only when something is wrong: httpx and rasa-sdk would log addresses and calls."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    logging.getLogger("actions").setLevel(logging.INFO)
    # Rasa 3.6 speaks the same protocol as rasa-sdk 3.21 (the whole-system tests prove it).
    warnings.filterwarnings("ignore", message="Your versions of rasa and")


if __name__ == "__main__":
    sys.exit(main())
