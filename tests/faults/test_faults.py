"""The short run of `make soak`, for correctness alone: whatever happens, every message is answered once, in order, with
the reply of an undisturbed run.
"""

from __future__ import annotations

import pytest
import uvloop

from tests.bot.support.postgres import missing
from tests.faults import nodes
from tests.faults.account import Account, table
from tests.faults.soak import SHORT, plan, soak

NAMES = [name for name, _, _ in plan(SHORT)]


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Account]:
    if not nodes.FAKETIME:
        missing("libfaketime is not installed")
    done = uvloop.run(soak(tmp_path_factory.mktemp("faults"), SHORT, seconds=0, seed="25"))
    print(table(done))
    return {account.name: account for account in done}


@pytest.mark.parametrize("name", NAMES)
def test_every_message_is_answered_once_in_order_and_as_if_nothing_had_happened(
    accounts: dict[str, Account], name: str
) -> None:
    account = accounts[name]
    assert account.holds, table([account])
    assert account.messages > 0


def test_the_excuse_of_a_failing_portal_hides_no_other_fault(accounts: dict[str, Account]) -> None:
    """Most messages are the help center's, and those are answered as ever."""
    failing = {name for name, _, options in plan(SHORT) if options.get("portal_fails")}
    for name, account in accounts.items():
        if name in failing:
            assert account.excused < account.messages
        else:
            assert account.excused == 0
