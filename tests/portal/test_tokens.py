"""The access token: fetched once, kept, renewed before its end, and once when the backend refuses it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from portal import CredentialsRefused, Down, PortalClient
from portal._tokens import REFUSAL_PAUSE, RENEW_BEFORE, Token, TokenKeeper
from sandbox.portal.app import TOKEN
from sandbox.portal.build import EXAMPLE
from sandbox.portal.faults import Fault, Faults

if TYPE_CHECKING:
    from collections.abc import Callable

    Connect = Callable[..., PortalClient]

PROCESSES = "/solarbpm-integracao/processos"


async def test_many_citizens_at_once_share_one_token(connect: Connect, faults: Faults) -> None:
    portal = connect(deadline=5.0)

    await asyncio.gather(*(portal.find_process(*EXAMPLE) for _ in range(20)))

    assert faults.requests[TOKEN] == 1
    assert faults.requests[PROCESSES] == 20


async def test_an_expired_token_is_renewed_once_and_the_read_succeeds(connect: Connect, faults: Faults) -> None:
    portal = connect()
    await portal.find_process(*EXAMPLE)
    faults.set(Fault("expired_token", times=1))

    await portal.find_process(*EXAMPLE)

    assert faults.requests[TOKEN] == 2


async def test_many_refusals_at_once_renew_the_token_once(connect: Connect, faults: Faults) -> None:
    portal = connect(deadline=5.0)
    await portal.find_process(*EXAMPLE)
    faults.set(Fault("expired_token", times=10))

    await asyncio.gather(*(portal.find_process(*EXAMPLE) for _ in range(10)))

    assert faults.requests[TOKEN] == 2


async def test_a_fresh_token_that_is_refused_ends_it(connect: Connect, faults: Faults) -> None:
    faults.set(Fault("expired_token"))

    with pytest.raises(CredentialsRefused):
        await connect().find_process(*EXAMPLE)
    assert faults.requests[PROCESSES] == 2


async def test_wrong_credentials_are_refused_and_not_sent_again_at_once(connect: Connect, faults: Faults) -> None:
    portal = connect(client_secret="wrong")

    for _ in range(3):
        with pytest.raises(CredentialsRefused) as caught:
            await portal.find_process(*EXAMPLE)
        assert "wrong" not in str(caught.value)
    assert faults.requests[TOKEN] == 1


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


async def keeper_with(clock: Clock, *tokens: Token | Exception) -> tuple[TokenKeeper, list[int]]:
    waiting, fetched = list(tokens), []

    async def fetch() -> Token:
        fetched.append(1)
        token = waiting.pop(0)
        if isinstance(token, Exception):
            raise token
        return token

    return TokenKeeper(fetch, clock=clock), fetched


def token(text: str, expires_in: float = 300.0) -> Token:
    return Token(access_token=text, token_type="bearer", expires_in=expires_in)


async def test_a_token_is_kept_until_shortly_before_its_end() -> None:
    clock = Clock()
    keeper, _ = await keeper_with(clock, token("first"), token("second"))

    assert await keeper.get() == "first"
    clock.now += 300 - RENEW_BEFORE - 1
    assert await keeper.get() == "first"
    clock.now += 2
    assert await keeper.get() == "second"


async def test_a_token_that_was_renewed_meanwhile_is_not_thrown_away() -> None:
    keeper, fetched = await keeper_with(Clock(), token("first"), token("second"))
    await keeper.get()
    keeper.reject("first")
    await keeper.get()

    keeper.reject("first")  # a late answer to the old one

    assert await keeper.get() == "second"
    assert len(fetched) == 2


async def test_a_failed_fetch_fails_all_who_wait_and_the_next_one_asks_again() -> None:
    keeper, fetched = await keeper_with(Clock(), Down("no"), token("second"))

    results = await asyncio.gather(keeper.get(), keeper.get(), return_exceptions=True)

    assert [type(result) for result in results] == [Down, Down]
    assert await keeper.get() == "second"
    assert len(fetched) == 2


async def test_one_who_gives_up_does_not_spoil_the_fetch_for_the_others() -> None:
    gate = asyncio.Event()

    async def fetch() -> Token:
        await gate.wait()
        return token("shared")

    keeper = TokenKeeper(fetch)
    impatient, patient = asyncio.create_task(keeper.get()), asyncio.create_task(keeper.get())
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.sleep(0)
    gate.set()

    assert await patient == "shared"
    assert impatient.cancelled()


async def test_refused_credentials_are_tried_again_after_a_pause() -> None:
    clock = Clock()
    keeper, fetched = await keeper_with(clock, CredentialsRefused("no"), token("second"))
    for _ in range(2):
        with pytest.raises(CredentialsRefused):
            await keeper.get()
    assert len(fetched) == 1

    clock.now += REFUSAL_PAUSE

    assert await keeper.get() == "second"


def test_a_token_does_not_show_itself() -> None:
    assert "secret" not in repr(token("secret"))
