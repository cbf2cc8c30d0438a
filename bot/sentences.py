"""Every sentence that the front desk itself says, from data/front_desk.yml, checked when it is loaded."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.city import load_city
from bot.private import KINDS, PrivateTemplates, TemplateFault

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")

MAX_LIST_BUTTON = 20
"""Characters of the button that opens a list on WhatsApp (Meta, "interactive list messages")."""
Sentence = Annotated[str, Field(min_length=1)]


class SentencesError(Exception):
    """data/front_desk.yml lacks a sentence or names an unknown placeholder; the message says which, and the file."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Redacted(_Model):
    document: Sentence
    card: Sentence
    email: Sentence
    password: Sentence
    several: Sentence
    several_with_password: Sentence
    still_in_app: Sentence


class MediaSentences(_Model):
    received: Sentence
    voice: Sentence
    image: Sentence
    video: Sentence
    document: Sentence
    sticker: Sentence
    location: Sentence
    contact: Sentence
    edited: Sentence
    other: Sentence
    caption: Sentence


class WhatsAppSentences(_Model):
    options: Sentence
    list_button: Annotated[str, Field(min_length=1, max_length=MAX_LIST_BUTTON)]


class ErrorSentences(_Model):
    session_unknown: Sentence
    cross_origin: Sentence
    session_elsewhere: Sentence
    too_large: Sentence
    not_json: Sentence
    malformed: Sentence
    too_many: Sentence
    too_busy: Sentence
    too_many_streams: Sentence
    unavailable: Sentence
    not_found: Sentence
    method_not_allowed: Sentence
    internal: Sentence


class DeadlineWords(_Model):
    none: Sentence
    today: Sentence
    tomorrow: Sentence
    future: Sentence
    yesterday: Sentence
    past: Sentence


class AccessWords(_Model):
    today: Sentence
    tomorrow: Sentence
    future: Sentence
    yesterday: Sentence
    past: Sentence


class PrivateSentences(_Model):
    gone: Sentence
    unknown: Sentence
    pendencies: Sentence
    pendency: Sentence
    processes: Sentence
    process: Sentence
    views: Sentence
    documents: Sentence
    company: Sentence
    companies: Sentence
    access: AccessWords
    deadline: DeadlineWords


class LoginEnding(_Model):
    title: Sentence
    page: Sentence
    chat: str


class LoginEndings(_Model):
    """By the reason of bot.store.logins and bot.identity.errors."""

    declined: LoginEnding
    cancelled: LoginEnding
    not_me: LoginEnding
    denied: LoginEnding
    provider_down: LoginEnding
    refused: LoginEnding
    clock: LoginEnding
    level: LoginEnding
    elsewhere: LoginEnding
    too_many_codes: LoginEnding
    code_expired: LoginEnding
    expired: LoginEnding
    superseded: LoginEnding
    unknown: LoginEnding
    used: LoginEnding
    linked: LoginEnding
    forged: LoginEnding
    changed: LoginEnding
    raised: LoginEnding
    too_many: LoginEnding
    unavailable: LoginEnding


class LoginPage(_Model):
    service: Sentence
    title: Sentence
    intro: Sentence
    chat: Sentence
    asked: Sentence
    asked_at: Sentence
    warning: Sentence
    browser: Sentence
    decline: Sentence
    code_title: Sentence
    code_intro: Sentence
    code_steps: Sentence
    code_warning: Sentence
    code_cancel: Sentence
    confirm_title: Sentence
    confirm_intro: Sentence
    confirm_warning: Sentence
    confirm: Sentence
    back: Sentence
    step_up: Sentence
    logout: Sentence


class LoginChats(_Model):
    """How the page of a link calls the chat that it came from."""

    web: Sentence
    telegram: Sentence
    telegram_hidden: Sentence
    whatsapp: Sentence
    whatsapp_hidden: Sentence
    other: Sentence


class LoginSentences(_Model):
    button: Sentence
    offer: Sentence
    link_gone: Sentence
    too_many: Sentence
    welcome: Sentence
    nothing_asked: Sentence
    nameless: Sentence
    provider_logout: Sentence
    sign_out_words: frozenset[str]
    around_sign_out: frozenset[str]
    give_up_words: frozenset[str]
    left_all: Sentence
    access_ended: Sentence
    code_wrong: Sentence
    code_last: Sentence
    code_expired: Sentence
    code_used: Sentence
    code_used_before: Sentence
    opened_again: Sentence
    endings: LoginEndings
    page: LoginPage
    chats: LoginChats
    purposes: dict[str, Sentence]

    def leaves(self, text: str) -> bool:
        """Whether a message, as bot.choices.normalise writes it, says that somebody leaves, and nothing else."""
        return " ".join(word for word in text.split() if word not in self.around_sign_out) in self.sign_out_words

    def ending(self, reason: str) -> LoginEnding:
        found: LoginEnding = getattr(self.endings, reason, self.endings.unknown)
        return found

    def chat_ending(self, reason: str, *, begun: bool) -> str:
        """What the chat is told by itself; of a link that nobody used and that ran out, nothing."""
        if reason == "cancelled" or (reason == "expired" and not begun):
            return ""
        return self.ending(reason).chat


class Sentences(_Model):
    """The sentences, with the city's facts already filled in; an optional one is empty when the city lacks its fact."""

    notice: Sentence
    delayed: Sentence
    delayed_again: Sentence
    apology: Sentence
    empty: Sentence
    only_symbols: Sentence
    code: Sentence
    too_long: Sentence
    signs: dict[str, Sentence]
    button_unknown: Sentence
    button_expired: Sentence
    button_pressed: Sentence
    media: MediaSentences
    whatsapp: WhatsAppSentences
    redacted: Redacted
    login_portal: str
    session_ended: Sentence
    session_ended_delivered: Sentence
    login: LoginSentences
    done: Sentence
    errors: ErrorSentences
    private: PrivateSentences

    def redaction_notice(self, kinds: frozenset[str]) -> str:
        """The one sentence about what was masked; ``kinds`` as bot.redaction names them."""
        texts = self.redacted
        if len(kinds) > 1:
            return texts.several_with_password if "password" in kinds else texts.several
        (kind,) = kinds
        return {"cpf": texts.document, "cnpj": texts.document, "card": texts.card, "email": texts.email}.get(
            kind, texts.password
        )

    def about_media(self, kind: str) -> str:
        """What is said to something that is not text; ``kind`` as channels name it."""
        text: str = getattr(self.media, kind, self.media.other)
        return text

    def left(self, channel: str) -> str:
        """What is said to somebody who ends the session: elsewhere than on the website what arrived stays there."""
        return self.session_ended if channel == "web" else self.session_ended_delivered

    def error(self, name: str) -> str:
        text: str = getattr(self.errors, name, self.errors.internal)
        return text


# Sentences filled at the moment they are said: key -> the values that they get then.
_LATE = {
    "too_long": {"limit"},
    "private.deadline.future": {"days"},
    "private.deadline.past": {"days"},
    "private.access.future": {"day", "days"},
    "private.access.past": {"day"},
    "login.offer": {"minutes"},
    "login.welcome": {"name", "document", "minutes"},
    "login.page.asked_at": {"time"},
    "login.page.code_intro": {"name", "document"},
    "login.page.code_steps": {"minutes"},
    "login.page.confirm_intro": {"name", "document"},
    "login.chats.web": {"site"},
    "login.chats.telegram": {"name"},
    "login.chats.whatsapp": {"end"},
    "login.chats.other": {"channel"},
}
# Jinja2 templates: braces are theirs.
_TEMPLATES = tuple(f"private.{kind}" for kind in KINDS)
# May come out empty when the city has not set the fact that they are about.
_OPTIONAL = ("login_portal",)


def load_sentences(path: Path, city_path: Path, **facts: str) -> Sentences:
    """The sentences of ``path`` with the facts of ``city_path`` and ``facts``; raises SentencesError or CityError."""
    city: dict[str, str | None] = {**load_city(city_path), "provider": "GOV.BR", "level": "prata", **facts}
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)  # the other one takes 80 ms
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SentencesError(f"{path}: {error}") from None
    try:
        sentences = Sentences.model_validate(_fill(data, "", city, path))
        PrivateTemplates(sentences.private)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise SentencesError(f"{path}: {faults}") from None
    except TemplateFault as error:
        raise SentencesError(f"{path}: {error}") from None
    return sentences


def _fill(value: object, key: str, city: dict[str, str | None], path: Path) -> object:
    if isinstance(value, dict):
        return {name: _fill(item, f"{key}.{name}" if key else str(name), city, path) for name, item in value.items()}
    if not isinstance(value, str) or key in _TEMPLATES:
        return value
    late = _LATE.get(key, set())
    unknown = set(_PLACEHOLDER.findall(value)) - city.keys() - late
    if unknown:
        names = ", ".join(f"{{{name}}}" for name in sorted(unknown))
        raise SentencesError(f"{path}: {key}: unknown placeholder {names}")
    for name in late:
        if f"{{{name}}}" not in value:
            raise SentencesError(f"{path}: {key}: placeholder {{{name}}} is missing")
    filled = without_unset(value, city)
    if not filled and value.strip() and key not in _OPTIONAL:
        raise SentencesError(f"{path}: {key}: nothing is left to say, it names facts that data/city.yml leaves unset")
    return filled


def without_unset(text: str, values: dict[str, str | None]) -> str:
    """``text`` with its placeholders filled; a paragraph or list item that names an unset one is left out."""
    paragraphs = []
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        lines = paragraph.splitlines()
        if any(_is_item(line) for line in lines):
            lines = [line for line in lines if not (_is_item(line) and _names_unset(line, values))]
        if not lines or any(_names_unset(line, values) for line in lines):
            continue
        paragraphs.append(_PLACEHOLDER.sub(lambda match: values.get(match[1]) or match[0], "\n".join(lines)))
    return "\n\n".join(paragraphs)


def _is_item(line: str) -> bool:
    return line.lstrip().startswith(("- ", "* ")) or re.match(r"\s*\d+\. ", line) is not None


def _names_unset(line: str, values: dict[str, str | None]) -> bool:
    return any(name in values and values[name] is None for name in _PLACEHOLDER.findall(line))
