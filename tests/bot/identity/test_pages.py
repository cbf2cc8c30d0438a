"""The pages for signing in: the same button twice, forms of others, limits, and what happens at the very end."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from bot.store import StoreUnavailable
from tests.bot.identity.conftest import FIELD, NEEDED, OpenPlace, Place, code_for
from tests.bot.support.browser import Browser
from tests.bot.support.serving import until


def window(cookies: httpx.Cookies | None = None) -> httpx.AsyncClient:
    return httpx.AsyncClient(trust_env=False, timeout=20, cookies=cookies)


def fields(page: httpx.Response) -> dict[str, str]:
    return dict(FIELD.findall(page.text))


async def choose(http: httpx.AsyncClient, authorize: str, account: str = "busy") -> str:
    """At the provider: the address that it sends the browser back to."""
    page = await http.get(authorize)
    if page.status_code == httpx.codes.FOUND:  # somebody is signed in there already
        return page.headers["location"]
    answer = await http.post(
        str(page.url.copy_with(path="/authorize", query=None)), data={**fields(page), "account": account}
    )
    return answer.headers["location"]


async def finish(http: httpx.AsyncClient, authorize: str, account: str = "busy") -> httpx.Response:
    return await http.get(await choose(http, authorize, account), follow_redirects=True)


def opened_again(browser: Browser) -> bool:
    return any("foi aberto de novo" in text for text in browser.texts())


@pytest.mark.parametrize("has_the_new_cookie", [False, True])
async def test_a_button_that_is_pressed_twice_goes_on(open_place: OpenPlace, has_the_new_cookie: bool) -> None:
    """The browser lets go of the first answer; it may or may not have taken that one's cookie."""
    async with open_place() as place, Browser(place.url) as browser, window() as http:
        link = await place.link(browser)
        page = await http.get(link)
        data = {**fields(page), "answer": "yes"}
        before = dict(http.cookies)
        first = await http.post(link, data=data)
        if not has_the_new_cookie:
            http.cookies.clear()
            http.cookies.set("guiche_entrar", before["guiche_entrar"], domain="127.0.0.1", path="/")
        second = await http.post(link, data=data)
        assert (first.status_code, second.status_code) == (303, 303)
        shown = await finish(http, second.headers["location"])
        assert shown.url.path == "/entrar/codigo"
        assert not opened_again(browser)
        assert (await http.get(await choose(http, first.headers["location"]))).headers["location"].endswith("unknown")
        # And once more, when the code is there already: its own page.
        assert (await http.post(link, data=data)).headers["location"] == "/entrar/codigo"


async def test_where_it_is_set_the_provider_asks_for_the_password_again(open_place: OpenPlace) -> None:
    """Somebody is signed in there; without the setting the browser is sent straight back."""
    for changes, asks in (({}, False), ({"oidc_max_age": 0}, True)):
        async with open_place(**changes) as place, Browser(place.url) as browser, window() as http:
            for first in (True, False):
                link = await place.link(browser)
                begun = await http.post(link, data={**fields(await http.get(link)), "answer": "yes"})
                there = await http.get(begun.headers["location"])
                assert (there.status_code == httpx.codes.OK) is (first or asks)
                shown = await finish(http, begun.headers["location"])
                assert shown.url.path == "/entrar/codigo"
                await browser.ask("cancelar")


async def test_who_planted_the_cookie_of_before_learns_nothing_by_pressing_again(open_place: OpenPlace) -> None:
    async with open_place() as place, Browser(place.url) as attacker, window() as victim, window() as thief:
        link = await place.link(attacker)
        page = await victim.get(link)
        planted = victim.cookies["guiche_entrar"]
        thief.cookies.set("guiche_entrar", planted, domain="127.0.0.1", path="/")
        data = {**fields(page), "answer": "yes"}
        begun = await victim.post(link, data=data)
        stolen = await thief.post(link, data=data)
        assert stolen.status_code == 303
        assert thief.cookies["guiche_entrar"] != victim.cookies["guiche_entrar"]
        ended = await finish(victim, begun.headers["location"])
        assert "Este endereço não vale" in ended.text
        assert "Maria" not in (await thief.get(f"{place.url}/entrar/codigo")).text


async def test_another_browser_does_not_go_on_and_the_chat_is_told(open_place: OpenPlace) -> None:
    async with open_place() as place, Browser(place.url) as browser, window() as one, window() as other:
        link = await place.link(browser)
        pages = [await http.get(link) for http in (one, other)]
        answers = [
            await http.post(link, data={**fields(page), "answer": "yes"})
            for http, page in zip((one, other), pages, strict=True)
        ]
        assert [answer.status_code for answer in answers] == [303, 409]
        await until(lambda: opened_again(browser))


async def test_too_many_tries_are_said_to_be_that(open_place: OpenPlace) -> None:
    async with open_place(session_rate="1/minute") as place, Browser(place.url) as browser, window() as http:
        link = await place.link(browser)
        data = {**fields(await http.get(link)), "answer": "yes"}
        assert (await http.post(link, data=data)).status_code == 303
        refused = await http.post(link, data=data)
        assert refused.status_code == 429
        assert "muitas tentativas" in refused.text
        assert "serviço de acesso não respondeu" not in refused.text


async def test_without_the_database_nothing_is_blamed_on_the_provider(
    open_place: OpenPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_place() as place, window() as http:

        async def gone(*_: object) -> None:
            raise StoreUnavailable

        monkeypatch.setattr(place.desk.store.database, "read", gone)
        answer = await http.get(f"{place.url}/entrar/{'x' * 43}")
        monkeypatch.undo()
        assert answer.status_code == 503
        assert "O atendimento não respondeu" in answer.text


@pytest.mark.parametrize("own_chat", [False, True], ids=["code", "is it you?"])
async def test_a_form_of_another_site_about_who_signed_in_is_refused(open_place: OpenPlace, own_chat: bool) -> None:
    async with (
        open_place() as place,
        Browser(place.url) as browser,
        window(browser.http.cookies if own_chat else None) as http,
    ):
        link = await place.link(browser)
        begun = await http.post(link, data={**fields(await http.get(link)), "answer": "yes"})
        page = await finish(http, begun.headers["location"])
        address = f"{place.url}/entrar/codigo"
        good = {**fields(page), "answer": "yes"}
        forged: list[dict[str, Any]] = [
            {"data": {"answer": "yes"}},
            {"data": {"answer": "yes", "csrf": "x" * 32}},
            {"data": good, "headers": {"Origin": "https://evil.example"}},
            {"data": good, "headers": {"Sec-Fetch-Site": "cross-site"}},
            {"data": good, "headers": {"Sec-Fetch-Site": "same-site"}},
            {"json": good},
            {"content": b"x" * 10_000, "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
        ]
        assert [(await http.post(address, **how)).status_code for how in forged] == [403] * len(forged)
        async with window() as other:
            assert (await other.post(address, data=good)).status_code == 403
        assert await place.desk.store.access(browser.conversation) is None
        assert ("É você?" in (await http.get(address)).text) is own_chat


async def test_saying_yes_where_only_a_code_is_enough_links_nothing(open_place: OpenPlace) -> None:
    """The form of the one page sent from the other: this browser does not hold the chat."""
    async with open_place() as place, Browser(place.url) as browser, window() as http:
        link = await place.link(browser)
        begun = await http.post(link, data={**fields(await http.get(link)), "answer": "yes"})
        page = await finish(http, begun.headers["location"])
        answer = await http.post(f"{place.url}/entrar/codigo", data={**fields(page), "answer": "yes"})
        assert answer.headers["location"] == "/entrar/codigo"
        assert "set-cookie" not in answer.headers
        assert await place.desk.store.access(browser.conversation) is None


async def test_giving_up_is_said_once_more_when_its_commit_failed(
    open_place: OpenPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_place() as place, Browser(place.url) as browser:
        await place.link(browser)
        finish_turn, failures = place.desk.store.finish, iter([True])

        async def fails_once(*given: Any) -> Any:
            if next(failures, False):
                raise StoreUnavailable
            return await finish_turn(*given)

        monkeypatch.setattr(place.desk.store, "finish", fails_once)
        assert "cancelei" in (await browser.ask("cancelar"))["text"]
        assert next(failures, None) is None


async def test_the_page_names_the_site_the_time_and_what_was_asked(open_place: OpenPlace) -> None:
    async with open_place() as place, Browser(place.url) as browser:
        page, _ = await code_for(await place.link(browser))
        assert f"chat do site {place.url.removeprefix('http://')}" in page
        assert "ver as pendências, às " in page


async def test_what_names_the_chat_is_sealed_and_goes_with_the_attempt(open_place: OpenPlace) -> None:
    site = "https://www.cidade.example"
    async with open_place(widget_origins=(site,)) as place, window() as http:
        opened = (await http.post(f"{place.url}/chat/session", json={}, headers={"Origin": site})).json()
        token = {"Origin": site, "Authorization": f"Bearer {opened['token']}"}
        asked = {"id": "1", "text": "pendências"}
        await http.post(f"{place.url}/chat/messages", json=asked, headers=token)

        async def kept() -> list[Any]:
            query = "SELECT seen_as FROM inbox UNION ALL SELECT seen_as FROM login_attempts"
            return list(await place.desk.store.database.read(lambda c: c.exec_driver_sql(query).scalars().all()))

        async def offered() -> bool:
            return len(await kept()) == 2

        await until(offered)
        (of_message, of_attempt) = await kept()
        assert of_message is None
        assert "cidade" not in of_attempt
        assert place.desk.vault.open(of_attempt) == "www.cidade.example"
        cancelled = {"id": "2", "text": "cancelar"}
        await http.post(f"{place.url}/chat/messages", json=cancelled, headers=token)

        async def forgotten() -> bool:
            return await kept() == [None] * 3

        await until(forgotten)


async def test_a_code_of_an_access_that_is_over_is_not_said_to_have_signed_in(open_place: OpenPlace) -> None:
    async with open_place() as place, Browser(place.url) as browser:
        _, code = await code_for(await place.link(browser))
        assert "Pronto, Maria" in (await browser.ask(code))["text"]
        assert "Você já entrou nesta conversa" in (await browser.ask(code))["text"]
        await browser.ask("sair")
        again = (await browser.ask(code))["text"]
        assert "já foi usado" in again
        assert "Você já entrou" not in again
        assert NEEDED in (await browser.ask("pendências"))["text"]


async def test_the_host_header_decides_no_address(open_place: OpenPlace) -> None:
    async with open_place() as place, window() as http:
        evil = {"Host": "evil.example"}
        opened = await http.post(f"{place.url}/chat/session", json={}, headers=evil)
        assert "domain" not in opened.headers["set-cookie"].lower()
        asked = {"id": "1", "text": "pendências"}
        assert (await http.post(f"{place.url}/chat/messages", json=asked, headers=evil)).status_code == 202
        link = await _link_of(place, opened.json()["conversation"])
        assert link.startswith(f"{place.url}/entrar/")
        page = await http.get(link, headers=evil)
        begun = await http.post(link, data={**fields(page), "answer": "yes"}, headers=evil)
        assert "evil.example" not in f"{page.text}{begun.headers}"


async def _link_of(place: Place, conversation: str) -> str:
    async def rows() -> list[Any]:
        return [row for row in await place.desk.store.transcript(conversation, 0) if row.secret]

    async def there() -> bool:
        return bool(await rows())

    await until(there)
    (row,) = await rows()
    opened = place.desk.vault.open(row.secret)
    return place.url + opened.partition(place.url)[2].partition('"')[0]
