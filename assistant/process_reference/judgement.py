"""Whether a candidate is a reference to a process: by its form, by what rules it, and by what comes after it."""

from assistant.process_reference.attachment import attached
from assistant.process_reference.candidate import Candidate, span
from assistant.process_reference.context import Ruler, ruler
from assistant.process_reference.labels import counted, labelled, noun_follows, year_labelled
from assistant.process_reference.reading import Reading
from assistant.process_reference.rest import silent
from assistant.process_reference.tokens import Kind, glued
from assistant.process_reference.vocabulary import ADDRESSES, ROLES, TEMPORAL, TEMPORAL_LINKS, Role, word_set
from assistant.process_reference.years import bare_year

_LONG = 5  # a number of so many digits is a reference unless something says otherwise
_LONGEST_ALONE = 7  # eight digits alone are a phone, a CEP, a date
_SERVICE_NUMBERS = word_set("""
    100 111 112 115 116 117 118 128 129 130 132 133 135 136 141 142 145 147 150 151 152 153 154 155 156 158 159 160 161
    162 166 180 181 185 188 190 191 192 193 194 197 198 199 404 500 502 503
""")
_DISTRICTS = frozenset({"centro", "centrao", "sobrado"})  # "nº 455, centro"
_LONGEST_IN_A_STREET = 5  # digits of a house number
_PERIOD = 10  # "2021/2022", "2019-2023": years so near each other are a period
_CPF = 11  # digits; it may begin with zeros
_TOLL_FREE = frozenset({"0300", "0500", "0800", "0900"})
_BEFORE = word_set("o do no ao pelo pro esse este desse deste nesse neste aquele sobre ver ve consultar abre")
_OTHERS = frozenset({Role.DOCUMENT, Role.ADDRESS})
_DAYS = frozenset({"hoje", "amanha", "ontem", "anteontem"})
_IS = word_set("e eh o ja dia foi era sera sao")
_DWELLERS = word_set("morador moradora moradores vizinho vizinha vizinhos inquilino inquilina")
_PLURALS = word_set("as os aos nas nos das dos pelas pelos duas sao")
_PLACES_IN = word_set("fila lista turma sala andar predio grupo jogo")  # "o número 45 da fila"


class Judge:
    """Judges the candidates of one message, in order (a number may go on a list that an earlier one began)."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._refused: dict[int, Role] = {}
        self.of_others: list[Candidate] = []
        """Those refused because a nota fiscal, a law, an edital, a street or the like rules them."""
        self.months: list[Candidate] = []
        """Those that are a month and its year."""
        self._accepted: set[int] = set()
        self._loud: list[int] | None = None

    def accepts(self, found: Candidate) -> bool:
        """Whether the candidate is a reference."""
        apart = found.year_at >= 0
        # "3 de 10" may count, so whatever rules a number rules it too.
        pair = found.pair or (apart and not found.short)
        rules = ruler(self._reading, span(found)[0], pair=pair, apart=apart)
        if self._portal_form(found, rules) or (rules.role is Role.ADDRESS and len(found.number) > _LONGEST_IN_A_STREET):
            rules.role = None
        continued = self._refused.get(rules.follows)
        continues = continued is not None and (not rules.named or continued is Role.ADDRESS)
        if rules.role in _OTHERS or (rules.role is None and continues) or self._tail(found.first):
            self._refused[found.last] = rules.role or continued or Role.DOCUMENT
            if rules.ruled_by in _OTHERS:
                self.of_others.append(found)
            return False
        if rules.role is None and rules.follows in self._accepted:
            rules.role = Role.CUE  # "processos 12, 13 e 14 de 2023"
        good = self._pair(found, rules) if found.pair else self._number(found, rules)
        if good and rules.role is Role.CUE:
            self._accepted.add(found.last)
        return good

    def _pair(self, found: Candidate, rules: Ruler) -> bool:
        """Year and number together: a reference, unless its form has a likelier meaning and nothing says "process"."""
        year, number = found.year or 0, int(found.number)
        like_month = number <= 12 and found.reversed and not found.short and len(found.written) <= 2  # "03/2023"
        if like_month:
            self.months.append(found)
        if like_month and rules.word_before in TEMPORAL_LINKS:
            return False  # "protocolado em 03/2024"
        if rules.role is Role.CUE or rules.named or attached(self._reading, found) or self._named_inside(found):
            return True
        period = bare_year(found.number) is not None and len(found.written) == 4 and abs(year - number) <= _PERIOD
        phone = found.mark in {"-", ""} and (self._phone_before(found.first) or self._area_code_before(found))
        size = len(found.written) <= 2 and found.short and not self._alone(found)  # a tyre's "90/90"
        tyre = found.short and year < 2000 and rules.content_before  # "pneu 175/70"
        if period or phone or size or tyre or (number <= 12 and rules.word_before in TEMPORAL):
            return False
        one_of_two = rules.word_before == "o" and self._reading.word(found.last + 1) == "e"  # "o 9/2023 e o 10/2023"
        return not like_month or (found.written == found.number and (self._alone(found) or one_of_two))

    def _named_inside(self, found: Candidate) -> bool:
        """ "ano 2023 número 2021"."""
        return labelled(self._reading, found.last) and year_labelled(self._reading, found.first)

    def _portal_form(self, found: Candidate, rules: Ruler) -> bool:
        """ "PMP 2023/500100" as the portal writes it, with a piece of the process before it: "teor do despacho no"."""
        mention = self._reading.mention(found.first - 1)
        exact = mention is not None and self._reading.tokens[mention.start].text.upper() == mention.agency
        soft = rules.role is Role.DOCUMENT and rules.ruled_by not in {None, Role.DOCUMENT}
        return soft and exact and found.pair and not found.reversed

    def _number(self, found: Candidate, rules: Ruler) -> bool:
        """A number alone, or with its year elsewhere."""
        digits = len(found.number)
        if self._counts_something(found, rules):
            return False
        if rules.role is Role.CUE and (rules.crossed == 0 or rules.stated or rules.named or digits > 2):
            return True
        padded = found.written != found.number and len(found.written) < _CPF
        if rules.named and (digits > 1 or found.year is not None) and (digits <= _LONGEST_ALONE or found.year):
            return True
        if found.fraction or (len(found.written) > _LONGEST_ALONE and not padded):
            return False
        if found.year_at >= 0 or attached(self._reading, found) or self._alone(found):
            return rules.word_before not in _PLURALS or digits >= _LONG
        return self._in_a_sentence(found, rules)

    def _counts_something(self, found: Candidate, rules: Ruler) -> bool:
        """Whether the words around say that it is a count, an address, a service number."""
        if (found.year_at < 0 and counted(self._reading, found.last)) or self._so_many_of(found, rules):
            return True
        if found.year is None and (found.written in _TOLL_FREE or self._age(found, rules) or self._today(found)):
            return True
        if rules.role is Role.STOP:
            return len(found.number) < _LONG
        follows = self._things_follow(found, rules) or self._address_follows(found.last + 1)
        return rules.role is not Role.CUE and follows

    def _so_many_of(self, found: Candidate, rules: Ruler) -> bool:
        """ "já mandei 3 de 10"."""
        if not found.short or len(found.number) > 2 or int(found.number) > (found.year or 0) % 100:
            return False
        return not (rules.named or rules.role is Role.CUE or attached(self._reading, found))

    def _things_follow(self, found: Candidate, rules: Ruler) -> bool:
        """ "a fumep tem 2 cursos", "o número 45 da fila"."""
        reading, after = self._reading, found.last + 1
        # A plural: "semae 66 travou" and "pmp 12 urgente" tell of a process.
        few = found.year is None and len(found.number) <= 2 and not rules.named and reading.word(after).endswith("s")
        place = reading.word(after + 1) if reading.word(after) in {"da", "na", "do"} else ""
        return (few and noun_follows(reading, found.last)) or place in _PLACES_IN

    def _today(self, found: Candidate) -> bool:
        """ "hoje é 20", "amanhã já são 15"."""
        if len(found.number) > 2:
            return False
        before = found.first - 1
        if self._reading.word(before) == "sao":
            return True
        while self._reading.word(before) in _IS or self._reading.mark(before) == ",":
            before -= 1
        return self._reading.word(before) in _DAYS

    def _age(self, found: Candidate, rules: Ruler) -> bool:
        """ "sou de 88"."""
        return len(found.number) <= 2 and rules.role is not Role.CUE and rules.word_before in TEMPORAL_LINKS

    def _in_a_sentence(self, found: Candidate, rules: Ruler) -> bool:
        """A bare number among other words, with neither "processo" nor an órgão near it."""
        reading, after, digits = self._reading, found.last + 1, len(found.number)
        follower = reading.word(after)
        thing_follows = bool(follower) and reading.mention(after) is None and not silent(reading, after)
        if digits >= _LONG and reading.tokens[found.last].spoken and found.number.endswith("0000"):
            return False  # "já investi dois milhões"
        if found.written.startswith("0") and digits < _LONG:
            return False  # the bus "0213"
        if digits >= _LONG:
            return not thing_follows or (digits > _LONG and not follower.endswith("s"))
        dweller = reading.word(found.first - 2) in _DWELLERS  # "sou o morador do 455"
        if thing_follows or rules.content_before or dweller or found.number in _SERVICE_NUMBERS:
            return False
        stated = rules.stated and rules.crossed == 0
        if digits <= 2:
            return stated and rules.word_before == "o"  # "é o 88", but not "hoje é 20"
        return stated or rules.word_before in _BEFORE

    def _alone(self, found: Candidate) -> bool:
        """Whether the message says nothing else."""
        reading = self._reading
        if self._loud is None:
            self._loud = [position for position in range(len(reading.tokens)) if self._speaks(position)]
        own = found.last - found.first + 2
        if len(self._loud) > own:
            return False
        return all(found.first <= position <= found.last or position == found.year_at for position in self._loud)

    def _speaks(self, position: int) -> bool:
        kind = self._reading.kind(position)
        return kind is not Kind.MARK and not (kind is Kind.WORD and silent(self._reading, position))

    def _address_follows(self, after: int) -> bool:
        while self._reading.mark(after) in {",", "-"} or self._reading.word(after) in {"da", "na", "do", "no", "de"}:
            after += 1
        word = self._reading.word(after)
        return word in _DISTRICTS or (word in ADDRESSES and ROLES.get(word) is Role.ADDRESS)

    def _tail(self, first: int) -> bool:
        """Whether the number hangs on something that is no process: "0001234-56.2023.8.26.0451/50000"."""
        tokens = self._reading.tokens
        if first < 2 or tokens[first - 2].kind is not Kind.FOREIGN or tokens[first - 1].kind is not Kind.MARK:
            return False
        return glued(tokens[first - 2], tokens[first - 1]) and glued(tokens[first - 1], tokens[first])

    def _area_code_before(self, found: Candidate) -> bool:
        """ "11 2023-5001"."""
        before = self._reading.tokens[found.first - 1] if found.first else None
        if before is None or before.kind is not Kind.NUMBER or before.spoken:
            return False
        return len(before.text) == 2 and "0" not in before.text and len(found.written) == 4 and not found.short

    def _phone_before(self, first: int) -> bool:
        return any(ROLES.get(self._reading.word(first - step)) is Role.PHONE for step in range(1, 5))
