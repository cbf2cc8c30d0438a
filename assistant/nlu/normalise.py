"""A citizen's text as the classifier sees it: no case, accents or "aaaa", written-out abbreviations, emoji as words.

Process references, numbers and addresses become one word each, so that what is learned does not hang on their digits.
"""

import re
import unicodedata
from typing import List, Mapping

REFERENCE, NUMERAL, EMAIL, LINK = "procref", "numeral", "emailaddr", "linkurl"

# How people shorten words in chats and how attendants do in notes. Only what has one plausible reading here.
ABBREVIATIONS = {
    "vc": "voce", "vcs": "voces", "ce": "voce", "cs": "voces", "oc": "voce", "q": "que", "oq": "o que", "oqe": "o que",
    "pq": "porque", "pqe": "porque", "tb": "tambem", "tbm": "tambem", "n": "nao", "nn": "nao",
    "hj": "hoje", "blz": "beleza", "dps": "depois", "dpois": "depois", "agr": "agora", "dnv": "de novo",
    "qdo": "quando", "qnd": "quando", "qto": "quanto", "qts": "quantos", "qro": "quero", "qr": "quer", "kd": "cade",
    "pfv": "por favor", "pfvr": "por favor", "pf": "por favor", "obg": "obrigado", "obgd": "obrigado", "vlw": "valeu",
    "msg": "mensagem", "msgs": "mensagens", "mto": "muito", "mt": "muito", "mta": "muita", "cmg": "comigo",
    "ctz": "certeza", "eh": "e", "ta": "esta", "to": "estou", "tou": "estou", "tava": "estava", "tao": "estao",
    "tamo": "estamos", "pra": "para", "pro": "para o", "p": "para", "pras": "para as", "pros": "para os", "c": "com",
    "s": "sem", "d": "de", "cad": "cadastro", "proc": "processo", "procs": "processos", "doc": "documento",
    "docs": "documentos", "pend": "pendencia", "pends": "pendencias", "td": "tudo", "tds": "todos", "nd": "nada",
    "ngm": "ninguem", "alg": "alguem", "aki": "aqui", "msm": "mesmo", "flw": "falou", "fds": "fim de semana",
    "nr": "numero", "nro": "numero", "conf": "confirmacao", "sec": "secretaria", "adv": "advogado",
    "cert": "certificado",
    "tel": "telefone", "fone": "telefone", "zap": "whatsapp", "whats": "whatsapp", "wpp": "whatsapp",
    "end": "endereco",
    "prefa": "prefeitura", "pref": "prefeitura", "bjs": "beijos", "sla": "sei la",
    "email": "email", "emails": "email", "mail": "email", "imeio": "email", "imail": "email", "emeio": "email",
}  # fmt: skip

# A message can be nothing but one of these; any other emoji only decorates the words beside it.
EMOJI = {
    "👍": "emojisim", "👌": "emojisim", "✅": "emojisim", "✔": "emojisim", "🆗": "emojisim",
    "👎": "emojinao", "❌": "emojinao", "🙅": "emojinao",
    "🙏": "emojimaos", "🙌": "emojipalmas", "👏": "emojipalmas", "❤": "emojiamor", "😍": "emojiamor", "😘": "emojiamor",
    "🥰": "emojiamor", "💙": "emojiamor", "💚": "emojiamor", "😡": "emojiraiva", "🤬": "emojiraiva", "😠": "emojiraiva",
    "😤": "emojiraiva", "🖕": "emojiraiva", "🤡": "emojiraiva", "💩": "emojiraiva", "👋": "emojiaceno",
}  # fmt: skip

_TONE = "[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]*"  # of skin, and whether it is drawn in colours
_EMOJI = re.compile(f"([{''.join(EMOJI)}])(?:{_TONE}\\1)*{_TONE}")
_REFERENCE = re.compile(
    r"\b(?:[a-z]{3,8}[\s.\-/]*)?(?:(?:19|20)\d{2}\s*[/\-]\s*\d[\d.]*|\d[\d.]*\s*[/\-]\s*(?:19|20)\d{2}\b)"
)
_EMAIL = re.compile(r"\S+@\S+")
_LINK = re.compile(r"\bhttps?://\S+|\bwww\.\S+")
# "num" is "não" ("num sei"), "em um" ("num processo") or, before digits, a number: only the last can be told here.
_NUMBER = re.compile(r"\bnum\.?(?=\s*\d)")
_DIGITS = re.compile(r"\d+(?:[.,/\-]\d+)*")
_REPEATED = re.compile(r"([a-z])\1{2,}")
_SHORTHAND = re.compile(r"\b([cspn])/\s*")  # c/ s/ p/ n/ of attendants' notes
_HYPHEN_EMAIL = re.compile(r"\be[\s-]mail")
_TOKEN = re.compile(r"[a-z]+|[?!]")
MAX_LENGTH = 1000


def normalise(text: str) -> str:
    """Lower-case words of a-z, `?` and `!`, separated by single spaces. Idempotent enough to be used on both sides."""
    return " ".join(tokens(text))


def tokens(text: str, abbreviations: Mapping[str, str] = ABBREVIATIONS) -> List[str]:
    """The words of `text` after normalisation. Linear in its length; texts over MAX_LENGTH are cut."""
    folded = _EMOJI.sub(lambda found: f" {EMOJI[found[1]]} ", fold(text[:MAX_LENGTH]))
    folded = _LINK.sub(f" {LINK} ", _EMAIL.sub(f" {EMAIL} ", folded))
    folded = _NUMBER.sub("numero", folded)
    folded = _REFERENCE.sub(f" {REFERENCE} ", folded)
    folded = _DIGITS.sub(f" {NUMERAL} ", folded)
    folded = _HYPHEN_EMAIL.sub("email", folded)
    folded = _SHORTHAND.sub(r"\1 ", folded)
    folded = _REPEATED.sub(r"\1", folded)
    words: List[str] = []
    for token in _TOKEN.findall(folded):
        words.extend(abbreviations.get(token, token).split())
    return words


def fold(text: str) -> str:
    """Lower case without accents; full-width and other compatibility forms become plain."""
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(char for char in decomposed if not unicodedata.combining(char))
