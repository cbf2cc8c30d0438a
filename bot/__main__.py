"""``python -m bot``: the front desk on GUICHE_HOST:GUICHE_PORT."""

from __future__ import annotations

import asyncio
import signal
import sys
from types import FrameType

import uvicorn

from bot.app import create_app
from bot.city import CityError
from bot.log import configure_logging
from bot.sentences import SentencesError
from bot.settings import SettingsError, load_settings

GRACE_SECONDS = 5
BACKLOG = 2_048


class _Server(uvicorn.Server):
    """Ends the event streams when it is told to stop: uvicorn waits for open answers, and these would stay open."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        asyncio.get_running_loop().call_soon_threadsafe(self.config.app.state.desk.wakeups.close)  # type: ignore[union-attr]


def main() -> int:
    """0 when it was stopped, 1 when it could not start; what is wrong is one line on stderr."""
    configure_logging()
    try:
        settings = load_settings()
        app = create_app(settings)
    except (SettingsError, SentencesError, CityError) as error:
        print(f"front desk: {error}", file=sys.stderr)
        return 1
    server = _Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            access_log=False,
            log_config=None,
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
            backlog=BACKLOG,
        )
    )
    # uvicorn raises the signal that stopped it once more when it is done. It was asked to stop and it has: that is a 0.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    server.run()
    return 0 if server.started else 1


if __name__ == "__main__":
    sys.exit(main())
