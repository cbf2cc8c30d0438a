"""The help center becomes a domain fragment and rules; what is unset in city.yml is not said."""

from pathlib import Path

import pytest

from assistant.content.assembly import domain_fragment, full_text, rules
from assistant.content.city import City, load_city
from assistant.content.entries import HelpCenter
from assistant.content.help_center import load_help_center
from assistant.content.labels import load_labels


@pytest.fixture(scope="module")
def city(root: Path) -> City:
    return load_city(root)


@pytest.fixture(scope="module")
def help_center(root: Path) -> HelpCenter:
    return load_help_center(root)


# The portal's own labels of the city's page, by topic: losing one sends people to a button that is not there.
LABELS = {
    "register": ["Entrar", "Criar Conta", "Salvar e continuar"],
    "sign_in": ["Entrar"],
    "reset_password": ["Esqueceu a senha?", "Redefinir Senha"],
    "change_email": ["Meus Dados", "E-mail", "Confirmar E-mail", "Salvar e continuar"],
    "resolve_pendency": ["Minhas Pendências", "Resolver pendência"],
    "sign": [
        "Minhas Pendências",
        "Assinar",
        "Resposta (parecer)",
        "Concluir tarefa",
        "Assinatura eletrônica do sistema",
    ],
    "attachments": ["Meus Processos", "Documentos"],
    "vista": ["Processos liberados"],
    "consult_process": ["Consulta de Processos", "Consulta"],
    "list_processes": ["Meus Processos"],
    "list_pendencies": ["Minhas Pendências"],
}


@pytest.mark.parametrize("intent", LABELS)
def test_the_portals_labels_are_in_bold(intent: str, help_center: HelpCenter, city: City, root: Path) -> None:
    topic = next(topic for topic in help_center.topics if topic.intent == intent)
    text = full_text(topic, city, load_labels(root))
    assert [label for label in LABELS[intent] if f"**{label}**" not in text] == []


def test_every_topic_of_the_design_is_there(help_center: HelpCenter) -> None:
    designed = (
        "register missing_email sign_in reset_password change_email resolve_pendency sign attachments vista "
        "consult_process list_agencies process_question human list_pendencies list_processes privacy"
    )
    assert set(designed.split()) <= {topic.intent for topic in help_center.topics}


def test_the_six_agencies_are_listed(city: City) -> None:
    acronyms = {agency.acronym for agency in city.agencies}
    assert acronyms == {"CAMARA", "FUMEP", "SOLARBPM", "IPASP", "PMP", "SEMAE"}


def test_no_answer_shows_a_placeholder(help_center: HelpCenter, city: City, root: Path) -> None:
    responses = domain_fragment(help_center, city, load_labels(root))["responses"]
    texts = [variation["text"] for variations in responses.values() for variation in variations]
    assert [text for text in texts if "{" in text] == []
    assert all(text.strip() for text in texts)


def test_what_is_unset_is_not_said() -> None:
    city = City({"address": "Rua A"}, [])
    assert city.fill_paragraphs("Contatos:\n\n- Telefone: {phone}\n- Endereço: {address}\n\nLigue {phone}.") == (
        "Contatos:\n\n- Endereço: Rua A"
    )


def test_a_set_contact_appears(help_center: HelpCenter, city: City, root: Path) -> None:
    human = next(topic for topic in help_center.topics if topic.intent == "human")
    labels = load_labels(root)
    reached = City({**city.values, "phone": "(19) 0000-0000"}, city.agencies)
    assert "(19) 0000-0000" not in full_text(human, city, labels)
    assert "(19) 0000-0000" in full_text(human, reached, labels)


def test_every_intent_has_one_rule(help_center: HelpCenter) -> None:
    made = [rule["steps"][0]["intent"] for rule in rules(help_center)]
    assert len(made) == len(set(made))
    assert set(help_center.topic_of()) <= set(made)


def test_an_answer_and_its_repetition_differ(help_center: HelpCenter, city: City, root: Path) -> None:
    responses = domain_fragment(help_center, city, load_labels(root))["responses"]
    for intent in help_center.topic_of():
        texts = [variation["text"] for variation in responses[f"utter_{intent}"]]
        assert len(set(texts)) == len(texts) == 2, intent


def test_steps_link_to_each_other(help_center: HelpCenter, city: City, root: Path) -> None:
    responses = domain_fragment(help_center, city, load_labels(root))["responses"]
    first, last = responses["utter_guide_reset_password_1"][0], responses["utter_guide_reset_password_6"][0]
    assert [button["payload"] for button in first["buttons"]] == [
        '/guide_go{"guide": "reset_password:2"}',
        "/guide_exit",
    ]
    assert [button["payload"] for button in last["buttons"]] == [
        '/guide_go{"guide": "reset_password:end"}',
        '/guide_go{"guide": "reset_password:5"}',
        "/guide_exit",
    ]
