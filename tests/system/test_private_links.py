"""Only the front desk faces people: the other parts listen on this machine alone, and refuse who has no secret."""

from __future__ import annotations

import ipaddress
import json
import os
from pathlib import Path

import httpx
import pytest

from tests.system.links import MARK, MAX_REFUSAL, bearer, call, turn, url
from tests.whole_system import ACTIONS, FRONT_DESK, PARTS, PORTAL, RASA, WholeSystem

LISTEN = "0A"  # the state of a listening socket in /proc/net/tcp


def listening(group: int) -> list[tuple[str, int]]:
    """(address, port) of every socket that a process of the group listens on."""
    inodes = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(process.name)) == group:
                inodes |= {os.readlink(link) for link in (process / "fd").iterdir()}
        except OSError:  # it ended while we looked
            continue
    found = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTEN and f"socket:[{fields[9]}]" in inodes:
                address, port = fields[1].split(":")
                found.append((_address(address), int(port, 16)))
    return found


def _address(text: str) -> str:
    """The kernel writes each 32-bit word in this machine's byte order."""
    words = [bytes.fromhex(text[start : start + 8])[::-1] for start in range(0, len(text), 8)]
    return str(ipaddress.ip_address(b"".join(words)))


@pytest.mark.parametrize("part", PARTS)
def test_every_part_listens_on_one_port_of_loopback_only(system: WholeSystem, part: str) -> None:
    """The front desk too, and with it the private API, unless GUICHE_HOST says otherwise."""
    assert listening(system.parts.pid(part)) == [("127.0.0.1", system.parts.ports[part])]


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer wrong", "Bearer é", "Basic {secret}", "{secret}", "Bearer {secret}x"],
)
def test_without_the_secret_nothing_is_said(system: WholeSystem, http: httpx.Client, authorization: str | None) -> None:
    doors = [
        ("POST", url(system, RASA, "/webhooks/front_desk/webhook"), "GUICHE_RASA_SECRET", turn()),
        ("GET", url(system, RASA, "/webhooks/front_desk/ready"), "GUICHE_RASA_SECRET", None),
        ("GET", url(system, RASA, "/webhooks/front_desk/health"), "GUICHE_RASA_SECRET", None),
        ("GET", url(system, RASA, "/webhooks/front_desk/"), "GUICHE_RASA_SECRET", None),
        ("POST", url(system, ACTIONS, "/webhook"), "GUICHE_ACTIONS_SECRET", call()),
        ("GET", url(system, ACTIONS, "/actions"), "GUICHE_ACTIONS_SECRET", None),
        ("GET", url(system, ACTIONS, "/health"), "GUICHE_ACTIONS_SECRET", None),
        ("GET", url(system, ACTIONS, "/ready"), "GUICHE_ACTIONS_SECRET", None),
        ("GET", url(system, FRONT_DESK, "/private/sessions/x"), "GUICHE_PRIVATE_SECRET", None),
        ("GET", url(system, FRONT_DESK, "/private/ready"), "GUICHE_PRIVATE_SECRET", None),
        ("GET", url(system, PORTAL, "/solarbpm-integracao/pendencias"), "GUICHE_PRIVATE_SECRET", None),
    ]
    for method, address, secret, body in doors:
        headers = {}
        if authorization is not None:
            headers["Authorization"] = authorization.format(secret=system.parts.secrets[secret]).encode()
        answer = http.request(method, address, json=body, headers=headers)
        assert answer.status_code == 401, address
        assert MARK not in answer.text
        assert len(answer.text) < MAX_REFUSAL


def test_every_part_says_that_it_lives_and_that_it_can_work(system: WholeSystem, http: httpx.Client) -> None:
    for part, folder, secret in (
        (FRONT_DESK, "", None),
        (RASA, "/webhooks/front_desk", "GUICHE_RASA_SECRET"),
        (ACTIONS, "", "GUICHE_ACTIONS_SECRET"),
    ):
        headers = bearer(system, secret) if secret else {}
        for question in ("health", "ready"):
            answer = http.get(url(system, part, f"{folder}/{question}"), headers=headers)
            assert answer.status_code == 200, (part, question, answer.text)
        assert answer.json()["ready"] is True


def test_each_secret_opens_its_own_door_only(system: WholeSystem, http: httpx.Client) -> None:
    doors = {
        "GUICHE_RASA_SECRET": url(system, RASA, "/webhooks/front_desk/ready"),
        "GUICHE_ACTIONS_SECRET": url(system, ACTIONS, "/health"),
        "GUICHE_PRIVATE_SECRET": url(system, FRONT_DESK, "/private/sessions/x"),
    }
    for secret in doors:
        opened = {
            door
            for door, address in doors.items()
            if http.get(address, headers=bearer(system, secret)).status_code != 401
        }
        assert opened == {secret}


@pytest.mark.parametrize(
    "path",
    [
        "/status",
        "/domain",
        "/conversations/c/tracker",
        "/conversations/c/tracker/events",
        "/conversations/c/messages",
        "/conversations/c/execute",
        "/model",
        "/model/parse",
        "/model/train",
        "/webhooks/rest",
        "/webhooks/rest/webhook",
        "/webhooks/callback/webhook",
        "/socket.io/",
    ],
)
def test_rasas_own_interfaces_are_off_even_for_who_has_the_secret(
    system: WholeSystem, http: httpx.Client, path: str
) -> None:
    for method in ("GET", "POST", "PUT"):
        answer = http.request(
            method,
            url(system, RASA, path),
            headers=bearer(system, "GUICHE_RASA_SECRET"),
            content=None if method == "GET" else json.dumps({"text": MARK, "message": MARK, "sender": "x"}),
        )
        assert answer.status_code in (404, 405), f"{method} {path}"
        assert MARK not in answer.text
