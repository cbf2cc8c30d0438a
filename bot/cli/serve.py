"""`guiche serve`: the model if need be, then every part, then waiting until somebody asks to stop."""

import shutil
import signal
import threading
from types import FrameType

from rich.status import Status

from bot.cli.model import Trainer
from bot.cli.paths import PYTHON, ROOT, make_state_dir
from bot.cli.supervisor import NotReady, PartDied, StateInUse, StopRequested, Supervisor, SupervisorError
from bot.cli.system import DEFAULT_PORT, BadPort, ModelUnreadable, PortTaken, System, SystemSettings, check_port
from bot.cli.terminal import Terminal
from bot.cli.train import train_aloud


class ProgressLines:
    """Progress as lines; on a terminal also a moving one that says what is being waited for."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._waiting: list[str] = []
        self._status: Status | None = terminal.out.status("") if terminal.out.is_terminal else None

    def starting(self, name: str) -> None:
        """One more to wait for."""
        self._waiting.append(self._terminal.text(f"parts.{name}"))
        if self._status is None:
            self._terminal.say("serve.starting", part=self._waiting[-1])
        else:
            self._show()
            self._status.start()

    def ready(self, name: str, seconds: float) -> None:
        """One less."""
        part = self._terminal.text(f"parts.{name}")
        self._waiting = [waiting for waiting in self._waiting if waiting != part]
        self._terminal.say("serve.ready", part=part, seconds=f"{seconds:.0f}")
        self._show()

    def close(self) -> None:
        """Take the moving line away."""
        if self._status is not None:
            self._status.stop()

    def _show(self) -> None:
        if self._status is None:
            return
        if self._waiting:
            self._status.update(self._terminal.text("serve.waiting", parts=", ".join(self._waiting)))
        else:
            self._status.stop()


def serve(terminal: Terminal, settings: SystemSettings) -> int:
    """Run Guichê until a signal; the exit code."""
    stop = threading.Event()
    progress = ProgressLines(terminal)
    system = System(settings, progress, stop)
    stop_on_signals(system)
    try:
        check_port(settings)
        if not train_aloud(terminal, Trainer(make_state_dir(settings.state_dir) / "logs", stop)):
            return 1
        if system.has_sandbox:
            terminal.say("serve.sandbox")
        if system.has_identity:
            terminal.say("serve.identity", url=system.identity_url)
        for channel in system.channels:
            name = terminal.text(f"parts.{channel.name}")
            terminal.say("serve.channel", name=name, url=system.page(channel))
        return run(terminal, system, progress, settings.url, ask_command(settings))
    except StopRequested:
        return 0
    except SupervisorError as error:
        complain(terminal, error)
        return 1


def run(terminal: Terminal, system: Supervisor, progress: ProgressLines, url: str, command: str) -> int:
    """Start the parts, say that they are open, and watch them; nothing of them is left when this returns."""
    with system:
        try:
            system.start()
            progress.close()
            terminal.say("serve.open", url=url, command=command)
            system.watch()
        except StopRequested:
            pass
        except SupervisorError as error:
            progress.close()
            complain(terminal, error)
            return 1
        progress.close()
        terminal.say("serve.stopping")
    terminal.say("serve.stopped")
    return 0


def ask_command(settings: SystemSettings) -> str:
    """How a person types `guiche` in another terminal so that it reaches this server."""
    ours = PYTHON.with_name("guiche")
    found = shutil.which("guiche")
    name = "guiche" if found and ours.exists() and ours.samefile(found) else str(ours.relative_to(ROOT))
    return name if settings.port == DEFAULT_PORT else f"GUICHE_PORT={settings.port} {name}"


def stop_on_signals(system: Supervisor) -> None:
    """Ctrl-C, SIGTERM and a closed terminal stop the system; the second one does not wait for politeness."""

    def handler(_number: int, _frame: FrameType | None) -> None:
        if system.stop_requested.is_set():
            system.hurry.set()
        system.stop_requested.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, handler)


def complain(terminal: Terminal, error: SupervisorError) -> None:
    """The one line for each way of failing."""
    match error:
        case PortTaken():
            terminal.complain("errors.port_taken", host=error.host, port=error.port)
        case ModelUnreadable():
            terminal.complain("errors.model_unreadable", model=error.model)
        case BadPort():
            terminal.complain("errors.bad_port", name=error.name)
        case StateInUse():
            terminal.complain("errors.state_in_use", folder=error.state_dir)
        case PartDied():
            part = _capital(terminal.text(f"parts.{error.name}"))
            terminal.complain("errors.part_died", part=part, code=error.code, log=error.log)
        case NotReady():
            part = _capital(terminal.text(f"parts.{error.name}"))
            terminal.complain(
                "errors.not_ready", part=part, seconds=f"{error.seconds:.0f}", reason=error.reason, log=error.log
            )
        case _:
            raise error


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
