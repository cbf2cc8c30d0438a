"""Tiny processes for the supervisor to run, and a `guiche serve` of nothing but them.

As a program: `python -m tests.bot.cli.stub_parts STATE_DIR NAME=BEHAVIOUR...` runs such a serve. Behaviours:
`serve` answers 200; `die` ends at once with code 0; `deaf` never becomes ready; `stubborn` ignores SIGTERM;
`forks` serves and has a child of its own in the same group, whose pid it writes to STATE_DIR/NAME.child.
"""

import os
import sys
import threading
from pathlib import Path

from bot.cli.ports import free_ports
from bot.cli.serve import ProgressLines, run, stop_on_signals
from bot.cli.supervisor import HttpProbe, Part, Supervisor
from bot.cli.terminal import Terminal

ROOT = Path(__file__).resolve().parents[3]

CODE = """
import http.server, os, pathlib, signal, subprocess, sys
behaviour, port, folder, name = sys.argv[1], int(sys.argv[2]), pathlib.Path(sys.argv[3]), sys.argv[4]
print("started", behaviour, flush=True)
if behaviour == "die":
    sys.exit(0)
if behaviour == "deaf":
    signal.pause()
if behaviour == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if behaviour == "forks":
    child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    (folder / f"{name}.child").write_text(str(child.pid))
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""


def stub_part(name: str, behaviour: str, folder: Path, seconds_to_start: float = 20.0) -> Part:
    """A part that behaves so."""
    port = free_ports(1)[0]
    return Part(
        name=name,
        command=(sys.executable, "-c", CODE, behaviour, str(port), str(folder), name),
        environment=dict(os.environ),
        ready=HttpProbe(port, "/"),
        port=port,
        folder=folder,
        seconds_to_start=seconds_to_start,
    )


def main() -> int:
    """Serve the parts that the arguments name."""
    folder = Path(sys.argv[1])
    pairs = [argument.split("=") for argument in sys.argv[2:]]
    limit = 1.0 if any(behaviour == "deaf" for _, behaviour in pairs) else 20.0
    parts = [stub_part(name, behaviour, folder, limit) for name, behaviour in pairs]
    terminal = Terminal.load()
    progress = ProgressLines(terminal)
    system = Supervisor(parts, folder, progress, threading.Event(), grace=2.0)
    stop_on_signals(system)
    return run(terminal, system, progress, "http://127.0.0.1:1", "guiche")


if __name__ == "__main__":
    sys.exit(main())
