"""How much of a document is shown to the person it belongs to, who may have somebody looking over the shoulder."""

from __future__ import annotations


def masked_document(document: str) -> str:
    """CPF as government does it, ``***.456.789-**``; of a CNPJ the branch and the check digits are hidden too."""
    if len(document) == 11:
        return f"***.{document[3:6]}.{document[6:9]}-**"
    return f"**.{document[2:5]}.{document[5:8]}/****-**"


def called_by_number(cnpj: str) -> str:
    """How a company is called whose name is not known."""
    return f"CNPJ {masked_document(cnpj)}"
