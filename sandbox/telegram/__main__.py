"""`python -m sandbox.telegram`: Telegram's Bot API for the demo and the tests, on this machine only.

GUICHE_TELEGRAM_TOKEN is the bot's token (as for the front desk); SANDBOX_TELEGRAM_PORT defaults to a free one. Once it
accepts connections it prints one line of JSON: the address, which is GUICHE_TELEGRAM_API_URL for the front desk and a
page for a person.
"""

from __future__ import annotations

import json
import os
import sys

from sandbox.portal.serving import address, listen, make_server
from sandbox.telegram.app import BotApi


def main() -> int:
    """The exit code: 2 when a setting is missing or wrong."""
    token = os.environ.get("GUICHE_TELEGRAM_TOKEN", "")
    port = os.environ.get("SANDBOX_TELEGRAM_PORT") or "0"
    if not token or not port.isdecimal() or int(port) > 65535:
        print("sandbox.telegram needs GUICHE_TELEGRAM_TOKEN and a valid SANDBOX_TELEGRAM_PORT", file=sys.stderr)
        return 2
    listener = listen(int(port))
    print(json.dumps({"GUICHE_TELEGRAM_API_URL": address(listener)}), flush=True)
    make_server(BotApi(token).app).run(sockets=[listener])
    return 0


if __name__ == "__main__":
    sys.exit(main())
