"""Settings come from the environment; secrets that nobody set are made once and kept privately."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from bot.settings import SettingsError, encryption_key, load_settings, signing_key
from bot.vault import Vault, VaultError
from tests.bot.conftest import MakeSettings


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("GUICHE_"):
            monkeypatch.delenv(name)


def test_a_missing_secret_is_named() -> None:
    with pytest.raises(SettingsError, match="GUICHE_RASA_SECRET"):
        load_settings()


def test_a_wrong_value_is_named_without_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUICHE_RASA_SECRET", "segredo")
    monkeypatch.setenv("GUICHE_PORT", "porta")
    with pytest.raises(SettingsError, match="GUICHE_PORT") as raised:
        load_settings()
    assert "porta" not in str(raised.value)


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GUICHE_RASA_SECRET", "segredo")
    monkeypatch.setenv("GUICHE_PORT", "8123")
    monkeypatch.setenv("GUICHE_STATE_DIR", str(tmp_path))
    settings = load_settings()
    assert settings.port == 8123
    assert settings.database == f"sqlite:///{tmp_path / 'guiche.db'}"
    assert "segredo" not in repr(settings)


@pytest.mark.parametrize("key", [signing_key, encryption_key])
def test_a_secret_is_made_once_and_only_its_owner_reads_it(make_settings: MakeSettings, key: object) -> None:
    settings = make_settings()
    made = key(settings)  # type: ignore[operator]
    assert key(settings) == made  # type: ignore[operator]
    (path,) = settings.state_dir.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    with pytest.raises(SettingsError, match="can be read by others"):
        key(settings)  # type: ignore[operator]


def test_what_is_sealed_opens_with_the_same_key_only(make_settings: MakeSettings) -> None:
    vault = Vault(encryption_key(make_settings()))
    sealed = vault.seal("Maria, 111.444.777-35")
    assert "Maria" not in sealed
    assert vault.open(sealed) == "Maria, 111.444.777-35"
    other = Vault("QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI=")
    with pytest.raises(VaultError):
        other.open(sealed)
    assert vault.fingerprint("11144477735") != other.fingerprint("11144477735")
    with pytest.raises(SettingsError, match="GUICHE_ENCRYPTION_KEY"):
        Vault("curta")
