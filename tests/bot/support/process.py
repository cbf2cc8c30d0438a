"""The front desk as a process of its own, to be killed and started again."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from tests.bot.support.assistant import SECRET
from tests.bot.support.serving import free_port, until

ROOT = Path(__file__).parents[3]


class FrontDeskProcess:
    """``python -m bot`` on a port that stays the same over restarts; its log grows in ``log``."""

    def __init__(self, folder: Path, assistant_url: str, port: int | None = None, **environment: str) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "front_desk.log"
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GUICHE_")},
            "GUICHE_PORT": str(self.port),
            "GUICHE_STATE_DIR": str(folder / "state"),
            "GUICHE_RASA_URL": assistant_url,
            "GUICHE_RASA_SECRET": SECRET,
            "GUICHE_SESSION_RATE": "1000/second",
            "GUICHE_SWEEP_SECONDS": "0.5",
            **environment,
        }
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: ASYNC220  # it must outlive this loop's child watcher
                [sys.executable, "-m", "bot"], cwd=ROOT, env=self._environment, stdout=log, stderr=log
            )
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as client:  # one: making it costs 30 ms of CPU
            await until(lambda: self._answers(client), within=120)  # imports alone take 10 s on a busy machine

    async def kill(self) -> None:
        """As the machine would: no warning, no clean-up."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """As an operator would; returns the exit code."""
        return await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> int:
        process = self._process
        if process is None:
            return 0
        self._process = None
        process.send_signal(number)
        return await asyncio.to_thread(process.wait, 30)

    async def _answers(self, client: httpx.AsyncClient) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log.read_text(encoding="utf-8")
        try:
            return (await client.get("/health")).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False
