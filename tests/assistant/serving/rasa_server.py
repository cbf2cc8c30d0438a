"""A real Rasa server for a test, as `make serve` starts it."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
MODEL = ROOT / "models" / "guiche.tar.gz"
READY_SECONDS = 120
SECRET = "a secret for tests"


class RasaServer:
    """`conversation()` keeps the state as the front desk would; `post` is one raw request."""

    def __init__(self, model: Path, log: Path, folder: Path = ROOT, **environment: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        variables = {**os.environ, "RASA_TELEMETRY_ENABLED": "false", "GUICHE_RASA_SECRET": SECRET, **environment}
        variables["PYTHONPATH"] = str(ROOT)
        command = [sys.executable, "-m", "assistant.serving", "--model", str(model), "--port", str(self.port)]
        with log.open("wb") as output:
            self.process = subprocess.Popen(command, cwd=folder, env=variables, stdout=output, stderr=subprocess.STDOUT)

    def wait(self, path: str, status: int) -> Any:
        """The answer once `path` gives `status`."""
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended with {self.process.returncode}: {self.log.read_text()[-2000:]}")
            try:
                got, body = self.get(path)
                if got == status:
                    return body
            except OSError:
                pass
            time.sleep(0.2)
        raise AssertionError(f"{path} never gave {status}: {self.log.read_text()[-2000:]}")

    def get(self, path: str, secret: str | None = SECRET) -> tuple[int, Any]:
        return self._request("GET", path, None, secret)

    def post(
        self, body: Any, secret: str | None = SECRET, path: str = "/webhooks/front_desk/webhook"
    ) -> tuple[int, Any]:
        return self._request("POST", path, body, secret)

    def _request(self, method: str, path: str, body: Any, secret: str | None) -> tuple[int, Any]:
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method)
        request.add_header("Content-Type", "application/json")
        if secret is not None:
            request.add_header("Authorization", f"Bearer {secret}")
        try:
            with urllib.request.urlopen(request, timeout=15) as response:
                return response.status, _decode(response.read())
        except urllib.error.HTTPError as error:
            return error.code, _decode(error.read())

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)


class Conversation:
    """State in, state out, as the front desk keeps it."""

    def __init__(self, server: RasaServer) -> None:
        self._server = server
        self.state: dict[str, Any] | None = None
        self.buttons: list = []

    def say(self, text: str, **metadata: Any) -> str:
        return self._turn({"text": text, "metadata": metadata})

    def grow_older(self, seconds: float) -> None:
        """What was said was said so much earlier."""
        assert self.state is not None
        for event in self.state["events"]:
            if event["event"] == "user":
                event["timestamp"] -= seconds

    def press(self, title: str) -> str:
        payload = next(button["payload"] for button in self.buttons if button["title"] == title)
        return self._turn({"payload": payload, "text": title})

    def _turn(self, body: dict[str, Any]) -> str:
        status, answer = self._server.post({"conversation": "c", "message_id": "m", "state": self.state, **body})
        assert status == 200, answer
        self.state = answer["state"]
        (message,) = answer["messages"]
        self.buttons = message.get("buttons", [])
        return message["text"]


def _decode(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace")
