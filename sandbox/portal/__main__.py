"""`python -m sandbox.portal`: the portal backend of the demo, on this machine only.

SANDBOX_CLIENT_ID and SANDBOX_CLIENT_SECRET are required (the client's own PORTAL_CLIENT_ID and PORTAL_CLIENT_SECRET
do as well); SANDBOX_PORT or GUICHE_SANDBOX_PORT defaults to a free one; SANDBOX_CONTROL=1 opens `/_control` (faults).
Once it accepts connections it prints one line of JSON with what the client needs: PORTAL_URL and PORTAL_TOKEN_URL.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sys

from sandbox.portal.app import TOKEN, build_app
from sandbox.portal.build import BRASILIA, build_world
from sandbox.portal.serving import address, listen, make_server


def main() -> int:
    """The exit code: 2 when a setting is missing or wrong."""
    client_id = _setting("SANDBOX_CLIENT_ID", "PORTAL_CLIENT_ID")
    client_secret = _setting("SANDBOX_CLIENT_SECRET", "PORTAL_CLIENT_SECRET")
    port = _setting("SANDBOX_PORT", "GUICHE_SANDBOX_PORT") or "0"
    if not client_id or not client_secret or not port.isdecimal() or int(port) > 65535:
        print("sandbox.portal needs SANDBOX_CLIENT_ID, SANDBOX_CLIENT_SECRET and a valid SANDBOX_PORT", file=sys.stderr)
        return 2
    world = build_world(dt.datetime.now(BRASILIA).date())
    control = os.environ.get("SANDBOX_CONTROL") == "1"
    app = build_app(world, client_id=client_id, client_secret=client_secret, control=control)
    listener = listen(int(port))
    url = address(listener)
    print(json.dumps({"PORTAL_URL": url, "PORTAL_TOKEN_URL": url + TOKEN}), flush=True)
    make_server(app).run(sockets=[listener])
    return 0


def _setting(*names: str) -> str:
    """The first of these that is set."""
    return next((value for name in names if (value := os.environ.get(name))), "")


if __name__ == "__main__":
    sys.exit(main())
