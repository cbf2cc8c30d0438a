"""Questions about one's own things: which item of the list ("a segunda"), and whose things ("da minha mãe").

The intent stays what the classifier made of the message; entities say the rest: `item` is a position in the list shown
last ("1" to "50", or "last"), `whose` is "other" or "company". Neither says anything about anybody.
"""

import re
from typing import Any, Dict, Optional

from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from assistant.nlu.classifier import FALLBACK
from assistant.nlu.normalise import fold

OWN_ITEM, LIST_PENDENCIES = "own_item", "list_pendencies"
OWN = (LIST_PENDENCIES, "list_processes", "list_views", "pendency_detail", "list_documents", "company_data")
SLOT = "own_list"
OTHER, COMPANY, LAST = "other", "company", "last"
MOST = 50  # items of a list

_ORDINALS = {
    "primeir": 1,
    "segund": 2,
    "terceir": 3,
    "quart": 4,
    "quint": 5,
    "sext": 6,
    "setim": 7,
    "oitav": 8,
    "non": 9,
    "decim": 10,
}
_WORDS = {
    "um": 1,
    "uma": 1,
    "dois": 2,
    "duas": 2,
    "tres": 3,
    "quatro": 4,
    "cinco": 5,
    "seis": 6,
    "sete": 7,
    "oito": 8,
    "nove": 9,
    "dez": 10,
}
_DIGITS = r"0?(?P<digits>\d{1,2})(?![\d/.\-])(?:o|a)?\b"
_WORD = rf"(?P<word>{'|'.join(_WORDS)})\b"
_ORDINAL = rf"(?P<ordinal>{'|'.join(_ORDINALS)})[ao]\b|(?P<last>ultim[ao])\b"
_THING = r"(?:pendencia|processo|item|opcao|linha|numero|n)"
# The whole message: "2", "a segunda", "abre o item 3", "pendência dois".
_ALONE = re.compile(
    r"(?:(?:eu|me|entao|agora|e)\s+)*(?:(?:quero|queria|ver|abr[ae]|abrir|mostr[ae]|mostrar|escolho)\s+)*"
    rf"(?:[ao]|n[ao]|d[ao])?\s*(?:{_THING}\s+){{0,2}}(?:{_DIGITS}|{_WORD}|{_ORDINAL})\s*(?:{_THING})?"
    r"(?:\s+(?:por favor|pra mim|para mim|pf|pfv))?\s*[?!.]*"
)
# Inside a question: "o que falta na pendência 2?", "qual o prazo da segunda?".
_INSIDE = (
    re.compile(rf"\b{_THING}\s+(?:(?:de\s+)?numero\s+|n\s+)?{_DIGITS}"),
    re.compile(rf"\b(?:pendencia|item|numero)\s+{_WORD}"),
    re.compile(rf"(?<!pela )\b(?:{_ORDINAL})"),
    re.compile(r"\b0?(?P<digits>\d{1,2})[ao]\s+(?:pendencia|processo)\b"),
)

_SOMEBODY = (
    r"(?:mae|pai|pais|filh[oa]s?|irmao?s?|espos[oa]|marido|mulher|vizinh[oa]s?|sogr[oa]|avo|vo|vovo|tia|tio|prim[oa]s?"
    r"|sobrinh[oa]|net[oa]|amig[oa]s?|namorad[oa]|ex|chefe|patrao|patroa|cunhad[oa]|genro|nora|inquilin[oa]|empregad[oa]"
    r"|funcionari[oa]|colega|clientes?|conhecid[oa]|companheir[oa]|padrinho|madrinha|padrasto|madrasta|falecid[oa])"
)
_MINE = r"(?:(?:o|a|os|as)\s+)?(?:(?:meu|minha|meus|minhas|nosso|nossa|seu|sua|um|uma|outro|outra)\s+)?"
_OF_OTHERS = re.compile(
    rf"\b(?:d[oae]s?|pr[ao]|para)\s+{_MINE}(?:ex\s+)?{_SOMEBODY}\b"
    r"|\bde\s+(?:outr[oa]s?\s+(?:pesso[a]s?|cidada[o]s?|cpf|empresa)|terceir[oa]s|alguem|outrem)\b"
    r"|\b(?:del[ea]s?|del[ea] mesm[oa])\b|\bd[oa]\s+(?:fulan[oa]|cicran[oa]|beltran[oa])\b"
    r"|\bd[oa]\s+(?:sr|sra|senhor|senhora|seu|dona|dr|dra)\.?\s+[a-z]{3,}"
    r"|\b(?:d[oae]|n[oa]|pelo)\s+(?:(?:cpf|cnpj)\s*(?:n\w*\.?\s*|:\s*)?[\[\d]|cpf\s+d[oae]\b)"
    r"|\b(?:desse|deste|daquele|esse|este|outro)\s+(?:cpf|cnpj)\b"
)
_OWN_DOCUMENT = re.compile(r"\b(?:meu|minha|nosso|da minha empresa)\b[^.,;]{0,20}\b(?:cpf|cnpj)\b")
_OF_COMPANY = re.compile(
    r"\b(?:minha|nossa|d[ae]|pela)\s+(?:propria\s+)?(?:empresa|firma|loja|construtora|microempresa|mei|pj)\b"
    r"|\b(?:meu|nosso|do)\s+(?:proprio\s+)?(?:cnpj|comercio|negocio|mei)\b|\bpessoa juridica\b"
)
# "pendências do João": a capital after "do" is a name, unless it is one of the city hall's own words.
_NAME = re.compile(r"\b[Dd][oa]\s+([A-ZÀ-Ú][a-zà-ú]{2,})")
_NO_NAMES = frozenset(
    [
        "prefeitura",
        "portal",
        "secretaria",
        "camara",
        "semae",
        "pmp",
        "ipasp",
        "fumep",
        "piracicaba",
        "central",
        "guiche",
        "processo",
        "processos",
        "pendencia",
        "pendencias",
        "sistema",
        "assinatura",
        "alvara",
        "empresa",
        "firma",
        "municipio",
        "cidade",
        "orgao",
        "documento",
        "documentos",
        "meus",
        "minhas",
        "meu",
        "minha",
        "ajuda",
        "atendimento",
        "consulta",
        "vista",
        "ano",
        "lista",
        "conta",
    ]
)


def mark_own(message: Message, tracker: DialogueStateTracker, in_form: bool) -> None:
    """Adds what the module says; a number alone chooses of the list shown last."""
    text = message.get(TEXT) or ""
    folded = " ".join(fold(text).replace("#", " ").split())
    shown = tracker.get_slot(SLOT)
    alone = _ALONE.fullmatch(folded) if shown and not in_form else None
    if alone and (number := _number(alone)):
        intent = shown.get("intent") if isinstance(shown, dict) else None
        message.set(INTENT, {"name": intent or OWN_ITEM, "confidence": 1.0}, add_to_output=True)
        message.set(ENTITIES, [_entity("item", number, text)], add_to_output=True)
        return
    whose = whose_things(text, folded)
    intent = (message.get(INTENT) or {}).get("name")
    if whose == OTHER and intent in (FALLBACK, "out_of_scope") and "pendencia" in folded and not in_form:
        message.set(INTENT, {"name": LIST_PENDENCIES, "confidence": 1.0}, add_to_output=True)
        intent = LIST_PENDENCIES
    if intent == "company_data":
        intent = _of_company(folded)
        message.set(INTENT, {**message.get(INTENT), "name": intent}, add_to_output=True)
    if intent not in OWN:
        return
    number = next((found for pattern in _INSIDE for match in [pattern.search(folded)] if match
                   for found in [_number(match)] if found), None)  # fmt: skip
    found = [_entity(name, value, text) for name, value in (("item", number), ("whose", whose)) if value]
    message.set(ENTITIES, [*(message.get(ENTITIES) or []), *found], add_to_output=True)


def _of_company(folded: str) -> str:
    """ "Pendências da minha empresa" names the list that is meant; "dados da minha empresa" means all there is."""
    pendencies, processes = "pendenc" in folded, "processo" in folded
    if pendencies == processes:
        return "company_data"
    return LIST_PENDENCIES if pendencies else "list_processes"


def whose_things(text: str, folded: Optional[str] = None) -> Optional[str]:
    """OTHER, COMPANY, or None for one's own (as far as the words say)."""
    folded = fold(text) if folded is None else folded
    if _OF_OTHERS.search(_OWN_DOCUMENT.sub(" ", folded)):
        return OTHER
    if _OF_COMPANY.search(folded):
        return COMPANY
    named = [fold(name) for name in _NAME.findall(text)]
    return OTHER if any(name not in _NO_NAMES for name in named) else None


def _number(match: "re.Match[str]") -> Optional[str]:
    """The position that was matched, as text; None when it can be none."""
    found: Dict[str, Any] = match.groupdict()
    if found.get("last"):
        return LAST
    if found.get("digits"):
        number = int(found["digits"])
    elif found.get("word"):
        number = _WORDS[found["word"]]
    else:
        number = _ORDINALS.get(found.get("ordinal") or "", 0)
    return str(number) if 1 <= number <= MOST else None


def _entity(name: str, value: str, text: str) -> Dict[str, Any]:
    return {"entity": name, "value": value, "start": 0, "end": len(text)}
