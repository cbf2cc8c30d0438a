"""`guiche ask` and `guiche chat` against a server that speaks the contract."""

import asyncio
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli.app import app
from bot.cli.ports import free_ports
from bot.cli.sessions import KeptSession, Sessions
from tests.bot.cli.web_stub import WebStub, serving, wait_until
from tests.bot.conftest import OpenDesk

GUICHE = [sys.executable, "-c", "from bot.cli import main; main()"]


@pytest.fixture
def web() -> Iterator[WebStub]:
    with serving(WebStub()) as stub:
        yield stub


class Person:
    """Someone with a home folder who runs the command."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.file = home / ".config" / "guiche" / "sessions.json"

    def environment(self, url: str, **changes: str) -> dict[str, str | None]:
        """Changes to the environment; None takes a name away."""
        ours: dict[str, str | None] = {name: None for name in os.environ if name.startswith(("GUICHE_", "XDG_"))}
        # A proxy of the environment must not come between: with one that does not exist everything would fail.
        proxy = {"http_proxy": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
        return ours | proxy | {"HOME": str(self.home), "GUICHE_PORT": url.rpartition(":")[2]} | changes

    def run(self, url: str, *arguments: str, typed: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
        """The command to its end, in this process."""
        done = CliRunner().invoke(app, arguments, input=typed, env=self.environment(url, **environ))
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)

    def start(self, url: str, *arguments: str) -> subprocess.Popen[str]:
        """The command as a process, for what must be seen while it runs."""
        changed = {**os.environ, **self.environment(url)}
        environment = {name: value for name, value in changed.items() if value is not None}
        pipe = subprocess.PIPE
        return subprocess.Popen([*GUICHE, *arguments], env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path)


def test_prints_the_answer_as_plain_text_in_a_pipe(web: WebStub, person: Person) -> None:
    web.answer = lambda _: [{"text": "Clique em **Redefinir Senha**.\n\n1. Um\n2. Dois"}]

    done = person.run(web.url, "ask", "esqueci minha senha")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Clique em Redefinir Senha.\n\n1. Um\n2. Dois\n"
    assert [message["text"] for message in web.received] == ["esqueci minha senha"]


def test_buttons_come_numbered(web: WebStub, person: Person) -> None:
    web.answer = lambda _: [{"text": "Qual?", "buttons": ["Cadastro", "Senha"]}]

    assert person.run(web.url, "ask", "oi").stdout == "Qual?\n\n  1. Cadastro\n  2. Senha\n"


def test_notices_are_printed_as_they_come_and_the_final_answer_is_waited_for(web: WebStub, person: Person) -> None:
    web.answer = lambda _: [{"text": "Está demorando.", "final": False}]
    process = person.start(web.url, "ask", "oi")
    assert process.stdout is not None

    assert process.stdout.readline() == "Está demorando.\n"
    assert process.poll() is None
    web.reply(web.received[0]["id"], text="Aqui está.")
    out, _ = process.communicate(timeout=30)

    assert (process.returncode, out) == (0, "Aqui está.\n")


def test_an_answer_to_an_earlier_message_is_not_taken_for_this_one(web: WebStub, person: Person) -> None:
    web.answer = lambda _: [{"text": "antiga"}]
    person.run(web.url, "ask", "primeira", "--conversation", "casa")
    web.reply(web.received[0]["id"], text="atrasada")
    web.answer = lambda _: [{"text": "nova"}]

    assert person.run(web.url, "ask", "segunda", "--conversation", "casa").stdout == "nova\n"


def test_json_prints_the_messages_and_nothing_else(web: WebStub, person: Person) -> None:
    web.answer = lambda _: [{"text": "Espere.", "final": False}, {"text": "Pronto ç", "buttons": ["A"]}]

    done = person.run(web.url, "ask", "oi", "--json")

    messages = json.loads(done.stdout)["messages"]
    assert [message["text"] for message in messages] == ["Espere.", "Pronto ç"]
    assert [button["title"] for button in messages[1]["buttons"]] == ["A"]


def test_says_that_nothing_runs_there_in_one_line(person: Person) -> None:
    url = f"http://127.0.0.1:{free_ports(1)[0]}"

    done = person.run(url, "ask", "oi")

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == f"O Guichê não está rodando em {url}. Para iniciar: make serve\n"


def test_a_late_answer_ends_with_one_line_and_exit_code_1(web: WebStub, person: Person) -> None:
    web.answer = lambda _: []

    done = person.run(web.url, "ask", "oi", "--timeout", "0.3")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("A resposta não chegou em 0.3 s.")
    assert done.stderr.count("\n") == 1


def test_a_refusal_is_said_in_the_servers_words(web: WebStub, person: Person) -> None:
    web.refuse = [(413, {"error": "too_large", "message": "A mensagem é grande demais."})]

    done = person.run(web.url, "ask", "oi")

    assert (done.returncode, done.stderr) == (1, "A mensagem é grande demais.\n")


def test_a_stream_that_is_cut_goes_on_where_it_stopped(web: WebStub, person: Person) -> None:
    web.answer = lambda _: [{"text": "um", "final": False}, {"text": "dois"}]
    web.cut_streams = 3

    assert person.run(web.url, "ask", "oi").stdout == "um\ndois\n"


def test_control_characters_of_an_answer_do_not_reach_the_terminal(web: WebStub, person: Person) -> None:
    web.answer = lambda _: [{"text": "a\x1b[2Jb\x07c\u009bd"}]

    assert person.run(web.url, "ask", "oi").stdout == "a [2Jb c d\n"


def test_without_a_name_each_question_is_a_conversation_of_its_own(web: WebStub, person: Person) -> None:
    person.run(web.url, "ask", "oi")
    person.run(web.url, "ask", "oi")

    assert len(web.sessions) == 2
    assert not person.file.exists()


def test_a_name_continues_the_same_conversation_and_stays_on_this_machine(web: WebStub, person: Person) -> None:
    person.run(web.url, "ask", "oi", "--conversation", "casa")
    person.run(web.url, "ask", "tchau", "-c", "casa")

    assert len(web.sessions) == 1
    assert "casa" not in json.dumps(web.received)
    assert stat.S_IMODE(person.file.stat().st_mode) == 0o600


def test_the_kept_session_follows_xdg_config_home(web: WebStub, person: Person, tmp_path: Path) -> None:
    person.run(web.url, "ask", "oi", "-c", "casa", XDG_CONFIG_HOME=str(tmp_path / "xdg"))

    assert (tmp_path / "xdg" / "guiche" / "sessions.json").exists()
    assert not person.file.exists()


def test_a_session_that_the_server_forgot_is_replaced(web: WebStub, person: Person) -> None:
    person.run(web.url, "ask", "oi", "-c", "casa")
    web.sessions.clear()

    assert person.run(web.url, "ask", "de novo", "-c", "casa").stdout == "Você disse: de novo\n"
    assert person.run(web.url, "ask", "e agora", "-c", "casa").returncode == 0
    assert len(web.sessions) == 1


def test_a_spoilt_sessions_file_is_named_and_not_overwritten(web: WebStub, person: Person) -> None:
    person.file.parent.mkdir(parents=True)
    person.file.write_text("{")

    done = person.run(web.url, "ask", "oi", "-c", "casa")

    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert str(person.file) in done.stderr
    assert person.file.read_text() == "{"


def test_names_kept_at_the_same_moment_are_all_there(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path / "sessions.json")
    names = [f"name {number}" for number in range(20)]
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda name: sessions.keep("http://server", name, KeptSession("cookie", name)), names))

    assert [sessions.get("http://server", name) for name in names] == [KeptSession("cookie", name) for name in names]


def test_chat_goes_on_until_the_end_of_input_and_sends_what_is_typed(web: WebStub, person: Person) -> None:
    web.answer = lambda text: [{"text": f"{text}?", "buttons": ["Sim"]}]

    done = person.run(web.url, "chat", typed="oi\n1\n")

    assert done.returncode == 0
    assert [message["text"] for message in web.received] == ["oi", "1"]
    assert done.stdout.index("oi?") < done.stdout.index("  1. Sim") < done.stdout.index("1?")
    assert len(web.sessions) == 1


@pytest.mark.parametrize(
    ("arguments", "says_so"), [(("chat",), True), (("ask", "oi", "-c", "casa"), True), (("ask", "oi"), False)]
)
def test_where_the_conversation_goes_on_a_number_chooses_and_that_is_said(
    web: WebStub, person: Person, arguments: tuple[str, ...], says_so: bool
) -> None:
    web.answer = lambda _: [{"text": "Qual?", "buttons": ["Cadastro", "Senha"]}]

    done = person.run(web.url, *arguments, typed="oi\n", FORCE_COLOR="1")

    assert done.returncode == 0
    assert ("Para escolher, escreva o número." in done.stdout) == says_so


async def test_behind_an_https_address_the_conversation_goes_on_all_the_same(
    open_desk: OpenDesk, person: Person
) -> None:
    """The cookie is then for https only, and has another name; the command talks to the same machine over http."""
    async with open_desk(public_url="https://guiche.example.br") as (url, _):
        first = await asyncio.to_thread(person.run, url, "ask", "oi", "-c", "casa")
        second = await asyncio.to_thread(person.run, url, "ask", "de novo", "-c", "casa")
        chat = await asyncio.to_thread(person.run, url, "chat", typed="oi\nde novo\n")

    assert [first.returncode, second.returncode, chat.returncode] == [0, 0, 0], first.stderr + second.stderr
    assert "1: oi" in first.stdout
    assert second.stdout == "2: de novo\n"
    assert "2: de novo" in chat.stdout


def test_chat_shows_an_answer_that_came_late_when_enter_is_pressed(web: WebStub, person: Person) -> None:
    web.answer = lambda _: []
    process = person.start(web.url, "chat", "--timeout", "0.3")
    assert process.stdin is not None
    process.stdin.write("oi\n")
    process.stdin.flush()
    wait_until(lambda: web.received)
    web.hold.set()
    web.reply(web.received[0]["id"], text="atrasada")
    assert process.stdout is not None
    while "Ainda sem resposta" not in process.stdout.readline():
        pass
    web.hold.clear()
    out, _ = process.communicate("\n", timeout=30)

    assert "atrasada" in out
