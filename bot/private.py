"""Personal data, put into words: the action sends data, the sentences are templates of data/front_desk.yml."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

KINDS = ("pendencies", "pendency", "processes", "process", "views", "documents", "company", "companies")
CITY_TIME = ZoneInfo("America/Sao_Paulo")
MAX_ITEMS = 50


class TemplateFault(Exception):
    """A template of data/front_desk.yml is broken; the message names its key."""


class PrivateUnknown(Exception):
    """There is no template for this kind of data, or the data lacks what its template needs."""


class _NearWords(Protocol):
    @property
    def today(self) -> str: ...
    @property
    def tomorrow(self) -> str: ...
    @property
    def future(self) -> str: ...
    @property
    def yesterday(self) -> str: ...
    @property
    def past(self) -> str: ...


class _Words(_NearWords, Protocol):
    @property
    def none(self) -> str: ...


class _Texts(Protocol):
    """Beside `deadline` it has a template, a `str`, for each of KINDS."""

    @property
    def deadline(self) -> _Words: ...
    @property
    def access(self) -> _NearWords: ...


def _today_in_the_city() -> date:
    return datetime.now(CITY_TIME).date()


class PrivateTemplates:
    """Renders ``custom: {"private": {"kind", ...}}``; sandboxed, because editors write the templates."""

    def __init__(self, texts: _Texts, today: Callable[[], date] = _today_in_the_city) -> None:
        # No HTML is made here: values are escaped as Markdown, and the channels escape the rest.
        environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
        environment.filters["deadline"] = lambda value: deadline_in_words(value, today(), texts.deadline)
        environment.filters["access"] = lambda value: access_in_words(value, today(), texts.access)
        environment.filters["past"] = lambda value: _date(value) < today()
        environment.filters["day"] = _day
        environment.finalize = _plain
        self._templates: dict[str, Template] = {}
        for kind in KINDS:
            try:
                self._templates[kind] = environment.from_string(getattr(texts, kind))
            except TemplateError as error:
                raise TemplateFault(f"private.{kind}: {error}") from None

    def render(self, data: Mapping[str, object]) -> str:
        """The text for ``data`` (with its ``kind``); raises PrivateUnknown."""
        template = self._templates.get(str(data.get("kind")))
        items = data.get("items", [])
        if template is None or not isinstance(items, list):
            raise PrivateUnknown(str(data.get("kind")))
        total = data.get("total")
        values = {"owner": "", "numbered": True, **data, "total": total if isinstance(total, int) else len(items)}
        if "items" in data:
            values["items"] = items[:MAX_ITEMS]
        try:
            return template.render(values).strip()
        except (TemplateError, TypeError, ValueError) as error:
            raise PrivateUnknown(f"{data.get('kind')}: {type(error).__name__}") from None


def deadline_in_words(value: object, today: date, words: _Words) -> str:
    """``"YYYY-MM-DD"`` or None as words; the sentences are the editors', only the days are counted here."""
    if value is None or value == "":
        return words.none
    return _in_words(value, today, words)


def access_in_words(value: object, today: date, words: _NearWords) -> str:
    """The last day of an access, ``"YYYY-MM-DD"``, as words."""
    return _in_words(value, today, words)


def _in_words(value: object, today: date, words: _NearWords) -> str:
    days = (_date(value) - today).days
    near = {0: words.today, 1: words.tomorrow, -1: words.yesterday}
    if days in near:
        return near[days]
    text = words.future if days > 0 else words.past
    return text.replace("{days}", str(abs(days))).replace("{day}", _day(value))


def _date(value: object) -> date:
    return date.fromisoformat(str(value)[:10])


def _day(value: object) -> str:
    return _date(value).strftime("%d/%m/%Y")


def _plain(value: object) -> object:
    return plain(value) if isinstance(value, str) else value


def plain(value: str) -> str:
    """Data from elsewhere is text, never Markdown: what would be markup is escaped."""
    return "".join(f"\\{char}" if char in "\\`*_[]<>#" else " " if char in "\r\n" else char for char in value)
