"""Two questions in one message: "como assino e onde vejo meus processos?"

The text is split where a second question can begin, and each part is understood alone. Most messages of several parts
tell one story ("só tenho o número, não o ano. acha mesmo assim?"), so a second question must be asked as one, and both
must be surely about different topics (measured in docs/understanding.md).
"""

import re
from typing import Callable, Collection, List, NamedTuple, Optional

from assistant.nlu.decision import ANSWER, Decision
from assistant.nlu.normalise import MAX_LENGTH, tokens

SURE = 0.6  # least probability of each part's topic
WORDS = 2  # a part of fewer words says nothing for itself
PARTS = 4  # each part costs as much as a message
_ASKING = (
    r"como|onde|aonde|qual|quais|quanto|quantos|quem|cad[eê]|kd|posso|pode|tem (?:como|jeito)|d[aá] (?:pra|para)|"
    r"o que|oq|queria|quero|gostaria|preciso|me (?:diz|fala|explica|ensina|ajuda)"
)
_ADDING = r"(?:tamb[eé]m|tbm?|outra (?:coisa|d[uú]vida|pergunta)|mais uma (?:coisa|d[uú]vida|pergunta)|al[eé]m disso)"
# "e preciso" is left out: without its accent it is "é preciso".
_BREAK = re.compile(
    r"(?<=[?!;\n])"
    r"|(?<=\.)\s"
    rf"|[,\s]\s*(?=e\s+(?!preciso)(?:{_ASKING}|{_ADDING})\b)"
    rf"|[,\s]\s*(?={_ADDING}[\s:,]+(?:{_ASKING})\b)"
)
# Anywhere in the first part. Not "como": "já tenho usuário como pessoa física".
_ASKS = re.compile(r"\?|\b(?:saber|pergunt\w+|explica\w*|ensina\w*|quero|queria|preciso|gostaria)\b")
_STARTS = re.compile(rf"(?:(?:e|mas|agora|tamb[eé]m|tbm?)\s+)*(?:{_ASKING})\b")
_ADDS = re.compile(rf"(?:e\s+(?:\w+\s+){{0,3}})?{_ADDING}\b")


class TwoQuestions(NamedTuple):
    """What to answer now, and the topic to offer with it."""

    first: Decision
    second: str


def parts(text: str) -> List[str]:
    """The pieces of `text` that could each be a question, at most PARTS; one piece when nothing parts them."""
    pieces = [piece.strip(" ,") for piece in _BREAK.split(text[:MAX_LENGTH].lower())]
    return [piece for piece in pieces if len(tokens(piece)) >= WORDS][:PARTS]


def two_questions(
    text: str, understand: Callable[[str], Decision], topics: Collection[str], sure: float = SURE
) -> Optional[TwoQuestions]:
    """The first two questions of `text` about different `topics`, or None when it asks one thing."""
    pieces = parts(text)
    if len(pieces) < 2 or not any(_begins(piece) for piece in pieces[1:]):
        return None
    first: Optional[Decision] = None
    asked = False
    for piece in pieces:
        decision = understand(piece)
        topic, probability = decision.topics[0]
        if decision.kind != ANSWER or topic not in topics or probability < sure:
            continue
        if first is None:
            first, asked = decision, bool(_ASKS.search(piece) or _begins(piece))
        elif topic != first.topics[0].intent and _begins(piece) and (asked or _ADDS.match(piece)):
            return TwoQuestions(first, topic)
    return None


def _begins(piece: str) -> bool:
    """Whether a question of its own begins with `piece`."""
    return bool(_STARTS.match(piece) or _ADDS.match(piece))
