"""A person reviews what was not understood: answers on standard input, a real database, the real trained model."""

import asyncio
import io
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.cli.paths import ROOT
from bot.cli.review import review
from bot.cli.terminal import Terminal
from bot.messages import Body, Bubble, Outcome
from bot.store import Store, StoredInbound, open_database

NLU = "data/nlu.yml"
ODD = "a engenhoca do guarda-chuva municipal não quer desabrochar"
ODDER = "cadê o bicho que voa em cima da prefeitura de noite"

type Type = Callable[..., str]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the content that the review may write to, with the trained model."""
    shutil.copytree(ROOT / "data", tmp_path / "project/data")
    (tmp_path / "project/models").symlink_to(ROOT / "models")
    (tmp_path / "project/tests").symlink_to(ROOT / "tests")
    return tmp_path / "project"


@pytest.fixture
def type_in(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Type:
    """Runs the review with these lines typed in; what it printed."""
    monkeypatch.setenv("GUICHE_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.delenv("GUICHE_DATABASE_URL", raising=False)

    def run(*typed: str) -> str:
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in typed)))
        assert review(Terminal.load(), 100, project) == 0
        return capsys.readouterr().out

    return run


def receive(state: Path, *texts: str, understood: str | None) -> None:
    """Messages that were answered, as the front desk stores them."""

    async def store() -> None:
        opened = Store(open_database(f"sqlite:///{state / 'guiche.db'}", 1), claim_seconds=20)
        await opened.start()
        for text in texts:
            inbound = StoredInbound(
                channel="web",
                external_key="c",
                citizen="visitor",
                external_id=text,
                reference=text,
                text=text,
                button=None,
                conversation="c",
                masked=frozenset(),
                fallback_echo="",
            )
            receipt = await opened.receive(inbound, claim=True)
            assert receipt.claim is not None
            await opened.finish(receipt.claim, Outcome([Bubble(Body("…"))], None, understood=understood))
        await opened.close()

    asyncio.run(store())


OFFERED = '{"kind":"offer","topic":"sign","probability":0.31}'


def learned(project: Path) -> list[str]:
    """Lines of data/nlu.yml that the original does not have, each with the intent it stands under."""
    before = set((ROOT / NLU).read_text().splitlines())
    found, intent = [], ""
    for line in (project / NLU).read_text().splitlines():
        intent = line.split()[-1] if "- intent:" in line else intent
        if line not in before:
            found.append(f"{intent}: {line.strip()}")
    return found


def test_without_doubtful_messages_there_is_nothing_to_review(type_in: Type, tmp_path: Path) -> None:
    receive(tmp_path / "state", "esqueci minha senha", understood=None)
    assert "Nada para rever" in type_in()


def test_where_no_front_desk_kept_anything_that_is_said_and_nothing_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GUICHE_STATE_DIR", str(tmp_path / "elsewhere"))
    for url in (None, f"sqlite:///{tmp_path / 'wrong.db'}"):
        if url:
            monkeypatch.setenv("GUICHE_DATABASE_URL", url)
        assert review(Terminal.load(), 100) == 1
        assert "Não há mensagens guardadas em" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_relabelled_line_joins_its_intent_and_is_not_shown_again(
    type_in: Type, project: Path, tmp_path: Path
) -> None:
    receive(tmp_path / "state", ODD, understood=OFFERED)

    said = type_in("r", "não existe", "Assinar documentos")

    assert ODD in said
    assert "31 %" in said
    assert "Exemplos novos em data/nlu.yml: 1" in said
    assert learned(project) == [f"sign: - {ODD}"]
    assert "Nada para rever" in type_in()


def test_a_discarded_line_teaches_nothing_and_is_not_shown_again(type_in: Type, project: Path, tmp_path: Path) -> None:
    receive(tmp_path / "state", ODD, understood=OFFERED)
    assert "Nenhum exemplo novo" in type_in("d")
    receive(tmp_path / "state", f"{ODD.upper()} ", understood=OFFERED)  # the same words again
    assert "Nada para rever" in type_in()
    assert learned(project) == []


def test_what_is_put_off_comes_again(type_in: Type, project: Path, tmp_path: Path) -> None:
    receive(tmp_path / "state", ODD, understood=OFFERED)
    assert ODD in type_in("p")
    assert ODD in type_in("s")
    assert ODD in type_in()  # end of input
    assert learned(project) == []


def test_lines_are_decided_one_by_one(type_in: Type, project: Path, tmp_path: Path) -> None:
    receive(tmp_path / "state", ODD, ODD + " hoje", understood=OFFERED)
    said = type_in("u", "r", "sign", "d")
    assert "Mensagens: 2" in said
    assert len(learned(project)) == 1


def test_a_line_that_is_known_already_is_refused(type_in: Type, project: Path, tmp_path: Path) -> None:
    known = "Primeiro acesso de advogado: qual o procedimento?"
    receive(tmp_path / "state", known, understood=OFFERED)
    said = type_in("r", "sign")
    assert "Não entrou" in said
    assert "já está em register" in said
    assert learned(project) == []


def test_a_message_cannot_steer_the_terminal(type_in: Type, tmp_path: Path) -> None:
    receive(tmp_path / "state", f"{ODDER}\x1b[2J\x1b]0;x\x07", understood=OFFERED)
    assert "\x1b" not in type_in("s")
