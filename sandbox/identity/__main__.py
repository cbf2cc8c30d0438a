"""`python -m sandbox.identity`: the OpenID provider of the demo, on this machine only.

SANDBOX_OIDC_CLIENT_ID, SANDBOX_OIDC_CLIENT_SECRET and SANDBOX_OIDC_REDIRECT_URI are required; SANDBOX_OIDC_PORT
defaults to a free one; SANDBOX_CONTROL=1 opens `/_control` (faults). Prints one line of JSON with its address.
"""

from __future__ import annotations

import json
import os
import sys

from sandbox.identity.app import Provider
from sandbox.portal.serving import address, listen, make_server


def main() -> int:
    """The exit code: 2 when a setting is missing or wrong."""
    client_id, secret, back = (
        os.environ.get(f"SANDBOX_OIDC_{name}", "") for name in ("CLIENT_ID", "CLIENT_SECRET", "REDIRECT_URI")
    )
    port = os.environ.get("SANDBOX_OIDC_PORT") or "0"
    if not (client_id and secret and back) or not port.isdecimal() or int(port) > 65535:
        print("sandbox.identity needs SANDBOX_OIDC_CLIENT_ID, _CLIENT_SECRET, _REDIRECT_URI, _PORT", file=sys.stderr)
        return 2
    listener = listen(int(port))
    url = address(listener)
    control = os.environ.get("SANDBOX_CONTROL") == "1"
    provider = Provider(f"{url}/", client_id, secret, back, control=control)
    print(json.dumps({"GUICHE_OIDC_ISSUER": provider.issuer}), flush=True)
    make_server(provider.app()).run(sockets=[listener])
    return 0


if __name__ == "__main__":
    sys.exit(main())
