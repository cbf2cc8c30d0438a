"""Covers personal data in what a citizen writes, in memory, before anything is stored or sent on.

Covered: CPF and CNPJ with right check digits (or right after their own name), card numbers (Luhn), e-mail addresses,
and a value given as a password (bot.passwords). Never covered: a process reference such as 2023/500100.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from validate_docbr import CNPJ, CPF

from bot.passwords import Passwords

MASKS = {"cpf": "[CPF]", "cnpj": "[CNPJ]", "card": "[cartão]", "email": "[e-mail]", "password": "[senha]"}
MAX_ROUNDS = 4

_GAP = r"[.\-–—/ \u00a0]{0,2}"
_CPF = re.compile(rf"(?<!\d)\d{{3}}{_GAP}\d{{3}}{_GAP}\d{{3}}{_GAP}\d{{2}}(?!\d)")
_CPF_NAMED = re.compile(
    rf"(\bcpf\b(?: ?(?:n[º°o.]{{0,2}}|numero|número|é|e|eh|do|da|dele|dela|:|=|-)){{0,3}} ?)"
    rf"\d{{3}}{_GAP}\d{{3}}{_GAP}\d{{3}}{_GAP}\d{{2}}(?!\d)",
    re.IGNORECASE,
)
_WORD = "[0-9A-Za-z]"
_CNPJ = re.compile(
    # With letters only its own marks may stand between the groups: "processo 500100" is no CNPJ.
    rf"(?<!{_WORD})(?:\d{{2}}{_GAP}\d{{3}}{_GAP}\d{{3}}{_GAP}\d{{4}}{_GAP}"
    rf"|{_WORD}{{2}}\.?{_WORD}{{3}}\.?{_WORD}{{3}}/?{_WORD}{{4}}-?)\d{{2}}(?!{_WORD})"
)
_CNPJ_NAMED = re.compile(
    rf"(\bcnpj\b(?: ?(?:n[º°o.]{{0,2}}|numero|número|é|e|eh|da|:|=|-)){{0,3}} ?)"
    rf"{_WORD}{{2}}\.?{_WORD}{{3}}\.?{_WORD}{{3}}/?{_WORD}{{4}}-?\d{{2}}(?!{_WORD})",
    re.IGNORECASE,
)
_CARD = re.compile(r"(?<!\d)(?:\d{13,19}|\d{4}[ .\-]\d{4}[ .\-]\d{4}[ .\-]\d{1,7}|\d{4}[ \-]\d{6}[ \-]\d{4,5})(?!\d)")
_AT = re.compile("[@＠]")
_DOMAIN = re.compile(r" ?(?:[^\W_](?:[\w\-]{0,62})\.){1,8}[^\W\d_]{2,24}(?![\w])")
_LOCAL_CHARACTERS = frozenset("._%+-'")
MAX_LOCAL = 64


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without the personal data it had, and the kinds (keys of MASKS) that were covered."""

    text: str
    kinds: frozenset[str]


class Redactor:
    """Covers personal data; holds the validators, so make one and keep it."""

    def __init__(self) -> None:
        self._cpf = CPF()
        self._cnpj = CNPJ()
        self._passwords = Passwords(MASKS["password"])

    def __call__(self, text: str) -> Redacted:
        """Never raises; linear in the length of ``text``; of a text already redacted nothing changes."""
        kinds: set[str] = set()
        for _ in range(MAX_ROUNDS):
            covered = self._once(text, kinds)
            if covered == text:
                break
            text = covered
        return Redacted(text, frozenset(kinds))

    def _once(self, text: str, kinds: set[str]) -> str:
        folded = text.casefold()
        if "senha" in folded or "pass" in folded or "pwd" in folded or "pin" in folded:
            covered = self._passwords.cover(text)
            if covered != text:
                kinds.add("password")
                text = covered
        if "@" in text or "＠" in text:
            text = _cover_emails(text, kinds)
        if any(char.isdigit() for char in text):
            text = _cover(_CNPJ, "cnpj", self._is_cnpj, text, kinds)
            text = _cover_named(_CNPJ_NAMED, "cnpj", text, kinds)
            text = _cover(_CPF, "cpf", self._is_cpf, text, kinds)
            text = _cover_named(_CPF_NAMED, "cpf", text, kinds)
            text = _cover(_CARD, "card", _is_card, text, kinds)
        return text

    def _is_cpf(self, found: str) -> bool:
        return bool(self._cpf.validate(_digits(found)))

    def _is_cnpj(self, found: str) -> bool:
        plain = "".join(_ascii_digit(char) for char in found if char.isalnum()).upper()
        # A word with digits after it can be as long and have right digits by chance; without marks, letters alone in
        # the first eight places are a word.
        bare = found.isalnum() and plain[:8].isalpha()
        return not bare and bool(self._cnpj.validate(plain))


def _cover(pattern: re.Pattern[str], kind: str, right: Callable[[str], bool], text: str, kinds: set[str]) -> str:
    def replace(match: re.Match[str]) -> str:
        if not right(match[0]):
            return match[0]
        kinds.add(kind)
        return MASKS[kind]

    return pattern.sub(replace, text)


def _cover_named(pattern: re.Pattern[str], kind: str, text: str, kinds: set[str]) -> str:
    covered, count = pattern.subn(lambda match: match[1] + MASKS[kind], text)
    if count:
        kinds.add(kind)
    return covered


def _cover_emails(text: str, kinds: set[str]) -> str:
    """From each "@" outwards, so that no run of letters is looked at twice."""
    parts: list[str] = []
    end = 0
    for at in _AT.finditer(text):
        start = at.start()
        if start < end:
            continue
        domain = _DOMAIN.match(text, at.end())
        if domain is None:
            continue
        stop = start - 1 if text[start - 1 : start] == " " else start
        begin, first = stop, max(end, stop - MAX_LOCAL)
        while begin > first and (text[begin - 1].isalnum() or text[begin - 1] in _LOCAL_CHARACTERS):
            begin -= 1
        if begin == stop:
            continue
        parts += [text[end:begin], MASKS["email"]]
        end = domain.end()
        kinds.add("email")
    return "".join([*parts, text[end:]])


def _is_card(found: str) -> bool:
    digits = [int(char) for char in _digits(found)]
    if len(set(digits)) == 1:
        return False
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _digits(found: str) -> str:
    return "".join(_ascii_digit(char) for char in found if char.isdigit())


def _ascii_digit(char: str) -> str:
    """A digit of any script as ASCII; other characters as they are."""
    value = unicodedata.decimal(char, None)
    return char if value is None else str(value)
