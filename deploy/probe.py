"""The containers' health check: `python probe.py ADDRESS [SECRET_VARIABLE]` ends with 0 when it answers 200."""

import os
import sys
import urllib.request

TIMEOUT = 8  # seconds; a busy Rasa server answers its canary late


def main() -> int:
    """0 healthy, 1 not; says nothing, for what it would say is in the part's own log."""
    request = urllib.request.Request(sys.argv[1])  # noqa: S310  the address is the container's own command line
    if len(sys.argv) > 2:
        request.add_header("Authorization", f"Bearer {os.environ[sys.argv[2]]}")
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
            return 0 if answer.status == 200 else 1
    except OSError:
        return 1


if __name__ == "__main__":
    sys.exit(main())
