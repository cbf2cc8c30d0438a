"""`python -m sandbox.whatsapp`: WhatsApp's Cloud API for the demo and the tests, on this machine only.

Takes the front desk's own settings: GUICHE_WHATSAPP_TOKEN, _APP_SECRET, _VERIFY_TOKEN, _PHONE_NUMBER_ID, and
SANDBOX_WHATSAPP_WEBHOOK (the address of the front desk's webhook). GUICHE_WHATSAPP_AUTH_HEADER and _API_VERSION are
looked at too, and what the front desk sends has to match. SANDBOX_WHATSAPP_PORT defaults to a free one. Once it
accepts connections it prints one line of JSON: the address, which is GUICHE_WHATSAPP_API_URL for the front desk and a
page for a person.
"""

from __future__ import annotations

import json
import os
import sys

from sandbox.portal.serving import address, listen, make_server
from sandbox.whatsapp.app import Account, CloudApi

_NEEDED = (
    "GUICHE_WHATSAPP_TOKEN",
    "GUICHE_WHATSAPP_APP_SECRET",
    "GUICHE_WHATSAPP_VERIFY_TOKEN",
    "GUICHE_WHATSAPP_PHONE_NUMBER_ID",
    "SANDBOX_WHATSAPP_WEBHOOK",
)


def main() -> int:
    """The exit code: 2 when a setting is missing or wrong."""
    port = os.environ.get("SANDBOX_WHATSAPP_PORT") or "0"
    values = [os.environ.get(name, "") for name in _NEEDED]
    if not all(values) or not port.isdecimal() or int(port) > 65535:
        print(f"sandbox.whatsapp needs {', '.join(_NEEDED)} and a valid SANDBOX_WHATSAPP_PORT", file=sys.stderr)
        return 2
    told = {
        "auth_header": os.environ.get("GUICHE_WHATSAPP_AUTH_HEADER"),
        "version": os.environ.get("GUICHE_WHATSAPP_API_VERSION"),
    }
    api = CloudApi(Account(*values, **{name: value for name, value in told.items() if value}))
    listener = listen(int(port))
    print(json.dumps({"GUICHE_WHATSAPP_API_URL": address(listener)}), flush=True)
    make_server(api.app).run(sockets=[listener])
    return 0


if __name__ == "__main__":
    sys.exit(main())
