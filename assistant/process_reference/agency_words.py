"""Words for recognising an órgão: institutions, abbreviations, letters by name, and what only looks like an órgão."""

from assistant.process_reference.vocabulary import word_set

# A nickname of two words or more that starts with one of these names an institution; "água" or "ensino" alone do not.
INSTITUTIONS = word_set("""
    prefeitura camara instituto fundacao servico departamento companhia empresa secretaria autarquia escola casa poder
    orgao sistema universidade faculdade conselho guarda superintendencia
""")
ALONE = frozenset({"prefeitura", "camara"})  # institutions that need no second word
# Real words that a spelling check would take for an órgão.
REAL_WORDS = word_set("""
    camera cameras camada camadas camaro camarao camarada prefeito prefeita prefeitos preferia perfeita funcao fundicao
    serviu previsto previdente ensina ensine ensinou esgotou esgota esgotado vereda escolha samara cedae presidencia
    providencia providencias previdenciario legislativa legislador escolas escolar fundado instituido instituicao
    semana semanas semear legislacao executivo solares sola sistemas servicos ipesp samba sempre semanal municipio
    municipios piracicabano padrao aguas secretario secretaria
""")
# Things that have an órgão's word in their name.
FALSE_FRIENDS = (
    "prefeitura sem papel", "ensino medio", "ensino fundamental", "ensino superior", "ensino infantil", "energia solar",
    "camara fria", "camara de ar", "camara dos deputados", "camara de deputados", "painel solar", "protetor solar",
)  # fmt: skip
# "serviço de esgoto", "departamento de água": with one of these before it an everyday word names an órgão.
OFFICES = word_set("servico servicos serv departamento dep depto dpto companhia cia empresa autarquia")
# Slips of the finger on the keyboard, for acronyms too short for any other typo.
NEXT_KEYS = {"p": "ol", "m": "njk", "s": "ad", "e": "wr", "a": "sq", "d": "sf", "i": "uo", "f": "dg"}
CONNECTORS = word_set("de da do das dos d e a o i & / - .")
LETTERS = {
    "a": "a", "b": "be", "c": "ce", "d": "de", "e": "e", "f": "efe", "g": "ge", "h": "aga", "i": "i", "j": "jota",
    "k": "ca", "l": "ele", "m": "eme", "n": "ene", "o": "o", "p": "pe", "q": "que", "r": "erre", "s": "esse", "t": "te",
    "u": "u", "v": "ve", "w": "dabliu", "x": "xis", "y": "ipsilon", "z": "ze",
}  # fmt: skip
ABBREVIATED = {
    "serv": "servico", "servicos": "servico", "dep": "departamento", "depto": "departamento", "dpto": "departamento",
    "inst": "instituto", "fund": "fundacao", "mun": "municipal", "munic": "municipal", "cia": "companhia",
    "previd": "previdencia", "pref": "prefeitura",
}  # fmt: skip
SAME_SOUND = {"c": "s", "s": "c", "k": "c", "z": "s"}
