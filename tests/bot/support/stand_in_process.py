"""The stand-in for Rasa as a process: ``python -m tests.bot.support.stand_in_process PORT``. It dies of the text DEADLY
and never answers, nor anybody else, once it was asked STICKY."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

from starlette.responses import Response

from tests.bot.support.assistant import StandIn
from tests.bot.support.serving import free_port, serve

ROOT = Path(__file__).parents[3]
DEADLY, STICKY = "isto mata", "isto prende"
DIED = 9


def _misbehave(body: dict[str, Any]) -> Response | None:
    if body["text"] == DEADLY:
        os._exit(DIED)
    if body["text"] == STICKY:
        time.sleep(3600)
    return None


async def _serve(port: int) -> None:
    async with serve(StandIn(script=_misbehave).app(), port):
        await asyncio.Event().wait()


class MortalStandIn:
    """One such process on a port that stays; whoever owns it starts it again when it is dead. For an ``async with``."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.deaths = 0
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._start()
        self._keeper = asyncio.create_task(self._keep())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    def kill(self) -> None:
        """As the machine would, or whoever sees that it hangs."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.kill()

    async def _start(self) -> None:
        command = [sys.executable, "-m", "tests.bot.support.stand_in_process", str(self.port)]
        self._process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stderr=subprocess.DEVNULL)

    async def _keep(self) -> None:
        while True:
            assert self._process is not None
            self.deaths += await self._process.wait() == DIED
            await self._start()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
