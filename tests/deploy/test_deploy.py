"""deploy/: what can be checked of it without building or starting it, by linters and by comparing it with the code."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from cryptography.fernet import Fernet

from actions.settings import Settings as ActionSettings
from bot.cli.paths import RASA_PYTHON, ROOT
from bot.cli.system import RASA_SERVER, System, SystemSettings
from bot.settings import Settings, SettingsError, check_public
from bot.store import Store, open_database
from tests.bot.support.postgres import missing

DEPLOY = ROOT / "deploy"
CONTAINERFILES = sorted(DEPLOY.glob("Containerfile.*"))
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
YAMLLINT = (
    "{extends: default, rules: {line-length: {max: 120}, document-start: disable, braces: disable, brackets: disable}}"
)
MOST_EXPOSED = 30
"""Of systemd-analyze security, from 0 (sealed) to 100; 40 is where it stops to say OK."""


def run(*command: str | Path) -> str:
    """What it said; it must end with 0."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def tool(name: str) -> Path:
    """A program of this environment."""
    return Path(sys.executable).with_name(name)


def compose() -> dict[str, dict[str, dict[str, object]]]:
    content: dict[str, dict[str, dict[str, object]]] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return content


def test_there_is_something_to_check() -> None:
    assert [file.suffix for file in CONTAINERFILES] == [".actions", ".front-desk", ".rasa"]
    assert len(UNITS) == 3


@pytest.mark.parametrize("file", CONTAINERFILES, ids=lambda file: file.name)
def test_containerfiles_pass_hadolint_and_run_as_nobody_special(file: Path) -> None:
    run(tool("hadolint"), file)
    users = re.findall(r"^USER (\S+)$", file.read_text(), re.M)
    assert users[-1:] == ["10001"]


@pytest.mark.parametrize("file", CONTAINERFILES, ids=lambda file: file.name)
def test_containerfiles_copy_what_exists_and_is_in_the_context(file: Path) -> None:
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for line in re.findall(r"^COPY (?!--from)(.+)$", file.read_text(), re.M):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), source
            assert any(source == name or source.startswith(f"{name}/") for name in kept), f"{source} is ignored"


def test_what_is_deployed_is_what_is_measured() -> None:
    """`guiche serve`, the benchmark and the tests of faults serve Rasa with the same module."""
    served = "-m assistant.serving --model models/guiche.tar.gz --interface"
    container = (DEPLOY / "Containerfile.rasa").read_text()
    command = re.sub(r'[",\[\]\\]+', " ", container[container.rindex("CMD") :])
    assert served in " ".join(command.split())
    assert f"/.venv-rasa/bin/python {served}" in (DEPLOY / "systemd" / "guiche-rasa@.service").read_text()
    part = System(SystemSettings(state_dir=Path("state"), port=8000, environ={})).parts[RASA_SERVER]
    assert part.command[:3] == (str(RASA_PYTHON), "-m", "assistant.serving")
    for file in DEPLOY.rglob("*"):
        assert not file.is_file() or not re.search(r"rasa\W+run\b", file.read_text()), file


@pytest.mark.parametrize("file", CONTAINERFILES, ids=lambda file: file.name)
def test_a_container_is_healthy_as_long_as_it_lives(file: Path) -> None:
    """Whether it can work is another question (/ready): starting it anew would not mend what it waits for."""
    (address,) = re.findall(r"http://127\.0\.0\.1:\d+(/\S*?)\"", file.read_text())
    assert address in ("/health", "/webhooks/front_desk/health")


def test_the_actions_know_every_front_desk() -> None:
    services = compose()["services"]
    environment = services["actions-1"]["environment"]
    assert isinstance(environment, dict)
    desks = [name for name in services if name.startswith("front-desk-")]
    portal = {name: "https://portal.example" for name in environment if name.startswith("PORTAL_")}
    settings = ActionSettings.from_env({**environment, **portal})
    assert settings.front_desk_urls == tuple(f"http://{name}:8000" for name in desks)


def test_the_front_desk_s_image_has_all_that_its_command_needs(tmp_path: Path) -> None:
    """What is copied into it, in a folder of its own: dead letters are looked at there."""
    for line in re.findall(r"^COPY (?!--from)(.+)$", (DEPLOY / "Containerfile.front-desk").read_text(), re.M):
        source = line.split()[0]
        target = tmp_path / source
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, target)
        else:
            shutil.copy(ROOT / source, target)
    assert (tmp_path / "pyproject.toml").exists()
    url = f"sqlite:///{tmp_path / 'guiche.db'}"
    store = Store(open_database(url, 1), claim_seconds=1)
    asyncio.run(_start(store))
    program = "import sys; sys.path.insert(0, '.'); import bot; print(bot.__file__); from bot.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "dead-letters", "list"],
        cwd=tmp_path,
        env={**os.environ, "GUICHE_DATABASE_URL": url, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == str(tmp_path / "bot" / "__init__.py")
    assert "Nenhuma mensagem ficou sem resposta." in done.stdout


async def _start(store: Store) -> None:
    await store.start()
    await store.close()


def test_the_units_start_again_for_as_long_as_it_takes() -> None:
    for unit in UNITS:
        text = unit.read_text()
        assert "StartLimitIntervalSec=0\n" in text
        assert "Restart=always\n" in text


def test_the_compose_file_follows_its_schema_and_is_well_formed() -> None:
    run(tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml")
    run(tool("yamllint"), "-d", YAMLLINT, DEPLOY / "compose.yaml")


def test_every_part_twice_sealed_and_only_the_front_desks_can_be_reached() -> None:
    services = compose()["services"]
    ours = {name: service for name, service in services.items() if name != "postgres"}
    assert sorted(ours) == [f"{part}-{number}" for part in ("actions", "front-desk", "rasa") for number in (1, 2)]
    for name, service in ours.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in str(service["security_opt"]), name
    public = {name for name, service in services.items() if "ports" in service}
    assert public == {"front-desk-1", "front-desk-2"}
    assert compose()["networks"]["inside"]["internal"] is True
    assert list(services["rasa-1"]["networks"]) == ["inside"]  # type: ignore[call-overload]


def test_the_compose_file_sets_what_the_front_desk_knows() -> None:
    environment = compose()["services"]["front-desk-1"]["environment"]
    assert isinstance(environment, dict)
    known = {f"GUICHE_{name.upper()}" for name in Settings.model_fields}
    assert set(environment) - known == set()


def test_the_front_desk_of_the_compose_file_starts_where_others_can_reach_it() -> None:
    environment = compose()["services"]["front-desk-1"]["environment"]
    given = {name: re.sub(r"\$\{\w+:\?\}", "k" * 32, str(value)) for name, value in environment.items()}  # type: ignore[attr-defined]
    given |= {"GUICHE_PUBLIC_URL": "https://guiche.example", "GUICHE_ENCRYPTION_KEY": Fernet.generate_key().decode()}
    values = {name.removeprefix("GUICHE_").lower(): value for name, value in given.items()}
    settings = Settings(host="0.0.0.0", **values)  # type: ignore[arg-type]  # noqa: S104  # as in its Containerfile
    check_public(settings)
    with pytest.raises(SettingsError):
        check_public(settings.model_copy(update={"public_url": None}))


def test_the_example_names_every_secret_that_compose_asks_for() -> None:
    asked = set(re.findall(r"\$\{(\w+):\?\}", (DEPLOY / "compose.yaml").read_text()))
    named = set(re.findall(r"^(\w+)=$", (DEPLOY / "guiche.env.example").read_text(), re.M))
    assert asked == named


@pytest.fixture(scope="session")
def units(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The units as installed here: this folder for /opt/guiche, and a user that exists."""
    if shutil.which("systemd-analyze") is None:
        missing("systemd-analyze is not installed")
    folder = tmp_path_factory.mktemp("units")
    made = []
    for unit in UNITS:
        content = unit.read_text().replace("/opt/guiche", str(ROOT)).replace("=guiche\n", "=daemon\n")
        made.append(folder / unit.name.replace("@.", "@5005."))
        made[-1].write_text(content)
    return made


def test_the_units_are_understood_whole(units: list[Path]) -> None:
    for unit in units:
        said = run("systemd-analyze", "verify", "--man=no", unit)
        assert unit.name not in said, said


def test_the_units_are_hardened(units: list[Path]) -> None:
    for unit in units:
        run("systemd-analyze", "security", "--offline=true", f"--threshold={MOST_EXPOSED}", "--no-pager", unit)
