"""Finds a value that is given as a password, and tells it from talk about passwords.

"senha: x", "minha senha é x", "a senha e x", "password = x" give a value; "esqueci minha senha", "a senha é
obrigatória", "senha e e-mail" do not. When in doubt about something with digits or signs in it, it is covered.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

WORDS = Path(__file__).with_name("words_beside_passwords.txt")

_WORD = r"(?:senhas?|password|passwd|pwd)"
# What may stand between the word and what is given: "atual", "de acesso ao portal da minha mãe", "que eu uso no site".
_PHRASE = (
    r"(?: +(?:d[oae]s?|n[oa]s?|ao?s?|à|em|para|pra|pro|por|com)(?: +(?:o|a|meu|minha|esse|essa|este|esta))?"
    r" +[^\s:=>]{1,20}(?<![,;.!?]))"
)
_OF = (
    rf"(?: +(?:atual|nova|antiga|velha|aqui|portal|sistema|site|acesso|login|conta|app|gov\.?br)|{_PHRASE}){{0,5}}"
    rf"(?: +que(?: +[^\W\d_]{{1,20}}){{1,4}}?{_PHRASE}{{0,2}})?"
)
_STRONG = r" *(?:[:=]|->|=>) *"
_WEAK = r" +(?P<link>é|eh|era|foi|sera|será|fica|ficou|is|e) *:? +"
_VALUE = r"(?P<value>\"[^\"\n]{1,100}\"|'[^'\n]{1,100}'|“[^”\n]{1,100}”|\S{1,200})"
_GIVEN = re.compile(rf"\b(?P<word>{_WORD}){_OF}(?P<connector>{_STRONG}|{_WEAK}){_VALUE}", re.IGNORECASE)
# A line that ends with the word, and one word below it; a name to sign in with, and the word with what follows it.
_BELOW = re.compile(rf"(?m)^(?:[^\n]{{0,60}}\b)?{_WORD} *\n+ *(?P<value>\S{{1,100}}) *$", re.IGNORECASE)
_NAMED = re.compile(
    rf"\b(?:login|usu[aá]rio|user(?:name)?|cpf|e-?mail)\b(?: +é)?[: ]+(?P<name>\S{{2,60}})[ ,;/|-]+"
    rf"(?:(?:e +)?(?:a|minha) +)?{_WORD}[: ]+(?P<value>\S{{1,100}})",
    re.IGNORECASE,
)
_BESIDE = re.compile(rf"\b{_WORD} +(?P<value>\S{{5,100}})", re.IGNORECASE)
_BEFORE = re.compile(rf"(?<!\S)(?P<value>\S{{4,100}}) +(?:é|eh|e) +(?:a +)?minha +{_WORD}\b", re.IGNORECASE)
_PIN = re.compile(r"\bpin\b(?: +(?:do|da) +\w{1,20}){0,2} *(?:[:=]| é| eh| e) *(?P<value>\d{4,12})\b", re.IGNORECASE)
_PROCESS = re.compile(r"\D{0,12}(?:\d{4}/\d{1,9}|\d{1,9}/\d{4})\W*")
_QUOTES = "\"'“"
_KEPT_AFTER = ".,;?)]}"

# Someone who says one of these speaks of the password; an "e" after it is "and".
_SPOKEN_OF = re.compile(
    r"\b(?:esque\w*|perd\w*|troc\w*|mud\w*|alter\w*|redefin\w*|recuper\w*|cadastr\w*|cri\w*|lembr\w*|s[ae][ib]\w*"
    r"|digit\w*|coloq\w*|inform\w*|tenho|confirm\w*|ger\w*|us\w*|coloc\w*|preench\w*|com|sem|de|da|sobre|nem|pede|pedi\w*)"
    r"(?: +\w{1,12}){0,2} *$",
    re.IGNORECASE,
)
# How a word ends that says what a password is like: obrigatória, inválida, bloqueada.
_DESCRIBES = re.compile(
    r"[a-z]+(?:ad[ao]s?|id[ao]s?|ori[ao]s?|ari[ao]s?|ave[li]s?|iveis|ivel|avel|entes?|antes?|os[ao]s?|ic[ao]s?|iv[ao]s?|mente"
    r"|cao|coes|ndo|ssem|sse)"
)
# How a word ends that says what happened: expirou, venceu, sumiu, chegaram.
_HAPPENED = re.compile(r"[a-z]{2,}(?:ou|eu|iu|aram|eram|iram)")
_CLAUSE = re.compile(r"[^\n,.;:!?]{0,80}")
_JOINING = frozenset(("e", "de", "do", "da", "no", "na"))
MAX_MORE_WORDS = 4


class Passwords:
    """Covers values that are given as passwords. Holds the words that are none, so make one and keep it."""

    def __init__(self, mask: str) -> None:
        self._mask = mask
        lines = WORDS.read_text(encoding="utf-8").splitlines()
        self._common = frozenset(line for line in lines if not line.startswith("#"))

    def cover(self, text: str) -> str:
        """``text`` with the given values replaced by the mask."""
        text = self._cover_given(text)
        text = _BELOW.sub(lambda match: self._covered(match) if self._is_below(match) else match[0], text)
        text = _NAMED.sub(lambda match: self._covered(match) if self._is_named(match) else match[0], text)
        for pattern in (_BESIDE, _BEFORE):
            text = pattern.sub(lambda match: self._covered(match) if self._is_mixed(match["value"]) else match[0], text)
        return _PIN.sub(self._covered, text)

    def _cover_given(self, text: str) -> str:
        """A value after "senha:" or "senha é", with the words after it where it is several."""
        parts: list[str] = []
        end = 0
        for match in _GIVEN.finditer(text):
            if not self._is_given(match):
                continue
            start, value = match.start("value"), match["value"]
            bare = value.rstrip(_KEPT_AFTER) or value
            parts += [text[end:start], self._mask]
            end = self._end_of_words(text, start + len(bare)) if bare == value and bare.isalpha() else start + len(bare)
        return "".join([*parts, text[end:]])

    def _end_of_words(self, text: str, end: int) -> int:
        """Where a value that begins with a plain word ends: with its clause, if nothing in that is talk."""
        rest = _CLAUSE.match(text, end)
        words = [_plain(word) for word in rest[0].split()] if rest else []
        if not 0 < len(words) <= MAX_MORE_WORDS or words[-1] in _JOINING:
            return end
        if any(word not in _JOINING and not self._is_unusual(word) for word in words):
            return end
        return end + len(rest[0].rstrip()) if rest else end

    def _is_below(self, match: re.Match[str]) -> bool:
        value = match["value"]
        return self._is_mixed(value) or (
            self._is_unusual(_plain(value)) and not _SPOKEN_OF.search(match[0][: match[0].casefold().rindex("\n")])
        )

    def _is_named(self, match: re.Match[str]) -> bool:
        name, value = _plain(match["name"]), match["value"]
        if self._mask in value or _PROCESS.fullmatch(value):
            return False
        return _has_digit_or_sign(_plain(value)) or (name not in self._common and self._is_unusual(_plain(value)))

    def _is_unusual(self, plain: str) -> bool:
        """No word of talk about passwords, nor one that looks like a verb or says what something is like."""
        return bool(plain) and not (plain in self._common or _DESCRIBES.fullmatch(plain) or _HAPPENED.fullmatch(plain))

    def _covered(self, match: re.Match[str]) -> str:
        value = match["value"]
        bare = value.rstrip(_KEPT_AFTER) or value
        start = match.start("value") - match.start()
        return match[0][:start] + self._mask + match[0][start + len(bare) :]

    def _is_given(self, match: re.Match[str]) -> bool:
        value = match["value"]
        plain = _plain(value)
        if self._mask in value or not plain or _PROCESS.fullmatch(value):
            return False
        if (value[0] in _QUOTES and len(value) > 2) or _has_digit_or_sign(plain):
            return True
        if plain in self._common or _DESCRIBES.fullmatch(plain):
            return False
        match (match["link"] or "").casefold():
            case "":
                return True
            case "e":
                return _ends(match) and not _SPOKEN_OF.search(match.string[max(0, match.start() - 60) : match.start()])
            case _:
                return not value.endswith("?")

    def _is_mixed(self, value: str) -> bool:
        """Letters with digits: nobody writes a plain word so."""
        plain = _plain(value)
        if "[" in value or _PROCESS.fullmatch(value) or len(plain) < 5:
            return False
        return any(char.isalpha() for char in plain) and any(char.isdigit() for char in plain)


def _ends(match: re.Match[str]) -> bool:
    """Whether nothing follows: "a senha e batata", but not "a senha e depois ..."."""
    return not match.string[match.end() :].strip(" .!")


def _plain(value: str) -> str:
    stripped = value.strip("\"'“”‘’.,;:!?()[]{}").casefold()
    decomposed = unicodedata.normalize("NFKD", stripped)
    return "".join(char for char in decomposed if unicodedata.category(char) != "Mn")


def _has_digit_or_sign(plain: str) -> bool:
    return any(char.isdigit() or not (char.isalnum() or char in "-/'") for char in plain)
