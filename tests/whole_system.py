"""The whole of Guichê for tests: sandbox, action server, Rasa and front desk as real processes, and citizens who write.

    system = WholeSystem(folder)
    system.start()
    citizen = system.citizen()
    reply = citizen.say("esqueci minha senha")      # reply.text, reply.buttons
    citizen.press("Passo a passo")
    system.kill(RASA); ...; system.restart(RASA)    # kill -9; the same command, port and secrets again
    system.stop()

Tests get one that is shared by the whole run: the fixture `system` (tests/conftest.py). A test that hurts it ends with
`system.heal()`.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any, Self

import httpx

from bot.cli.model import Trainer
from bot.cli.ports import free_ports
from bot.cli.system import ACTIONS, FRONT_DESK, IDENTITY, PORTAL, RASA_SERVER, System, SystemSettings
from bot.identity.sessions import CitizenSessions
from bot.settings import Settings, encryption_key
from bot.store import Store, open_database
from bot.vault import Vault
from tests.citizen import DEADLINE, Citizen, Reply, wait_until

__all__ = [
    "ACTIONS",
    "FRONT_DESK",
    "IDENTITY",
    "PARTS",
    "PORTAL",
    "RASA",
    "Citizen",
    "Reply",
    "WholeSystem",
    "wait_until",
]

RASA = RASA_SERVER
PARTS = (PORTAL, IDENTITY, ACTIONS, RASA, FRONT_DESK)
_OURS = ("GUICHE_", "PORTAL_", "SANDBOX_")
NO_LIMIT = "1000/second"
"""Of messages: a test writes faster than a person."""


class WholeSystem:
    """The four parts in a folder of their own, on free ports, with the model that `guiche train` makes."""

    def __init__(self, folder: Path, **environ: str) -> None:
        """`environ`: settings of this system beside the test's own environment, e.g. GUICHE_NOTICE_AFTER."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
        settings = {"SANDBOX_CONTROL": "1", "GUICHE_SESSION_RATE": NO_LIMIT, "GUICHE_GLOBAL_RATE": NO_LIMIT, **environ}
        self.state_dir = folder / "state"
        self.parts = System(
            SystemSettings(state_dir=self.state_dir, port=free_ports(1)[0], environ={**inherited, **settings})
        )
        self.url = self.parts.url
        self.sandbox_url = f"http://127.0.0.1:{self.parts.ports[PORTAL]}"
        self._opened: list[Citizen | httpx.Client] = []
        self._faulty = False

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # -- the parts ---------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Train if the model is older than the content, start every part and wait until all are ready."""
        Trainer(self.state_dir.parent / "training").train()
        self.parts.start()

    def stop(self) -> None:
        """End every part and close every citizen's connection."""
        for opened in self._opened:
            opened.close()
        self._opened.clear()
        self.parts.stop()

    def kill(self, part: str) -> None:
        """kill -9, with the part's whole process group; returns when it is gone."""
        self._faulty |= part == PORTAL
        self.parts.kill_part(part)

    def restart(self, part: str) -> None:
        """Start a part anew (killing it first if it runs) and wait until it is ready."""
        if self.parts.is_running(part):
            self.parts.kill_part(part)
        self.parts.start_part(part)

    def heal(self) -> None:
        """Whatever a test did to the system is undone: dead parts run again, no fault is set, no circuit is open."""
        dead = [part for part in PARTS if not self.parts.is_running(part)]
        for part in dead:
            self.parts.spawn(part)
        for part in dead:
            self.parts.wait_ready(part)
        if self._faulty:
            self._control("DELETE", "/fault")
            self._faulty = False
            if not self._asks_portal():
                self.restart(ACTIONS)  # the circuit to the backend stays open for 10 s: a new client has a new one

    def _asks_portal(self) -> bool:
        """Whether a look-up reaches the backend."""
        before = self._requests()
        self.citizen().say("PMP 2023/500100")
        return self._requests() > before

    def log(self, part: str) -> str:
        """What the part wrote in this run."""
        return self.parts.log(part).read_text(errors="replace")

    # -- the portal's sandbox ----------------------------------------------------------------------------------------

    def set_fault(self, kind: str, **options: Any) -> None:
        """From now on the backend misbehaves: see sandbox/portal/faults.py for the kinds and options."""
        self._faulty = True
        self._control("PUT", "/fault", {"kind": kind, **options})

    def clear_fault(self) -> None:
        """The backend works again (the client's circuit may still be open; see heal)."""
        self._control("DELETE", "/fault")

    def _requests(self) -> int:
        """How often the backend's API was asked since the last fault was cleared."""
        requests = self._control("GET", "").json()["requests"]
        return sum(count for path, count in requests.items() if path.startswith("/solarbpm-integracao/"))

    def _control(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        with httpx.Client(trust_env=False, timeout=DEADLINE) as http:
            return http.request(method, f"{self.sandbox_url}/_control{path}", json=body).raise_for_status()

    # -- citizens ----------------------------------------------------------------------------------------------------

    def citizen(self) -> Citizen:
        """Somebody who opens the chat page for the first time."""
        citizen = Citizen(self.url)
        self._opened.append(citizen)
        return citizen

    def browser(self, cookies: CookieJar | None = None) -> httpx.Client:
        """Somebody's browser, open as long as the system."""
        browser = httpx.Client(timeout=DEADLINE, trust_env=False, cookies=cookies)
        self._opened.append(browser)
        return browser

    def sign_in(self, citizen: Citizen, document: str, name: str, seconds: float = 600) -> str:
        """What the issue on identity will do: the conversation belongs to that person for a while. The opaque id.

        A conversation exists once something was said in it.
        """
        opaque = asyncio.run(
            self._with_sessions(lambda sessions: sessions.create(citizen.conversation, document, name, seconds))
        )
        return str(opaque)

    def sign_out(self, citizen: Citizen) -> None:
        """The citizen's session ends."""
        asyncio.run(self._with_sessions(lambda sessions: sessions.end(citizen.conversation)))

    async def _with_sessions(self, work: Callable[[CitizenSessions], Any]) -> Any:
        settings = Settings.model_validate({"state_dir": self.state_dir, "rasa_secret": "not needed"})
        store = Store(open_database(settings.database, 1), claim_seconds=1)
        await store.database.start()  # and not the store's, which frees what the front desk holds
        try:
            return await work(CitizenSessions(store, Vault(encryption_key(settings))))
        finally:
            await store.close()
