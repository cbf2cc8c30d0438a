"""The órgãos as people write them: acronym, name, nickname, spelled letter by letter, mistyped."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from assistant.process_reference.agency_words import (
    ABBREVIATED,
    ALONE,
    CONNECTORS,
    FALSE_FRIENDS,
    INSTITUTIONS,
    LETTERS,
    NEXT_KEYS,
    REAL_WORDS,
    SAME_SOUND,
)
from assistant.process_reference.folding import fold_words
from assistant.process_reference.numerals import NUMBER_WORDS
from assistant.process_reference.tokens import Kind, Token
from assistant.process_reference.vocabulary import CUES, LINKS, ROLES, UNITS

_SHORTEST_TYPO = 4  # acronyms of three letters are too close to other acronyms
_LONG_NICKNAME = 8  # an everyday word so long is seldom mistyped into another one
_LONG_WORD = 9  # from here on two slips are forgiven
_LONGEST_WORD = 24
_LONGEST_QUERY = 100
_LIKE = 60  # of 100: below it a suggestion would be a guess
_CAMARA, _CAMERA = "camara", "camera"


class AgencyLike(Protocol):
    """What the finder needs of an órgão (assistant.content.city.Agency has it)."""

    @property
    def acronym(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def nicknames(self) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class Mention:
    """tokens[start:end] name the órgão. `sure`: also far from a number ("prefeitura"); not so "água"."""

    agency: str
    start: int
    end: int
    sure: bool


@dataclass(frozen=True, slots=True)
class _Phrase:
    words: tuple[str, ...]
    agency: str | None  # None: a false friend
    sure: bool
    typos: bool  # whether it may be mistyped although it is one word


class AgencyIndex:
    """Built once from the órgãos of the city; finds their mentions in a line of tokens."""

    def __init__(self, agencies: Sequence[AgencyLike]) -> None:
        """`agencies` in the order of data/city.yml; one without letters or digits in its acronym is left out."""
        named = [(agency, "".join(fold_words(agency.acronym)).upper()) for agency in agencies]
        named = [(agency, acronym) for agency, acronym in named if acronym]
        self.acronyms = tuple(acronym for _, acronym in named)
        self._spelled = {acronym.lower(): acronym for acronym in self.acronyms}
        self._slips = {slip: word for word in self._spelled if len(word) < _SHORTEST_TYPO for slip in _slips(word)}
        self._endings = tuple(self._spelled)
        self._halves = frozenset(word[:size] for word in self._spelled for size in range(2, len(word)))
        self._by_first: dict[str, list[_Phrase]] = {}
        self._known_as: dict[str, str] = {}  # every way of writing an órgão, for `nearest`
        for false_friend in FALSE_FRIENDS:
            self._add(false_friend, None, sure=False)
        for agency, acronym in named:
            self._add(acronym, acronym, sure=True, typos=len(acronym) >= _SHORTEST_TYPO)
            self._add(agency.name, acronym, sure=True)
            self._add_letters(acronym)
            for nickname in agency.nicknames:
                self._add_nickname(nickname, acronym)
        for phrases in self._by_first.values():
            phrases.sort(key=lambda phrase: -len(phrase.words))
        parts = [word for phrase in self._phrases() if phrase.agency for word in phrase.words if len(word) > 1]
        self.vocabulary = frozenset(parts) - frozenset(LETTERS.values()) - {_CAMERA}
        self._spellings = sorted(word for word in self.vocabulary if len(word) >= _SHORTEST_TYPO)
        self._initials = frozenset(word[0] for word in self._spellings)

    def knows(self, word: str) -> bool:
        """Whether `word` is part of some name of an órgão, or an acronym."""
        return word in self.vocabulary

    def mentions(self, tokens: Sequence[Token], forgiving: Collection[int] = ()) -> list[Mention]:
        """The mentions among `tokens`, in order and without overlaps. At the indices `forgiving`, slips of the
        keyboard are mended first."""
        texts = [ABBREVIATED.get(token.text, token.text) for token in tokens]
        mended = set()
        for position in forgiving:
            spelling = self._spelling(tokens[position]) if tokens[position].kind is Kind.WORD else None
            if spelling is not None:
                texts[position] = spelling
                mended.add(position)
            elif tokens[position].text in self._slips and _beside_a_pair(tokens, position):
                texts[position] = self._slips[tokens[position].text]
        return self._scan(tokens, texts, mended)

    def nearest(self, text: str, limit: int = 3) -> list[str]:
        """Acronyms of the órgãos whose acronym, name or nickname is most like `text`, best first; for "você quis
        dizer". At most `limit`, each once, and none that has nothing in common with it."""
        query = " ".join(fold_words(text[:_LONGEST_QUERY]))
        found = process.extract(query, list(self._known_as), scorer=fuzz.WRatio, score_cutoff=_LIKE, limit=None)
        return list(dict.fromkeys(self._known_as[name] for name, _, _ in found))[:limit]

    def runs_on(self, word: str) -> str | None:
        """The acronym in "processopmp"."""
        if not word.endswith(self._endings):
            return None
        endings = (ending for ending in self._endings if word.endswith(ending))
        return next((self._spelled[ending] for ending in endings if word.removesuffix(ending) in CUES), None)

    def resembles(self, word: str) -> bool:
        """Whether `word` is a slip away from a word in some órgão's name."""
        return self._near(word) is not None

    def _spelling(self, token: Token) -> str | None:
        word = token.text
        if word in self.vocabulary or word in ROLES or word in REAL_WORDS or word in UNITS or word in NUMBER_WORDS:
            return None
        squeezed = _squeezed(word)
        if squeezed in self.vocabulary and len(squeezed) > 2:
            return squeezed
        return self._near(word) or (self._near(squeezed) if squeezed != word else None)

    def _near(self, word: str) -> str | None:
        initial = word[:1] if word[:1] in self._initials else SAME_SOUND.get(word[:1])
        if not _SHORTEST_TYPO <= len(word) <= _LONGEST_WORD or initial not in self._initials or word in LINKS:
            return None
        slips = 2 if len(word) >= _LONG_WORD else 1
        found = process.extractOne(word, self._spellings, scorer=OSA.distance, score_cutoff=slips)
        return found[0] if found is not None and found[0][0] in (word[0], SAME_SOUND.get(word[0])) else None

    def _phrases(self) -> list[_Phrase]:
        return [phrase for phrases in self._by_first.values() for phrase in phrases]

    def _add(self, text: str, agency: str | None, *, sure: bool, typos: bool = False) -> None:
        folded = fold_words(text)
        words = tuple(_content(folded))
        if agency is not None:
            self._known_as.setdefault(" ".join(folded), agency)
        if words and all(phrase.words != words for phrase in self._by_first.get(words[0], [])):
            self._by_first.setdefault(words[0], []).append(_Phrase(words, agency, sure, typos))

    def _add_nickname(self, nickname: str, acronym: str) -> None:
        words = _content(fold_words(nickname))
        institution = bool(words) and words[0] in INSTITUTIONS
        sure = institution and (len(words) > 1 or words[0] in ALONE)
        self._add(nickname, acronym, sure=sure, typos=institution or len("".join(words)) >= _LONG_NICKNAME)
        if institution and words[0] == _CAMARA and len(words) > 1:
            for start in (_CAMERA, "cam"):  # with a second word it is a slip, or cut short
                self._add(" ".join([start, *words[1:]]), acronym, sure=True)

    def _add_letters(self, acronym: str) -> None:
        """ "pê eme pê": an acronym read aloud."""
        letters = tuple(LETTERS.get(letter, letter) for letter in acronym.lower())
        if 3 <= len(letters) <= 6:
            self._by_first.setdefault(letters[0], []).append(_Phrase(letters, acronym, sure=True, typos=False))

    def _scan(self, tokens: Sequence[Token], texts: Sequence[str], mended: Collection[int]) -> list[Mention]:
        found: list[Mention] = []
        index = 0
        while index < len(tokens):
            mention = None
            if tokens[index].kind is Kind.WORD:
                mention = self._spelled_out(tokens, index) or self._phrase(tokens, texts, index, mended)
                run_on = self.runs_on(tokens[index].text) if mention is None else None
                mention = Mention(run_on, index, index + 1, sure=True) if run_on else mention
            if mention is None:
                index += 1
                continue
            if mention.agency:
                found.append(mention)
            index = mention.end
        return found

    def _spelled_out(self, tokens: Sequence[Token], start: int) -> Mention | None:
        """ "S.E.M.A.E.", "P M P": single letters with dots, hyphens or spaces between them; "se mae" in two halves."""
        if len(tokens[start].text) != 1:
            if tokens[start].text not in self._halves:
                return None
            after = tokens[start + 1] if start + 1 < len(tokens) else None
            halves = tokens[start].text + after.text if after is not None and after.kind is Kind.WORD else ""
            return Mention(self._spelled[halves], start, start + 2, sure=True) if halves in self._spelled else None
        letters, index, best = "", start, None
        while index < len(tokens) and len(letters) < 10:
            token = tokens[index]
            if token.kind is Kind.WORD and len(token.text) == 1:
                letters += token.text
            elif token.kind is not Kind.MARK or token.text not in ".-" or not letters:
                break
            index += 1
            if letters in self._spelled:
                best = Mention(self._spelled[letters], start, index, sure=True)
        return best

    def _phrase(
        self, tokens: Sequence[Token], texts: Sequence[str], start: int, mended: Collection[int]
    ) -> Mention | None:
        for phrase in self._by_first.get(texts[start], ()):
            end = _match(tokens, texts, start, phrase.words)
            if end is None:
                continue
            slipped = mended and any(index in mended for index in range(start, end))
            if slipped and not phrase.typos and len(phrase.words) < 2:
                continue
            return Mention(phrase.agency or "", start, end, phrase.sure)
        return None


def _match(tokens: Sequence[Token], texts: Sequence[str], start: int, words: tuple[str, ...]) -> int | None:
    """Where the phrase ends that starts at `start`; connectors and single marks may stand between its words."""
    index = start
    for position, word in enumerate(words):
        if position:
            limit = index + 3
            while index < min(limit, len(texts)) and texts[index] != word and texts[index] in CONNECTORS:
                index += 1
        if index >= len(texts) or texts[index] != word or tokens[index].kind is not Kind.WORD:
            return None
        index += 1
    return index


def _slips(acronym: str) -> set[str]:
    """ "ppm", "pnp" for "pmp". Never another last letter: that is another city's ("PMC", "PML")."""
    swapped = {acronym[1] + acronym[0] + acronym[2:], acronym[0] + acronym[2] + acronym[1]}
    missed = {acronym[:at] + key + acronym[at + 1 :] for at in (0, 1) for key in NEXT_KEYS.get(acronym[at], "")}
    return {slip for slip in swapped | missed if slip not in ROLES} - {acronym}


def _beside_a_pair(tokens: Sequence[Token], position: int) -> bool:
    """Whether year and number stand right beside the word; "ppm" beside a number alone is a unit."""
    after = [token.kind for token in tokens[position + 1 : position + 4]]
    before = [token.kind for token in tokens[max(position - 3, 0) : position]]
    pair = [Kind.NUMBER, Kind.MARK, Kind.NUMBER]
    return pair in (after, before) or after[:2] == [Kind.NUMBER, Kind.NUMBER]


def _content(words: Sequence[str]) -> list[str]:
    return [word for word in words if word not in CONNECTORS]


def _squeezed(word: str) -> str:
    """ "semaeee" is "semae", "pmpp" is "pmp"."""
    return "".join(char for index, char in enumerate(word) if index == 0 or char != word[index - 1])
