"""Which item of a personal list is meant, and whose things."""

from typing import Any, Dict, Optional

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActiveLoop, SlotSet, UserUttered
from rasa.shared.core.slots import AnySlot
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from assistant.nlu.interruptions import interruptions
from assistant.nlu.own_context import mark_own, whose_things

SHOWN = {"kind": "pendencies", "intent": "own_item", "items": "sealed"}


def understood(text: str, intent: str, shown: Optional[Dict[str, str]] = None, in_form: bool = False) -> Dict[str, Any]:
    tracker = DialogueStateTracker("c", [AnySlot("own_list", mappings=[{}], influence_conversation=False)])
    if shown:
        tracker.update(SlotSet("own_list", shown))
    message = Message(data={TEXT: text, INTENT: {"name": intent, "confidence": 0.5}})
    mark_own(message, tracker, in_form)
    entities = {entity["entity"]: entity["value"] for entity in message.get(ENTITIES) or []}
    return {"intent": message.get(INTENT)["name"], **entities}


@pytest.mark.parametrize(
    ("text", "item"),
    [
        *[("2", "2"), ("a 2", "2"), ("o 3?", "3"), ("nº 2", "2"), ("número 4", "4"), ("#5", "5"), ("2ª", "2")],
        *[("a segunda", "2"), ("a última", "last"), ("quero ver a terceira", "3"), ("pendência dois", "2")],
        *[("me mostra a segunda por favor", "2"), ("abre a pendência 2", "2"), ("e a quinta?", "5")],
    ],
)  # fmt: skip
def test_a_number_alone_chooses_of_the_list_shown(text: str, item: str) -> None:
    assert understood(text, "nlu_fallback", SHOWN) == {"intent": "own_item", "item": item}
    assert understood(text, "nlu_fallback") == {"intent": "nlu_fallback"}
    assert understood(text, "inform_process", SHOWN, in_form=True)["intent"] == "inform_process"


@pytest.mark.parametrize("text", ["2023", "500100", "PMP 2023/5", "0", "99", "2023/2", "oi", "segunda via"])
def test_what_is_no_choice_is_left_alone(text: str) -> None:
    assert understood(text, "consult_process", SHOWN) == {"intent": "consult_process"}


def test_a_list_of_processes_that_asks_for_documents_leads_to_them() -> None:
    shown = {**SHOWN, "kind": "processes", "intent": "list_documents"}
    assert understood("2", "nlu_fallback", shown) == {"intent": "list_documents", "item": "2"}


@pytest.mark.parametrize(
    ("text", "intent", "item"),
    [
        ("o que falta na pendência 2?", "pendency_detail", "2"),
        ("qual o prazo da segunda?", "pendency_detail", "2"),
        ("me fala da 3ª pendência", "pendency_detail", "3"),
        ("detalhes da pendência dois", "pendency_detail", "2"),
        ("documentos do processo 3", "list_documents", "3"),
        ("documentos do processo 2023", "list_documents", None),
        ("documentos do PMP 2023/500100", "list_documents", None),
    ],
)
def test_a_number_inside_a_question(text: str, intent: str, item: Optional[str]) -> None:
    assert understood(text, intent) == {"intent": intent, **({"item": item} if item else {})}


@pytest.mark.parametrize(
    "text",
    [
        "pendências da minha mãe",
        "processos do meu vizinho",
        "tem pendência pro meu ex marido?",
        "pendências do CPF [CPF]",
        "o que há no cpf 123",
        "as pendências desse cnpj",
        "processos do João",
        "pendencias do seu antonio",
        "os processos da dona Maria",
        "as pendências dele",
        "processos de outra pessoa",
        "pendências da empresa do meu marido",
        "há comunique-se do meu cliente?",
    ],
)
def test_somebody_else_s(text: str) -> None:
    assert whose_things(text) == "other"


@pytest.mark.parametrize(
    "text",
    [
        "minhas pendências",
        "meu cpf é [CPF], quais minhas pendências?",
        "tenho pendência no meu nome?",
        "processos da Prefeitura",
        "pendência do processo da Secretaria de Obras",
        "meus processos do Semae",
        "o que a prefeitura quer de mim",
    ],
)
def test_one_s_own(text: str) -> None:
    assert whose_things(text) is None


@pytest.mark.parametrize("text", ["pendências da minha empresa", "dados da firma", "e do meu CNPJ?", "da nossa loja"])
def test_a_company_s(text: str) -> None:
    assert whose_things(text) == "company"


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("pendências da minha empresa", "list_pendencies"),
        ("processos da minha empresa", "list_processes"),
        ("dados da minha empresa", "company_data"),
        ("processos e pendências da empresa", "company_data"),
    ],
)
def test_the_list_that_is_named_is_meant(text: str, intent: str) -> None:
    assert understood(text, "company_data") == {"intent": intent, "whose": "company"}


def test_only_questions_about_one_s_own_are_marked() -> None:
    assert understood("como assino o documento da minha mãe, é a segunda vez", "sign") == {"intent": "sign"}
    assert understood("pendências da minha mãe", "nlu_fallback") == {"intent": "list_pendencies", "whose": "other"}


def test_interruptions_are_counted_since_the_last_answer_to_the_form() -> None:
    tracker = DialogueStateTracker("c", [])
    tracker.update(ActiveLoop("process_form"), Domain.empty())
    for intent, count in (("consult_process", 0), ("sign", 1), ("vista", 2), ("inform_process", 0), ("sign", 1)):
        tracker.update(UserUttered("x", intent={"name": intent}), Domain.empty())
        assert interruptions(tracker) == count
