"""Two questions in one message: "como assino e onde vejo meus processos?"

The text is split where a second question can begin, and each part is understood alone. Most messages of several parts
tell one story ("só tenho o número, não o ano. acha mesmo assim?"), so both must be asked as questions, and surely be
about different topics (measured in docs/understanding.md).
"""

import re
from typing import Callable, Collection, List, NamedTuple, Optional, Pattern, Sequence, Set

from assistant.nlu.decision import ANSWER, Decision
from assistant.nlu.normalise import MAX_LENGTH

SURE = 0.65  # least probability of each part's topic
SURE_JOINED = 0.8  # of a part that an "e" joins without a question word: "ver anexos e pedir vista"
AMONG = 3  # and both topics must be among so many of the whole message
WORDS = 2  # a part of fewer words says nothing for itself
PARTS = 4  # each part costs as much as a message

# What a question or a request begins with.
_ASKING = (
    r"(?:como|(?:por )?onde|aonde|qual|quais|quantos?|(?:com |a |de |pra )?quem|cad[eê]|kd|o que|oq|por ?qu[eê]|pq|"
    r"(?:em )?quanto tempo|(?:eu )?posso|podem?|poderia|tem (?:como|jeito|alg\w+|telefone|whats\w*|uma?|outr[ao])|"
    r"tenho (?:como|alg\w+)|h[aá] (?:como|alg\w+)|existe|d[aá] (?:pra|para)|ser[aá] que|"
    r"em que (?:p[eé]|setor|fase|lugar|tela|menu)|se (?:tem|tenho|d[aá]|h[aá]|posso|pode)|"
    r"que (?:documentos?|pap[eé](?:l|is)|dados|dias?|hor[aá]\w*|certificado|programa|secretaria|[oó]rg[aã]os?)|"
    r"(?:eu )?(?:queria|quero|quer|gostaria|preciso|precisa|solicito|desejo|indago|pergunto)|"
    r"(?:j[aá] )?me (?:diz|diga|fal[ae]|expli\w+|ensin\w+|ajud\w+|pass[ae]|mostr\w+|inform\w+|mand[ae])|"
    r"(?:mostre?|mostra|liste?|lista|informe|esclare[cç]a|explique|ensine|oriente|diga)(?:-me)?|"
    r"(?:vcs?|voc[eê]s?|c[eê]s?) (?:t[eê]m|atend\w+|fica\w*|abr\w+|consegu\w+))"
)
_ADDING = (
    r"(?:tamb[eé]m|tbm?|(?:e )?outra(?: (?:coisa|d[uú]vida|pergunta))?|mais uma (?:coisa|d[uú]vida|pergunta)|"
    r"al[eé]m d(?:isso|e)|outrossim|aproveitando|(?:em )?segundo(?: lugar)?|por (?:fim|[uú]ltimo))"
)
_LINKING = (
    r"(?:e|ah|mas|agora|ent[aã]o|depois|dps|a[ií]|primeir(?:o|amente)|pra|para|"
    r"se (?:sim|tiver|houver|for)|\d\s?[).\-]|[a-d]\))"
)
_DOING = (
    r"(?:(?:me |sem )?(?:saber|entender|ver|pedir|consultar|baixar|assinar|trocar|mudar|alterar|responder|recuperar|"
    r"redefinir|falar|cadastrar|criar|anexar|enviar|acessar|entrar|solicitar|acompanhar|atualizar|resolver|listar|"
    r"mostrar|ensinar|explicar))"
)
_ITEM = r"(?<!\S)(?:\d\s?[).\-]|[a-d]\))(?=\s?[a-zà-ú])"
_OPENING = rf"(?:(?:{_LINKING}|{_ADDING})[,:]?\s*){{0,4}}"  # bounded, for the time that "e e e e …" takes
# "e preciso" is left out: without its accent it is "é preciso".
_BREAK = re.compile(
    r"(?<=[?!;:\n])|(?<=\.)\s"
    rf"|(?={_ITEM})"
    rf"|[,\s]\s*(?=e\s+(?!preciso)(?:{_ADDING}\b|{_OPENING}{_ASKING}\b|(?:pra|para)\s+{_DOING}\b))"
    rf"|[,\s]\s*(?={_ADDING}[\s:,]+(?:{_ASKING}|{_DOING})\b)"
)
# Only looked at when the breaks above part no two questions: what stands before a comma often tells why.
_SOFT_BREAK = re.compile(rf"{_BREAK.pattern}|,\s*(?={_OPENING}{_ASKING}\b)")
# Where two things may be joined that are asked for.
_JOINT = re.compile(
    rf"[,\s]\s*e\s+(?=(?:{_LINKING}\s+)?{_DOING}\b|(?:meus?|minhas?)\s+\w)|\s[/+]\s|\snem\s(?={_ASKING})"
)
_SPACES = re.compile(r"\s+")
_GREETING = re.compile(
    r"^(?:(?:oi+e?|ol[aá]|opa|bom dia|boa (?:tarde|noite)|td bem|tudo (?:bem|bom)|por favor)\b[\s,.!?]*)+"
)
_ADDS = re.compile(rf"(?:(?:e|ah)\s+(?:\w+\s+){{0,3}})?{_ADDING}\b|{_ITEM}")
_STARTS = re.compile(rf"{_OPENING}(?:{_ASKING}|(?:pra|para) {_DOING})\b")
_AND_ASKS = re.compile(r"e\b(?! agora\b).*\?", re.DOTALL)
_STARTS_DOING = re.compile(rf"{_OPENING}{_DOING}\b")
_ONLY_OPENING = re.compile(_OPENING)
# Anywhere in the first part. Not "como": "já tenho usuário como pessoa física".
_ASKS = re.compile(
    r"\?|\b(?:saber|pergunt\w+|explica\w*|ensina\w*|qu[eé]r\w*|queria|precis\w+|gostaria|solicit\w+|desej\w+|"
    r"me (?:passa|\w+r))\b"
)
# What is missing is a question too, where more than a comma ends it: "esqueci a senha. e como assino?"
_LACKS = re.compile(
    r"\b(?:n[aã]o|n|num) (?:recebi|chegou|veio|tenho mais|funciona|consigo|acho|achei|sei)\b"
    r"|\b(?:esqueci|perdi|t[oô] sem|tenho que)\b"
)
# What has happened only leads to the question: "já confirmei no e-mail. e agora, por onde entro?"
_TELLS = re.compile(
    r"\b(?:j[aá]|quando|deu certo|tenho(?! (?:que|como)\b)|fiz|cliquei|entrei|abri|abro|apareceu|recebi|"
    r"me (?:mand\w+|disse\w*|fal\w+))\b"
)


class TwoQuestions(NamedTuple):
    """What to answer now, and the topic to offer with it."""

    first: Decision
    second: str


class Part(NamedTuple):
    """A piece of the message: `joined` to the one before by a mere "e", `added` by words such as "outra coisa"."""

    text: str
    joined: bool
    added: bool


def parts(text: str, breaks: Pattern[str] = _SOFT_BREAK, joints: bool = True) -> List[Part]:
    """The pieces of `text` that could each be a question, at most PARTS; one piece when nothing parts them."""
    found: List[Part] = []
    added = False
    plain = _SPACES.sub(lambda spaces: "\n" if "\n" in spaces[0] else " ", text[:MAX_LENGTH].lower())
    for piece in breaks.split(plain):
        for place, words in enumerate(_JOINT.split(piece) if joints else [piece]):
            part = Part(_GREETING.sub("", words.strip(" ,")), place > 0, added)
            if _ONLY_OPENING.fullmatch(part.text):
                added = added or bool(_ADDS.match(part.text))
            elif len(part.text.split()) >= WORDS:
                found.append(part)
                added = False
    return found[:PARTS]


def two_questions(
    text: str, whole: Decision, understand: Callable[[str], Decision], topics: Collection[str]
) -> Optional[TwoQuestions]:
    """The first two questions of `text` about different `topics`, or None when it asks one thing. `whole` is how the
    message is understood as one."""
    among = {topic for topic, _ in whole.topics[:AMONG]}
    hard = parts(text, _BREAK, joints=False)
    found = _pair(hard, True, among, understand, topics)
    if found:
        return found
    soft = parts(text)
    return _pair(soft, False, among, understand, topics) if soft != hard else None


def _pair(
    pieces: Sequence[Part], hard: bool, among: Set[str], understand: Callable[[str], Decision], topics: Collection[str]
) -> Optional[TwoQuestions]:
    """Two of the pieces. `hard`: more than a comma or a mere "e" parts them, which says more by itself."""
    if not any(part.joined or _begins(part) for part in pieces[1:]):
        return None
    first: Optional[Decision] = None
    asked, head = False, ""
    for part in pieces:
        # What comes first may need several pieces to say what it is about: "vi que saiu um parecer, onde leio?"
        head = f"{head} {part.text}" if first is None else part.text
        decision = understand(head)
        topic, probability = decision.topics[0]
        if decision.kind != ANSWER or topic not in topics or probability < SURE:
            continue
        if first is None or topic == first.topics[0].intent:
            first = first or decision
            asked = asked or _asks(part) or (hard and bool(_LACKS.search(part.text)))
            told = bool(_TELLS.search(head))
            continue
        agreed = probability >= SURE_JOINED and {topic, first.topics[0].intent} <= among
        if part.joined:
            second = asked and agreed
        else:
            second = _begins(part) and (asked or _adds(part) or (hard and agreed and not told))
        if second:
            return TwoQuestions(first, topic)
    return None


def _asks(part: Part) -> bool:
    """Whether something is asked or asked for anywhere in it."""
    return bool(_ASKS.search(part.text) or _STARTS_DOING.match(part.text)) or _begins(part)


def _begins(part: Part) -> bool:
    """Whether a question of its own begins with it."""
    return _adds(part) or bool(_STARTS.match(part.text) or _AND_ASKS.fullmatch(part.text))


def _adds(part: Part) -> bool:
    """Whether it says that it is one more question."""
    return part.added or bool(_ADDS.match(part.text))
