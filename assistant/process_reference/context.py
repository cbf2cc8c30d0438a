"""What the words before a number say that it is: walking back from it to the noun that rules it."""

from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import OSA

from assistant.process_reference.reading import Reading
from assistant.process_reference.tokens import Kind
from assistant.process_reference.vocabulary import ABBREVIATIONS, ROLES, TIGHT_CUES, Role, word_set

_REACH = 18  # tokens
_MOST_CROSSED = 6  # words of content between "processo" and its number
# How many words of content, and how many words at all, may stand between a noun and the number that it rules.
_CONTENT = {
    Role.DOCUMENT: 2, Role.SUBJECT: 2, Role.PIECE: 2, Role.TOPIC: 0, Role.THING: 1, Role.ADDRESS: 5, Role.PHONE: 0,
}  # fmt: skip
_STEPS = {
    Role.DOCUMENT: 6, Role.SUBJECT: 6, Role.PIECE: 4, Role.TOPIC: 4, Role.THING: 4, Role.ADDRESS: 9, Role.PHONE: 4,
}  # fmt: skip
_ABOUT = frozenset({Role.SUBJECT, Role.PIECE, Role.TOPIC})  # a process can be about these, or contain them
_NAMING = word_set("numero numeros num nr nro n nº no de e eh o a referencia") | {""}
_LABELLED = word_set("numero num nr n nº no de")
# "o código que recebi por SMS é 482913", however it is said.
_CODES = word_set("codigo cod codigos senha senhas pin puk token tokens otp sms chave login")
_OF_A_CODE = _NAMING | word_set("""
    do da meu minha que por pelo pela para pra me foi recebi chegou deu mandaram ao aqui em portal site email app diz
    dizia fala
""")
_CODE_CONTENT = 3  # words of content
_DIALLING = _NAMING | word_set("para pra pro ao em me aqui meu ai")
# "a sala é a 12", but not "em que sala está o 12": only these may stand between such a noun and its number.
_ADJOINING = {Role.THING: _NAMING, Role.TOPIC: _NAMING, Role.PHONE: _DIALLING}
_INSIDE = frozenset({"no", "ao", "na", "nos", "aos", "nas"})  # "o laudo juntado ao 2023/500100"
_SPELLINGS = ("processo", "processos", "protocolo", "requerimento", "expediente", "numero")
_CUE_INITIALS = frozenset("pren")
_LONGEST_ABBREVIATION = 4
_SHORTEST_SLIP, _LONGEST_SLIP = 5, 14
_COUNTING = word_set("de mais uns umas cerca quase so ja apenas eu")
_SPEAKERS = word_set("me eu nao agora quero queria preciso depois ja gostaria vi ai recebi entao tambem")


@dataclass(slots=True)
class Ruler:
    """What rules a number. `role`: CUE, STOP, ADDRESS, DOCUMENT (any other noun; `ruled_by` says which), or None.

    `crossed`: words of content in between. `named`: "número" stands before it; `stated`: "é" does.
    `follows`: index of the number of which this one continues the list (-1: none). `word_before`: the word right
    before it (empty for a noun that has a role); `content_before`: it is one of content.
    """

    role: Role | None = None
    crossed: int = 0
    named: bool = False
    stated: bool = False
    ruled_by: Role | None = None
    follows: int = -1
    content_before: bool = False
    word_before: str = ""


def ruler(reading: Reading, first: int, *, pair: bool, apart: bool = False) -> Ruler:
    """The ruler of the number (or of the pair of year and number) that starts at token `first`.

    `apart`: words stand between year and number.
    """
    return _Walk(reading, first, pair=pair, apart=apart).back()


class _Walk:
    """From a number back to what rules it. `steps`: words passed so far. `comma`: whether one was passed."""

    def __init__(self, reading: Reading, first: int, *, pair: bool, apart: bool) -> None:
        self._reading = reading
        self._first = first
        self._pair = pair
        self._apart = apart
        self._steps = 0
        self._comma = False
        self._between: set[str] = set()
        self.found = Ruler()

    def back(self) -> Ruler:
        """Walk until something settles the matter, or nothing more can."""
        reading, position = self._reading, self._first - 1
        while position >= 0 and self._first - position <= _REACH:
            mention = reading.mention(position)
            if mention is not None:
                position = mention.start - 1
                continue
            kind = reading.kind(position)
            if kind is Kind.WORD:
                settled = self._word(position)
            elif kind is Kind.MARK:
                settled = self._mark(position)
            else:
                settled = self._number(position)
            if settled:
                break
            position -= 1
        return self.found

    def _number(self, position: int) -> bool:
        """Another number, or digits that are none."""
        token = self._reading.tokens[position]
        if token.kind is Kind.FOREIGN and token.text == "date":
            self.found.crossed += 1  # "Rua 13 de Maio, 200"
            return False
        if token.kind is Kind.FOREIGN and token.text == "cep" and self.found.named:
            self.found.role = Role.ADDRESS
        if token.kind is Kind.NUMBER and self.found.crossed == 0 and self._steps <= 1:
            self.found.follows = position
        return True

    def _mark(self, position: int) -> bool:
        mark = self._reading.mark(position)
        if mark == "$":
            self.found.role = Role.DOCUMENT
            return True
        self.found.named |= mark == "#" and self._steps == 0
        self._comma |= mark in ",\n"
        return mark in "!?;%" or (mark == "." and not self._abbreviates(position - 1))

    def _abbreviates(self, position: int) -> bool:
        """Whether the dot after this word cuts it short ("proc.", "dec.") rather than ends a sentence."""
        word = self._reading.word(position)
        known = ROLES.get(word) in {Role.CUE, Role.LABEL, Role.DOCUMENT}
        return word in ABBREVIATIONS or (known and len(word) <= _LONGEST_ABBREVIATION)

    def _word(self, position: int) -> bool:
        word, role = self._reading.word(position), _role(self._reading, position)
        if self._steps == 0:
            self.found.content_before = role is None
            self.found.word_before = "numero" if role is Role.LABEL else word if role not in _CONTENT else ""
        settled = self._decide(position, word, role)
        self._steps += 1
        if role is not None:
            self._between.add(word)
        return settled

    def _decide(self, position: int, word: str, role: Role | None) -> bool:
        found = self.found
        if role is Role.LABEL and word == "nr" and self._reading.mark(position + 1) == "-":
            role = Role.DOCUMENT  # "NR-35", a norm
        if role in _CONTENT:
            return self._noun(position, role)
        if role is Role.CUE:
            tight = word in TIGHT_CUES and (found.crossed > 0 or self._steps > 1 + found.named)
            found.role = None if tight else Role.CUE
        elif role is Role.STOP and self._counts(position):
            found.role = Role.STOP
        elif role is None:
            found.crossed += 1
        elif found.crossed == 0:
            found.named |= role is Role.LABEL
            found.stated |= role is Role.COPULA
        clause = role is Role.CLAUSE or (word == "e" and self._reading.word(position + 1) in _SPEAKERS)
        return clause or found.role is not None or found.crossed > _MOST_CROSSED

    def _noun(self, position: int, role: Role) -> bool:
        found = self.found
        near = found.crossed <= _CONTENT[role] and self._steps <= _STEPS[role]
        if self._reading.word(position) in _CODES and not self._pair:
            near = found.crossed <= _CODE_CONTENT and self._between <= _OF_A_CODE
        elif self._pair:
            near = near and self._rules_a_pair(role)
        elif role in _ADJOINING:
            near = near and self._between <= (_LABELLED if found.crossed else _ADJOINING[role])
        elif self._comma and role is not Role.ADDRESS:
            near = near and (found.named or self._steps <= 1)
        if not near:
            found.crossed += 1
        elif role in _ABOUT and _about(self._reading, position):
            found.role = Role.CUE
        else:
            found.role, found.ruled_by = (Role.ADDRESS if role is Role.ADDRESS else Role.DOCUMENT), role
        return near

    def _rules_a_pair(self, role: Role) -> bool:
        found = self.found
        if role is Role.THING:
            return self._apart and found.crossed == 0 and self._between <= _NAMING  # "página 3 de 2023"
        if role is Role.PIECE:
            return found.crossed == 0 and not self._comma and found.word_before in _NAMING
        if role not in {Role.DOCUMENT, Role.SUBJECT} or (found.crossed > 0 and found.word_before in _INSIDE):
            return False
        return found.named or not self._comma

    def _counts(self, position: int) -> bool:
        """Whether the word at `position` ("há", "mais") stands right before the number, or nearly so."""
        return all(self._reading.word(position + step) in _COUNTING for step in range(1, self._steps + 1))


def _about(reading: Reading, position: int) -> bool:
    """ "processo do alvará", "protocolo da minha multa": the number is the process's."""
    position -= 1
    reach = position - 5
    while position >= max(reach, 0):
        word = reading.word(position)
        role = ROLES.get(word)
        if role is Role.CUE:
            return word not in TIGHT_CUES or word in {"pedido", "solicitacao"}
        if not word or not (role in {Role.FILLER, Role.LABEL} or role in _ABOUT):
            return False
        position -= 1
    return False


def _role(reading: Reading, position: int) -> Role | None:
    word = reading.word(position)
    if word == "dia" and reading.word(position - 1) in {"bom", "bo"}:
        return Role.FILLER
    if word == "no" and reading.mark(position + 1) in {".", "º"}:
        return Role.LABEL
    role = ROLES.get(word)
    if role is None and word[:1] in _CUE_INITIALS and _SHORTEST_SLIP <= len(word) <= _LONGEST_SLIP:
        found = process.extractOne(word, _SPELLINGS, scorer=OSA.distance, score_cutoff=1)
        return ROLES[found[0]] if found is not None else None
    return role
