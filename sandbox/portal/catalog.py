"""The vocabulary of the made-up city: órgãos, kinds of process, units, situations, names. Data only."""

from __future__ import annotations

from typing import NamedTuple


class Kind(NamedTuple):
    """A kind of process: its type, classification, possible subjects, and the units that it passes through."""

    type: str
    classification: str
    subjects: tuple[str, ...]
    units: tuple[str, ...]


_BUILDING = ("Protocolo Geral", "Divisão de Análise de Projetos", "Setor de Fiscalização de Obras")
_FINANCE = ("Protocolo Geral", "Divisão de Tributos Imobiliários", "Secretaria Municipal de Finanças")
_STAFF = ("Protocolo", "Departamento de Recursos Humanos", "Procuradoria Jurídica")

KINDS: dict[str, tuple[Kind, ...]] = {
    "PMP": (
        Kind(
            "Alvará de construção",
            "Processo administrativo",
            ("Alvará de construção de residência unifamiliar", "Alvará de reforma com ampliação"),
            _BUILDING,
        ),
        Kind("Habite-se", "Processo administrativo", ("Habite-se de prédio comercial", "Habite-se parcial"), _BUILDING),
        Kind(
            "Revisão de IPTU",
            "Requerimento",
            ("Revisão do valor venal do imóvel", "Isenção de IPTU para aposentado"),
            _FINANCE,
        ),
        Kind(
            "Poda ou corte de árvore",
            "Requerimento",
            ("Poda de árvore na calçada", "Corte de árvore com risco de queda"),
            ("Protocolo Geral", "Divisão de Arborização Urbana"),
        ),
        Kind(
            "Licença de funcionamento",
            "Processo administrativo",
            ("Licença de funcionamento de comércio", "Renovação de licença sanitária"),
            ("Protocolo Geral", "Vigilância Sanitária", "Divisão de Licenciamento"),
        ),
    ),
    "SEMAE": (
        Kind(
            "Ligação de água e esgoto",
            "Processo administrativo",
            ("Ligação nova de água", "Mudança de local do cavalete"),
            ("Atendimento", "Divisão de Obras e Redes"),
        ),
        Kind(
            "Revisão de conta",
            "Requerimento",
            ("Revisão de consumo por vazamento", "Tarifa social de água"),
            ("Atendimento", "Divisão Comercial"),
        ),
    ),
    "IPASP": (
        Kind(
            "Aposentadoria",
            "Processo administrativo",
            ("Aposentadoria por tempo de contribuição", "Averbação de tempo de contribuição"),
            ("Protocolo", "Divisão de Benefícios", "Procuradoria Jurídica"),
        ),
        Kind(
            "Pensão",
            "Processo administrativo",
            ("Pensão por morte de servidor",),
            ("Protocolo", "Divisão de Benefícios"),
        ),
    ),
    "FUMEP": (
        Kind(
            "Vida escolar",
            "Requerimento",
            ("Segunda via de diploma", "Aproveitamento de disciplinas"),
            ("Secretaria Acadêmica", "Coordenação de Curso"),
        ),
        Kind(
            "Contratação", "Processo administrativo", ("Pregão para material de laboratório",), ("Compras", "Diretoria")
        ),
    ),
    "CAMARA": (
        Kind(
            "Indicação",
            "Processo legislativo",
            ("Recapeamento de via pública", "Iluminação de praça"),
            ("Protocolo", "Plenário"),
        ),
        Kind("Pessoal", "Processo administrativo", ("Licença-prêmio de servidor",), _STAFF),
    ),
    "SOLARBPM": (
        Kind(
            "Suporte ao sistema",
            "Chamado",
            ("Cadastro de unidade", "Modelo de documento"),
            ("Administração do Sistema",),
        ),
    ),
}
# How many processes each órgão gets beside the fixed ones: 330 in all.
PROCESSES = {"PMP": 170, "SEMAE": 60, "IPASP": 40, "FUMEP": 25, "CAMARA": 25, "SOLARBPM": 10}

SITUATIONS = (
    "Em andamento",
    "Aguardando interessado",
    "Suspenso",
    "Deferido",
    "Indeferido",
    "Concluído",
    "Arquivado",
    "Cancelado",
)
FINAL_SITUATIONS = frozenset({"Concluído", "Arquivado", "Cancelado"})

MOVEMENTS = (
    ("Processo recebido", "Processo recebido na unidade."),
    ("Encaminhado para análise", "Segue para análise e manifestação."),
    ("Comunique-se emitido", "O interessado deve apresentar os documentos que faltam."),
    ("Documentos juntados", "Documentos apresentados pelo interessado."),
    ("Parecer técnico emitido", "Parecer técnico anexado ao processo."),
    ("Encaminhado para despacho", "Segue para despacho da chefia."),
)
DOCUMENTS = (
    "Requerimento inicial",
    "Documento de identidade",
    "Comprovante de endereço",
    "Planta baixa",
    "Parecer técnico",
)

INSTRUCTIONS = {
    "Assinatura de documentos": "Assine os documentos disponíveis na tarefa.",
    "Verificar informações": "Confira os dados informados e confirme se estão corretos.",
    "Comunique-se": "Apresente os documentos listados no comunique-se.",
    "Análise de documentos": "Leia os documentos e registre o seu parecer.",
    "Complementar dados": "Informe os dados que faltam no requerimento.",
}
# Days from today to the deadline: long overdue, overdue, due today, soon, later, and none.
DEADLINES = (-400, -90, -30, -7, -1, 0, 1, 2, 3, 7, 15, 30, 90, None)

FIRST_NAMES = (
    "Ana", "Antônio", "Beatriz", "Carlos", "Cláudia", "Daniel", "Eduarda", "Fábio", "Gabriela", "Heitor",
    "Irene", "José", "Juliana", "Laura", "Luís", "Marcos", "Natália", "Otávio", "Paula", "Rafael",
)  # fmt: skip
LAST_NAMES = (
    "Almeida",
    "Barbosa",
    "Cardoso",
    "Dias",
    "Esteves",
    "Furtado",
    "Gomes",
    "Lima",
    "Moraes",
    "Nogueira",
    "Teixeira",
)
COMPANY_NAMES = (
    "Padaria", "Construtora", "Oficina", "Mercado", "Farmácia",
    "Papelaria", "Transportadora", "Escola", "Clínica", "Gráfica",
)  # fmt: skip
COMPANY_PLACES = ("do Engenho", "da Rua do Porto", "Vila Nova", "Boa Vista", "São Dimas")
