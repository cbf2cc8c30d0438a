"""Two of each part on one PostgreSQL, as real processes: the system that the faults happen to."""

from __future__ import annotations

import os
import resource
import secrets
import signal
import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
from cryptography.fernet import Fernet

from bot.cli.model import MODEL
from bot.cli.paths import PYTHON, RASA_PYTHON, ROOT, child_environment, rasa_environment
from bot.cli.ports import free_ports
from bot.cli.supervisor import HttpProbe, Part, Supervisor

LOOPBACK = "127.0.0.1"
NICE = 5
PORTAL = "portal"
ACTIONS, RASAS, DESKS = ("actions_1", "actions_2"), ("rasa_1", "rasa_2"), ("front_desk_1", "front_desk_2")
SINGLE = "front_desk_sqlite"
"""One more front desk, on SQLite, for the fault of the full disk. It has no action servers: nobody signs in there."""
WHATSAPP = "whatsapp"
NAMES = (PORTAL, WHATSAPP, *ACTIONS, *RASAS, *DESKS, SINGLE)
FAKETIME = next((str(found) for found in Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")), "")
_OURS = ("GUICHE_", "PORTAL_", "SANDBOX_", "FAKETIME", "LD_PRELOAD")


class Nodes(Supervisor):
    """A Supervisor of nine parts; the ports and secrets stay when a part is started again."""

    def __init__(self, folder: Path, database_url: str, **settings: str) -> None:
        self.folder = folder
        self.ports = dict(zip(NAMES, free_ports(len(NAMES)), strict=True))
        self.clock = folder / "clock"
        portal_secret = secrets.token_urlsafe(32)
        self._secrets = {
            name: secrets.token_urlsafe(32)
            for name in ("GUICHE_RASA_SECRET", "GUICHE_ACTIONS_SECRET", "GUICHE_PRIVATE_SECRET", "GUICHE_SECRET_KEY")
        } | {"GUICHE_ENCRYPTION_KEY": Fernet.generate_key().decode()}
        portal = self.url(PORTAL)
        self.whatsapp = {
            "GUICHE_WHATSAPP_TOKEN": secrets.token_urlsafe(24),
            "GUICHE_WHATSAPP_APP_SECRET": secrets.token_urlsafe(24),
            "GUICHE_WHATSAPP_VERIFY_TOKEN": secrets.token_urlsafe(24),
            "GUICHE_WHATSAPP_PHONE_NUMBER_ID": "106540352242922",
            "GUICHE_WHATSAPP_API_URL": self.url(WHATSAPP),
            "SANDBOX_WHATSAPP_PORT": str(self.ports[WHATSAPP]),
            "SANDBOX_WHATSAPP_WEBHOOK": f"{self.url(DESKS[0])}/whatsapp/webhook",
        }
        self._common = {
            **{name: value for name, value in os.environ.items() if not name.startswith(_OURS)},
            **self._secrets,
            "GUICHE_HOST": LOOPBACK,
            "GUICHE_DATABASE_URL": database_url,
            "GUICHE_FRONT_DESK_URL": " ".join(self.url(name) for name in DESKS),
            "GUICHE_RASA_URL": " ".join(self.url(name) for name in RASAS),
            "GUICHE_ACTIONS_URL": " ".join(f"{self.url(name)}/webhook" for name in ACTIONS),
            "SANDBOX_PORT": str(self.ports[PORTAL]),
            "SANDBOX_CONTROL": "1",
            "SANDBOX_CLIENT_ID": "guiche",
            "SANDBOX_CLIENT_SECRET": portal_secret,
            "PORTAL_URL": portal,
            "PORTAL_TOKEN_URL": f"{portal}/ungp-server-oauth/oauth/token",
            "PORTAL_CLIENT_ID": "guiche",
            "PORTAL_CLIENT_SECRET": portal_secret,
            "GUICHE_GLOBAL_RATE": "2000/second",
            **settings,
        }
        parts = [
            self._part(PORTAL, "-m", "sandbox.portal", ready=HttpProbe(self.ports[PORTAL], "/health")),
            self._part(
                WHATSAPP, "-m", "sandbox.whatsapp", ready=HttpProbe(self.ports[WHATSAPP], "/health"), **self.whatsapp
            ),
            *(self._actions(name) for name in ACTIONS),
            *(self.rasa(name, MODEL) for name in RASAS),
            *(self._desk(name, **self.whatsapp) for name in DESKS),
            self._desk(SINGLE, GUICHE_DATABASE_URL=f"sqlite:///{folder / 'single.db'}"),
        ]
        super().__init__(parts, folder / "state")

    def url(self, name: str) -> str:
        return f"http://{LOOPBACK}:{self.ports[name]}"

    @property
    def encryption_key(self) -> str:
        """Of the front desks."""
        return self._secrets["GUICHE_ENCRYPTION_KEY"]

    def rasa(self, name: str, model: Path) -> Part:
        """A Rasa server with that model, as deploy/systemd runs it: under load the front desks go first."""
        port = self.ports[name]
        return Part(
            name=name,
            command=(
                *("nice", "-n", str(NICE), str(RASA_PYTHON), "-m", "assistant.serving", "--model", str(model)),
                *("--interface", LOOPBACK, "--port", str(port)),
            ),
            environment={**rasa_environment(child_environment(self._common)), "PYTHONDONTWRITEBYTECODE": "1"},
            ready=HttpProbe(port, "/webhooks/front_desk/ready", self._secrets["GUICHE_RASA_SECRET"], field="ready"),
            port=port,
            folder=ROOT,
            seconds_to_start=240,
        )

    # -- what happens to them ----------------------------------------------------------------------------------------

    def stop_the_world_of(self, name: str) -> None:
        """The process hangs: it is there, its connections are open, and nothing comes."""
        os.killpg(self.pid(name), signal.SIGSTOP)

    def go_on(self, name: str) -> None:
        os.killpg(self.pid(name), signal.SIGCONT)

    def fill_disk_of(self, name: str, free: int) -> None:
        """No file of the process may grow larger than the largest of its database's is now, plus ``free`` bytes.

        The log of what was written is emptied first: one that grew large before would take what comes for long.
        """
        path = self.folder / "single.db"
        with closing(sqlite3.connect(path, timeout=10)) as database:
            while database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:  # a reader was in the way
                time.sleep(0.01)
        self._limit_files(name, path.stat().st_size + free)

    def empty_disk_of(self, name: str) -> None:
        self._limit_files(name, resource.RLIM_INFINITY)

    def _limit_files(self, name: str, size: int) -> None:
        _, hard = resource.prlimit(self.pid(name), resource.RLIMIT_FSIZE)
        resource.prlimit(self.pid(name), resource.RLIMIT_FSIZE, (size, hard))

    def with_clock(self, name: str) -> Part:
        """The part with a clock that ``set_clock`` moves while it runs."""
        self.set_clock("+0s")
        faked = {
            "LD_PRELOAD": FAKETIME,
            "FAKETIME_TIMESTAMP_FILE": str(self.clock),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        part = self.parts[name]
        return replace(part, environment={**part.environment, **faked})

    def set_clock(self, offset: str) -> None:
        """``+2h``, ``-2h``, ``+0s``; seen within a second."""
        draft = self.clock.with_suffix(".tmp")
        draft.write_text(offset + "\n")
        draft.replace(self.clock)

    def portal_fault(self, **fault: Any) -> None:
        """The backend misbehaves (sandbox/portal/faults.py), or with no argument works again."""
        with httpx.Client(trust_env=False, timeout=20) as http:
            address = f"{self.url(PORTAL)}/_control/fault"
            answer = http.put(address, json=fault) if fault else http.delete(address)
            answer.raise_for_status()

    # -- inside ------------------------------------------------------------------------------------------------------

    def _actions(self, name: str) -> Part:
        probe = HttpProbe(self.ports[name], "/health", self._secrets["GUICHE_ACTIONS_SECRET"])
        return self._part(name, "-m", "actions", ready=probe, GUICHE_ACTIONS_PORT=str(self.ports[name]))

    def _desk(self, name: str, **settings: str) -> Part:
        state = {"GUICHE_PORT": str(self.ports[name]), "GUICHE_STATE_DIR": str(self.folder / name), **settings}
        return self._part(name, "-m", "bot", ready=HttpProbe(self.ports[name], "/health"), **state)

    def _part(self, name: str, *arguments: str, ready: HttpProbe, **settings: str) -> Part:
        return Part(
            name=name,
            command=(str(PYTHON), *arguments),
            environment=child_environment({**self._common, **settings}),
            ready=ready,
            port=self.ports[name],
            folder=ROOT,
            seconds_to_start=120,
        )
