"""Keys can be changed without losing what was sealed with the one before."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet

from bot.settings import SettingsError
from bot.vault import Vault, VaultError

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def test_the_first_key_seals_and_each_opens() -> None:
    before, after = Vault(OLD), Vault(f"{NEW}, {OLD}")
    assert after.open(before.seal("segredo")) == "segredo"
    assert Vault(NEW).open(after.seal("segredo")) == "segredo"
    with pytest.raises(VaultError):
        before.open(after.seal("segredo"))
    with pytest.raises(VaultError):
        Vault(NEW).open(before.seal("segredo"))


def test_fingerprints_are_of_the_first_key() -> None:
    """The audit tells the same person from before and after a change no more (docs/seguranca.md)."""
    assert Vault(f"{NEW},{OLD}").fingerprint("x") == Vault(NEW).fingerprint("x")
    assert Vault(f"{NEW},{OLD}").fingerprint("x") != Vault(OLD).fingerprint("x")


@pytest.mark.parametrize("keys", ["", ",", "x", f"{NEW},x", f"{NEW};{OLD}"])
def test_what_is_no_key_is_refused_and_not_repeated(keys: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Vault(keys)
    assert NEW not in str(refused.value)
