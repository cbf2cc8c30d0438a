"""`python -m portal "PMP 2023/500100"`: what a stranger is shown of a process, to try a city's backend by hand.

Prints the fields as they are named on the wire, or the error; the exit code is 0, 1 for an error, 2 for a wrong call.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from typing import TYPE_CHECKING

import msgspec

from portal import ConfigurationError, PortalClient, PortalError, PortalSettings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_REFERENCE = re.compile(r"\s*([A-Z]{2,12})\s+(\d{4})/(\d{1,9})\s*")


def main(arguments: Sequence[str], env: Mapping[str, str]) -> int:
    """The exit code."""
    reference = _REFERENCE.fullmatch(arguments[0]) if len(arguments) == 1 else None
    if reference is None:
        print('usage: python -m portal "PMP 2023/500100"', file=sys.stderr)
        return 2
    agency, year, number = reference.groups()
    try:
        settings = PortalSettings.from_env(env)
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        print(asyncio.run(_look_up(settings, agency, int(year), int(number))))
    except PortalError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


async def _look_up(settings: PortalSettings, agency: str, year: int, number: int) -> str:
    async with PortalClient(settings) as portal:
        process = await portal.find_process(agency, year, number)
    return msgspec.json.format(msgspec.json.encode(process), indent=2).decode()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
